#include "api/endpoints.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::uint64_t kDegradedErrors = 5;
constexpr std::uint64_t kUnhealthyErrors = 10;

void WriteStage(JsonWriter& json, std::string_view stage,
                const telemetry::LatencyWindow::Percentiles& latency) {
  const std::string prefix(stage);
  json.Field(prefix + "_p50_ms", latency.p50_ms).Field(prefix + "_p95_ms", latency.p95_ms);
  json.Field(prefix + "_p99_ms", latency.p99_ms).Field(prefix + "_avg_ms", latency.avg_ms);
}

}  // namespace

Task<net::Response> MetricsJson(Api& api, Call&) {
  const auto totals = api.metrics().Read();
  const auto latency = api.metrics().latency().Snapshot();
  const auto uptime = std::chrono::steady_clock::now() - api.started();
  const double rate = totals.total == 0 ? 100.0
                                        : 100.0 * static_cast<double>(totals.success) /
                                              static_cast<double>(totals.total);
  const auto errors = totals.consecutive_errors;
  JsonWriter json;
  json.BeginObject().Key("agent_metrics").BeginObject();
  json.Field("uptime_seconds", std::chrono::duration<double>(uptime).count());
  json.Field("total_requests", totals.total).Field("success_requests", totals.success);
  json.Field("failed_requests", totals.failed).Field("blocked_requests", totals.blocked);
  json.Field("success_rate", rate).Field("rps", totals.requests_per_second);
  json.Field("error_rate_per_sec", totals.errors_per_second);
  json.Field("p50_ms", latency.p50_ms).Field("p95_ms", latency.p95_ms);
  json.Field("p99_ms", latency.p99_ms).Field("avg_latency_ms", latency.avg_ms);
  WriteStage(json, "static_policy", api.metrics().decision_latency().Snapshot());
  json.EndObject().Key("health").BeginObject();
  json.Field("status", errors > kUnhealthyErrors  ? "unhealthy"
                       : errors > kDegradedErrors ? "degraded"
                                                  : "healthy");
  json.Field("healthy", errors <= kDegradedErrors).Field("consecutive_errors", errors);
  json.Field("up", 1).EndObject();
  json.Key("request_types").BeginObject().EndObject().Key("connectors").BeginObject().EndObject();
  json.Field("timestamp", FormatRfc3339(Now())).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

Task<net::Response> MetricsPrometheus(Api& api, Call&) {
  net::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = api.services().metrics.Render();
  co_return response;
}

}  // namespace axonflow::api

#include "api/request_metrics.h"

#include <algorithm>
#include <string>

#include "telemetry/log.h"

namespace axonflow::api {
namespace {

std::int64_t SecondNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

constexpr std::string_view kRequests = "axonflow_agent_requests_total";
constexpr std::string_view kRequestsHelp = "Answered requests.";
constexpr std::string_view kAuthFailures = "axonflow_auth_failures_total";
constexpr std::string_view kAuthFailuresHelp = "Requests turned away for their credentials.";
// Closed, so that the label stays bounded whatever callers send.
constexpr std::string_view kAuthCodes[] = {"missing_credentials", "invalid_credentials",
                                           "client_disabled",     "user_token_rejected",
                                           "tenant_mismatch",     "unavailable"};

constexpr std::string_view kDecisions = "axonflow_decision_requests_total";
constexpr std::string_view kDecisionsHelp = "Answers of POST /api/v1/decide.";

}  // namespace

RequestMetrics::RequestMetrics(telemetry::Registry& registry)
    : success_(registry.AddCounter(kRequests, kRequestsHelp, {{"status", "success"}})),
      failed_(registry.AddCounter(kRequests, kRequestsHelp, {{"status", "error"}})),
      blocked_(registry.AddCounter(kRequests, kRequestsHelp, {{"status", "blocked"}})),
      duration_(registry.AddHistogram("axonflow_agent_request_duration_milliseconds",
                                      "Time from the whole request to its answer.")),
      pre_check_duration_(
          registry.AddHistogram("axonflow_gateway_precheck_duration_milliseconds",
                                "Time of a pre-check, its durable record included.")),
      decide_duration_(registry.AddHistogram("axonflow_decision_duration_milliseconds",
                                             "Time of a decision, its durable record included.")),
      pre_checks_(registry.AddCounter("axonflow_gateway_precheck_requests_total",
                                      "Pre-checks that were judged.")),
      mcp_checks_(registry.AddCounter("axonflow_mcp_check_requests_total",
                                      "Statements that were judged for a tool.")),
      reported_calls_(registry.AddCounter("axonflow_gateway_audit_requests_total",
                                          "Model calls that applications reported.")),
      other_auth_failures_(
          registry.AddCounter(kAuthFailures, kAuthFailuresHelp, {{"code", "other"}})),
      decisions_{
          &registry.AddCounter(kDecisions, kDecisionsHelp, {{"verdict", "allow"}}),
          &registry.AddCounter(kDecisions, kDecisionsHelp, {{"verdict", "deny"}}),
          &registry.AddCounter(kDecisions, kDecisionsHelp, {{"verdict", "needs_approval"}})} {
  for (const auto code : kAuthCodes) {
    auto& counter =
        registry.AddCounter(kAuthFailures, kAuthFailuresHelp, {{"code", std::string(code)}});
    auth_failures_.emplace_back(code, &counter);
  }
}

void RequestMetrics::CountAnswer(int status, std::chrono::steady_clock::duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  duration_.ObserveMicroseconds(us);
  latency_.ObserveMicroseconds(us);
  const bool error = status >= 400;
  (error ? failed_ : success_).Add();
  if (status >= 500) {
    consecutive_errors_.fetch_add(1, std::memory_order_relaxed);
  } else if (consecutive_errors_.load(std::memory_order_relaxed) != 0) {
    consecutive_errors_.store(0, std::memory_order_relaxed);
  }
  const std::int64_t now = SecondNow();
  auto& second = seconds_[static_cast<std::size_t>(now) % seconds_.size()];
  std::int64_t stamp = second.stamp.load(std::memory_order_relaxed);
  if (stamp != now && second.stamp.compare_exchange_strong(stamp, now)) {
    second.requests.store(0, std::memory_order_relaxed);
    second.errors.store(0, std::memory_order_relaxed);
  }
  second.requests.fetch_add(1, std::memory_order_relaxed);
  if (error) second.errors.fetch_add(1, std::memory_order_relaxed);
}

void RequestMetrics::CountDecision(Plane plane, std::string_view verdict,
                                   std::chrono::steady_clock::duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  decision_latency_.ObserveMicroseconds(us);
  if (verdict != "allow") blocked_.Add();
  switch (plane) {
    case Plane::kGateway:
      pre_checks_.Add();
      pre_check_duration_.ObserveMicroseconds(us);
      return;
    case Plane::kMcp:
      mcp_checks_.Add();
      return;
    case Plane::kDecision:
      decide_duration_.ObserveMicroseconds(us);
      decisions_[verdict == "allow" ? 0 : verdict == "deny" ? 1 : 2]->Add();
      return;
  }
}

void RequestMetrics::CountAuthFailure(std::string_view code, std::string_view peer_address) {
  const auto known = std::ranges::find(auth_failures_, code, [](const auto& e) { return e.first; });
  (known == auth_failures_.end() ? other_auth_failures_ : *known->second).Add();
  const auto now = SecondNow();
  if (last_auth_log_.exchange(now, std::memory_order_relaxed) == now) return;
  telemetry::LogWarn("authentication failed", {{"code", code}, {"peer", peer_address}});
}

RequestMetrics::Totals RequestMetrics::Read() const {
  Totals totals{};
  totals.success = success_.value();
  totals.failed = failed_.value();
  totals.blocked = blocked_.value();
  totals.total = totals.success + totals.failed;
  totals.consecutive_errors = consecutive_errors_.load(std::memory_order_relaxed);
  const std::int64_t now = SecondNow();
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  for (const auto& second : seconds_) {
    const auto age = now - second.stamp.load(std::memory_order_relaxed);
    if (age < 1 || age > kRateSeconds) continue;
    requests += second.requests.load(std::memory_order_relaxed);
    errors += second.errors.load(std::memory_order_relaxed);
  }
  totals.requests_per_second = static_cast<double>(requests) / kRateSeconds;
  totals.errors_per_second = static_cast<double>(errors) / kRateSeconds;
  return totals;
}

}  // namespace axonflow::api

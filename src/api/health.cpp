#include "api/endpoints.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

struct Capability {
  std::string_view name;
  std::string_view since;
  std::string_view description;
};

// What truly works in this build, and nothing else: clients branch on these names.
constexpr Capability kCapabilities[] = {
    {"health_check", "1.0.0", "Liveness and version discovery"},
    {"audit_llm_call", "1.0.0", "Report a model call against an approved context"},
    {"static_policies", "2.0.0", "Built-in detection of injections, personal data and secrets"},
    {"gateway_mode", "3.0.0", "Pre-check before, audit after a model call"},
    {"dynamic_policies", "3.2.0", "Policies by conditions, of the organization and the tenant"},
    {"version_discovery", "4.8.0", "Version floors of SDKs and plugins in this answer"},
    {"decision_obligations", "8.6.0", "Decisions carry what the enforcement point must do"},
    {"identity_header_attribution", "9.9.0",
     "User and session headers for attribution, when trusted"},
    {"seam_capability_decisioning", "9.11.0",
     "Decisions that respect what the enforcement point can do"},
};

struct VersionFloor {
  std::string_view id;
  std::string_view min;
  std::string_view recommended;
};

constexpr VersionFloor kSdks[] = {{"python", "8.0.0", "9.1.0"},
                                  {"typescript", "8.0.0", "9.1.0"},
                                  {"go", "8.0.0", "9.1.0"},
                                  {"java", "8.0.0", "9.1.0"},
                                  {"rust", "0.7.0", "0.8.1"}};
constexpr VersionFloor kPlugins[] = {{"openclaw", "2.4.0", "2.8.5"},
                                     {"claude-code", "1.4.0", "1.11.0"},
                                     {"cursor", "1.4.0", "1.7.0"},
                                     {"codex", "1.4.0", "1.7.0"},
                                     {"claude-desktop", "0.2.0", "0.3.1"}};

template <std::size_t N>
void WriteFloors(JsonWriter& json, std::string_view kind, const VersionFloor (&floors)[N]) {
  json.Key(std::string(kind) + "_compatibility").BeginObject();
  json.Key("min_" + std::string(kind) + "_version").BeginObject();
  for (const auto& floor : floors) json.Field(floor.id, floor.min);
  json.EndObject().Key("recommended_" + std::string(kind) + "_version").BeginObject();
  for (const auto& floor : floors) json.Field(floor.id, floor.recommended);
  json.EndObject().EndObject();
}

// Anybody may read this, so it says what is wrong and leaves paths and details to the log.
void WriteComponent(JsonWriter& json, std::string_view name, bool healthy,
                    std::string_view problem) {
  json.Key(name).BeginObject().Field("healthy", healthy);
  if (!healthy) json.Field("error", problem);
  json.EndObject();
}

}  // namespace

// Always 200, also while starting: it says whether the process lives, /readyz whether to send
// traffic.
Task<net::Response> Health(Api& api, Call&) {
  const auto readiness = api.Readiness();
  JsonWriter json;
  json.BeginObject();
  json.Field("status", readiness ? "healthy" : "starting").Field("service", "axonflow-agent");
  json.Field("timestamp", FormatRfc3339(Now())).Field("version", api.options().version);
  json.Field("tier", "community").Field("edition", "community");
  json.Field("deployment_mode", api.options().deployment_mode);
  json.Key("capabilities").BeginArray();
  for (const auto& capability : kCapabilities) {
    json.BeginObject().Field("name", capability.name).Field("since", capability.since);
    json.Field("description", capability.description).EndObject();
  }
  json.EndArray();
  WriteFloors(json, "sdk", kSdks);
  WriteFloors(json, "plugin", kPlugins);
  json.Key("components").BeginObject();
  const auto& services = api.services();
  WriteComponent(json, "policy_engine", services.governor.policies_health().ok(),
                 "no policies are loaded; every request is refused");
  WriteComponent(json, "audit_journal", services.journal.health().ok(),
                 "the journal cannot be written; requests are refused");
  WriteComponent(json, "audit_store",
                 services.shipper.health().ok() && !services.governor.store_is_behind(),
                 "the store is behind; answers rest on the journal");
  json.EndObject().EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

Task<net::Response> Live(Api&, Call&) {
  net::Response response;
  response.body = R"({"status":"ok"})";
  co_return response;
}

Task<net::Response> Ready(Api& api, Call&) {
  const auto readiness = api.Readiness();
  JsonWriter json;
  json.BeginObject().Field("status", readiness ? "ready" : "not_ready");
  if (!readiness) json.Field("reason", readiness.error().message);
  json.EndObject();
  net::Response response;
  response.status = readiness ? 200 : 503;
  response.body = std::move(json).Take();
  co_return response;
}

}  // namespace axonflow::api

#include "api/audit_entry.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kMicrosecondsPerMillisecond = 1'000;

void WriteStrings(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.Key(name).BeginArray();
  for (const auto& value : values) json.String(value);
  json.EndArray();
}

void WriteList(JsonWriter& json, std::string_view name,
               const std::vector<audit::PolicyMatch>& matches) {
  json.Key(name).BeginArray();
  for (const auto& match : matches) {
    json.BeginObject().Field("policy_id", match.policy_id).Field("policy_name", match.policy_name);
    json.Field("category", match.category).Field("action", match.action);
    json.Field("severity", match.severity).Field("risk_level", match.risk_level);
    json.Field("version", match.version);
    json.Field("count", static_cast<std::uint64_t>(match.count)).EndObject();
  }
  json.EndArray();
}

void WriteMatches(JsonWriter& json, const audit::Record& record) {
  json.Key("policy_ids").BeginArray();
  for (const auto& match : record.matches) json.String(match.policy_id);
  json.EndArray().Key("policy_names").BeginArray();
  for (const auto& match : record.matches) json.String(match.policy_name);
  json.EndArray();
  WriteList(json, "policy_matches", record.matches);
  if (!record.shadow_matches.empty()) WriteList(json, "shadow_matches", record.shadow_matches);
  json.Key("policy_versions").BeginObject();
  for (const auto& match : record.matches) json.Field(match.policy_id, match.version);
  json.EndObject();
}

void WriteDetails(JsonWriter& json, const audit::Record& record) {
  json.Key("policy_details").BeginObject();
  WriteMatches(json, record);
  json.Field("reason", record.reason).Field("risk_level", record.risk_level);
  json.Field("stage", record.stage).Field("caller_name", "unknown");
  json.Field("ruleset_version", record.policy_set_version);
  json.Field("query_bytes", record.query_bytes);
  WriteStrings(json, "obligations", record.obligations);
  if (!record.tool_signature.empty()) json.Field("tool_signature", record.tool_signature);
  if (!record.attempted_user_email.empty()) {
    json.Field("attempted_user_email", record.attempted_user_email);
  }
  if (!record.metadata_json.empty()) json.Key("metadata").Raw(record.metadata_json);
  json.Key("context").BeginObject();
  for (const auto& [key, value] : record.context) json.Field(key, value);
  json.EndObject().Field("context_truncated", record.context_truncated);
  json.Field("node", record.node).EndObject();
}

}  // namespace

void WriteAuditEntry(JsonWriter& json, const audit::Record& record) {
  const bool allowed = record.verdict == "allowed" || record.verdict == "redacted";
  const auto response_ms = record.upstream_latency_ms != 0
                               ? record.upstream_latency_ms
                               : record.latency_us / kMicrosecondsPerMillisecond;
  json.BeginObject();
  json.Field("id", record.id).Field("request_id", record.decision_id.str());
  json.Field("timestamp", FormatRfc3339(record.timestamp)).Field("user_id", 0);
  json.Field("user_email", record.user_email).Field("user_role", record.user_role);
  json.Field("client_id", record.client.str()).Field("tenant_id", record.tenant.str());
  json.Field("org_id", record.org.str()).Field("request_type", record.request_type);
  json.Field("query", record.query).Field("query_hash", record.query_hash);
  json.Field("policy_decision", record.verdict);
  WriteDetails(json, record);
  json.Field("provider", record.provider).Field("model", record.model);
  json.Field("response_time_ms", response_ms).Field("tokens_used", record.total_tokens);
  json.Field("cost", record.cost_usd);
  WriteStrings(json, "redacted_fields", record.redacted_fields);
  if (!record.error_message.empty()) json.Field("error_message", record.error_message);
  json.Field("response_sample", record.response_sample);
  json.Field("risk_score", static_cast<double>(record.risk_score_permille) / 1000);
  json.Key("compliance_flags").BeginArray().EndArray();
  json.Key("security_metrics").BeginObject();
  json.Field("decision_latency_us", record.latency_us).EndObject();
  json.Field("decision_id", record.decision_id.str()).Field("plane", record.plane);
  json.Field("correlation_id", record.correlation_id);
  if (!record.session_id.empty()) json.Field("session_id", record.session_id);
  json.Field("query_summary", record.query).Field("success", record.verdict != "error");
  json.Field("blocked", !allowed).Field("latency_ms", response_ms);
  json.EndObject();
}

}  // namespace axonflow::api

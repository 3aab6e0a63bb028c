#include <algorithm>
#include <chrono>
#include <string>

#include "api/endpoints.h"
#include "api/tool_target.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kPlainText = "text/plain";
constexpr std::string_view kUnknownContentType = "content_type_unsupported";
constexpr std::size_t kNameBytesMax = 256;

struct Input {
  std::string connector_type, statement, operation, tool, content_type;
  BodyClaims claims;
  std::string parameters;  // every string and number in them, one a line
};

// Strings and numbers of any depth, keys included: a value may hide behind any of them.
void CollectLeaves(JsonValue value, std::string& out) {
  switch (value.type()) {
    case JsonType::kString:
      out.append(*value.AsString()).append("\n");
      return;
    case JsonType::kNumber:
      out.append(value.ToString()).append("\n");
      return;
    case JsonType::kArray:
      value.ForEachElement([&](JsonValue element) { CollectLeaves(element, out); });
      return;
    case JsonType::kObject:
      value.ForEachMember([&](std::string_view key, JsonValue member) {
        out.append(key).append("\n");
        CollectLeaves(member, out);
      });
      return;
    default:
      return;
  }
}

Result<Input> Parse(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  Input input;
  const std::pair<const char*, std::string*> required[] = {
      {"connector_type", &input.connector_type}, {"statement", &input.statement}};
  for (const auto& [name, target] : required) {
    const auto text = RequiredString(*root, name);
    if (!text) return text.error();
    *target = *text;
  }
  const std::pair<const char*, std::string*> optional[] = {{"operation", &input.operation},
                                                           {"tool", &input.tool},
                                                           {"content_type", &input.content_type}};
  for (const auto& [name, target] : optional) {
    const auto text = OptionalString(*root, name);
    if (!text) return text.error();
    *target = *text;
  }
  auto claims = ReadClaims(*root);
  if (!claims) return claims.error();
  input.claims = std::move(*claims);
  if (input.connector_type.size() > kNameBytesMax || input.tool.size() > kNameBytesMax) {
    return Error{ErrorCode::kInvalidArgument, "connector_type or tool is too long"};
  }
  if (!input.operation.empty() && input.operation != "execute" && input.operation != "query") {
    return Error{ErrorCode::kInvalidArgument, "operation must be one of: query, execute"};
  }
  if (const auto parameters = root->Find("parameters")) {
    if (parameters->type() != JsonType::kObject) {
      return Error{ErrorCode::kInvalidArgument, "parameters must be an object"};
    }
    CollectLeaves(*parameters, input.parameters);
  }
  return input;
}

void WritePolicyInfo(JsonWriter& json, const governance::Decision& decision, std::int64_t took_ms) {
  json.Key("policy_info").BeginObject();
  json.Field("policies_evaluated", static_cast<std::uint64_t>(decision.policies_evaluated));
  json.Field("blocked", !decision.allowed());
  if (!decision.allowed()) json.Field("block_reason", decision.reason);
  json.Field("redactions_applied", decision.redact ? 1 : 0).Field("processing_time_ms", took_ms);
  json.Key("matched_policies").BeginArray();
  for (const auto& match : decision.matches) {
    json.BeginObject().Field("policy_id", match.policy_id).Field("policy_name", match.policy_name);
    json.Field("category", match.category).Field("severity", match.severity);
    json.Field("action", match.action).EndObject();
  }
  json.EndArray().EndObject();
}

void WritePolicyMatches(JsonWriter& json, const governance::Decision& decision) {
  json.Key("policy_matches").BeginArray();
  for (const auto& match : decision.matches) {
    json.BeginObject().Field("policy_id", match.policy_id).Field("policy_name", match.policy_name);
    json.Field("action", match.action).Field("risk_level", match.risk_level);
    json.Field("allow_override", match.allow_override);
    json.Field("policy_description", match.description);
    json.Field("policy_version", match.version).EndObject();
  }
  json.EndArray();
}

net::Response Write(const governance::Decision& decision,
                    std::chrono::steady_clock::duration took) {
  const auto took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  JsonWriter json;
  json.BeginObject().Field("allowed", decision.allowed());
  if (!decision.allowed()) json.Field("block_reason", decision.reason);
  json.Field("policies_evaluated", static_cast<std::uint64_t>(decision.policies_evaluated));
  WritePolicyInfo(json, decision, took_ms);
  json.Field("decision_id", decision.id.str());
  if (!decision.matches.empty()) {
    json.Field("risk_level", policy::ToString(decision.risk_level));
  }
  WritePolicyMatches(json, decision);
  json.Field("override_available", std::ranges::any_of(decision.matches, [](const auto& match) {
               return match.allow_override && match.risk_level != "critical";
             }));
  json.Field("redacted", decision.redact);
  if (decision.redact) json.Field("redacted_statement", decision.redacted_text);
  json.Field("redaction_evaluated", true).EndObject();
  net::Response response;
  response.status = decision.allowed() ? 200 : 403;
  response.body = std::move(json).Take();
  response.headers.emplace_back("X-AxonFlow-Decision-Id", decision.id.str());
  response.headers.emplace_back("X-AxonFlow-Trace-Id", decision.trace.str());
  return response;
}

governance::Exchange ToExchange(Input input, Call& call) {
  governance::Exchange exchange;
  exchange.principal = std::move(call.principal);
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kMcp;
  exchange.request_type = call.route.request_type;
  exchange.stage = "tool";
  exchange.sql_capable_target = IsSqlCapable(input.connector_type) || IsSqlCapable(input.tool);
  exchange.tool_signature = ToolSignature(input.connector_type, input.tool);
  exchange.connector = std::move(input.connector_type);
  exchange.text = std::move(input.statement);
  exchange.attached_text = std::move(input.parameters);
  exchange.want_redacted_text = true;
  exchange.want_matches = true;
  return exchange;
}

}  // namespace

// Judges a statement and its parameters for a tool, and returns the statement redacted where the
// policies ask for it. This is where enforcement points discharge the obligations of
// /api/v1/decide.
Task<net::Response> CheckInput(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto input = Parse(call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);
  if (!input->content_type.empty() && input->content_type != kPlainText) {
    auto refusal =
        co_await api.Refuse(call, 415, "content_type must be text/plain", kUnknownContentType);
    co_return refusal;
  }
  auto exchange = ToExchange(std::move(*input), call);
  exchange.received = start;
  const auto decision = co_await api.services().governor.Govern(std::move(exchange));
  if (!decision) {
    co_return Refusal(call.route.errors, StatusOf(decision.error().code), decision.error().message,
                      call);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  api.metrics().CountDecision(RequestMetrics::Plane::kMcp, decision->allowed() ? "allow" : "deny",
                              took);
  co_return Write(*decision, took);
}

}  // namespace axonflow::api

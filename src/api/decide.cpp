#include <algorithm>
#include <string>

#include "api/condition_context.h"
#include "api/decide_context.h"
#include "api/endpoints.h"
#include "api/tool_target.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kNameBytesMax = 256;
constexpr std::string_view kRequestBodyRedaction = "request_body_redaction";
constexpr std::string_view kRequestHeaderMutation = "request_header_mutation";

struct Input {
  std::string stage, query;
  BodyClaims claims;
  std::string target_type, model, provider, server, tool;
  DecisionContext context;
  std::vector<std::pair<std::string, std::string>> condition_context;
  bool redaction_impossible = false;
};

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

bool IsStage(std::string_view word) { return word == "llm" || word == "tool" || word == "agent"; }

Result<std::string> ReadStage(const JsonValue& root) {
  const auto text = OptionalString(root, "stage");
  if (!text) return text.error();
  std::string stage = Trimmed(*text);
  std::ranges::transform(stage, stage.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (!IsStage(stage)) {
    return Error{ErrorCode::kInvalidArgument, "stage must be one of: llm, tool, agent"};
  }
  return stage;
}

// Reads the named string members of the object `name` of `root`, when it is there.
Status ReadMembers(const JsonValue& root, std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string*>> members) {
  const auto object = root.Find(name);
  if (!object) return {};
  if (object->type() != JsonType::kObject) {
    return Error{ErrorCode::kInvalidArgument, std::string(name) + " must be an object"};
  }
  for (const auto& [member, target] : members) {
    const auto text = OptionalString(*object, member);
    if (!text) {
      return Error{ErrorCode::kInvalidArgument, std::string(name) + "." + text.error().message};
    }
    if (text->size() > kNameBytesMax) {
      return Error{ErrorCode::kInvalidArgument,
                   std::string(name) + "." + std::string(member) + " is too long"};
    }
    *target = *text;
  }
  return {};
}

// The caller may be named at the top level and in caller_identity; two different names are refused,
// since it would depend on the reader which one counts.
Status ReadCallerIdentity(const JsonValue& root, Input& input) {
  auto claims = ReadClaims(root);
  if (!claims) return claims.error();
  input.claims = std::move(*claims);
  std::string gateway, tenant, org;
  auto read = ReadMembers(root, "caller_identity",
                          {{"gateway_id", &gateway}, {"org_id", &org}, {"tenant_id", &tenant}});
  if (!read) return read;
  const std::pair<std::string*, std::string*> names[] = {{&input.claims.tenant_id, &tenant},
                                                         {&input.claims.org_id, &org}};
  for (const auto& [outer, inner] : names) {
    if (!outer->empty() && !inner->empty() && *outer != *inner) {
      return Error{ErrorCode::kInvalidArgument,
                   "caller_identity names another tenant or organisation than the body"};
    }
    if (!inner->empty()) *outer = *inner;
  }
  return {};
}

// Absent or empty means a caller from before this field, which gets every obligation. An unknown
// word is refused with the list: a misspelt capability must not pass for a missing one.
Status ReadCapabilities(const JsonValue& root, Input& input) {
  const auto list = root.Find("fulfillment_capabilities");
  if (!list) return {};
  bool known = list->type() == JsonType::kArray;
  bool can_redact = false;
  list->ForEachElement([&](JsonValue element) {
    const auto word = element.AsString();
    known = known && word && (*word == kRequestBodyRedaction || *word == kRequestHeaderMutation);
    can_redact = can_redact || (word && *word == kRequestBodyRedaction);
  });
  if (!known) {
    return Error{ErrorCode::kInvalidArgument,
                 "fulfillment_capabilities must be an array of: request_body_redaction, "
                 "request_header_mutation"};
  }
  input.redaction_impossible = list->size() > 0 && !can_redact;
  return {};
}

Result<Input> Parse(std::string_view body, const std::vector<std::string>& allowlist) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  Input input;
  auto stage = ReadStage(*root);
  if (!stage) return stage.error();
  input.stage = std::move(*stage);
  const auto query = RequiredString(*root, "query");
  if (!query) return query.error();
  input.query = *query;
  if (auto read = ReadCallerIdentity(*root, input); !read) return read.error();
  if (auto read = ReadMembers(*root, "target",
                              {{"type", &input.target_type},
                               {"model", &input.model},
                               {"provider", &input.provider},
                               {"server", &input.server},
                               {"tool", &input.tool}});
      !read) {
    return read.error();
  }
  if (!input.target_type.empty() && !IsStage(input.target_type)) {
    return Error{ErrorCode::kInvalidArgument, "target.type must be one of: llm, tool, agent"};
  }
  if (const auto context = root->Find("context")) {
    if (context->type() != JsonType::kObject) {
      return Error{ErrorCode::kInvalidArgument, "context must be an object"};
    }
    input.context = ReadDecisionContext(*context, allowlist);
    auto pairs = ReadConditionContext(*context);
    if (!pairs) return pairs.error();
    input.condition_context = std::move(*pairs);
  }
  if (auto read = ReadCapabilities(*root, input); !read) return read.error();
  return input;
}

std::string_view WireVerdict(const governance::Decision& decision) {
  if (decision.allowed()) return "allow";
  return decision.outcome == policy::Outcome::kNeedsApproval ? "needs_approval" : "deny";
}

void WriteObligations(JsonWriter& json, const governance::Decision& decision) {
  json.Key("obligations").BeginArray();
  if (decision.redact) {
    json.BeginObject().Field("type", "redact_pii");
    json.Field("detail", "Send the text to the endpoint below and forward what comes back");
    json.Key("fulfillment").BeginObject();
    json.Field("endpoint", "/api/v1/mcp/check-input").Field("method", "POST");
    json.Field("phase", "request");
    json.Key("content_types").BeginArray().String("text/plain").EndArray();
    json.EndObject().EndObject();
  }
  json.EndArray();
}

net::Response Write(const governance::Decision& decision, std::string_view stage) {
  JsonWriter json;
  json.BeginObject().Field("verdict", WireVerdict(decision));
  json.Field("decision_id", decision.id.str()).Field("trace_id", decision.trace.str());
  json.Field("stage", stage);
  json.Key("reasons").BeginArray();
  if (!decision.reason.empty()) json.String(decision.reason);
  json.EndArray();
  WriteObligations(json, decision);
  json.Key("evaluated_policies").BeginArray();
  for (const auto& id : decision.policy_ids) json.String(id);
  json.EndArray();
  json.Field("expires_at", FormatRfc3339(decision.expires_at)).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  response.headers.emplace_back("X-AxonFlow-Decision-Id", decision.id.str());
  response.headers.emplace_back("X-AxonFlow-Trace-Id", decision.trace.str());
  return response;
}

std::string_view RequestType(std::string_view stage) {
  if (stage == "tool") return "decision_tool";
  return stage == "agent" ? "decision_agent" : "decision_llm";
}

governance::Exchange ToExchange(Input input, Call& call, const Options& options) {
  governance::Exchange exchange;
  exchange.principal = std::move(call.principal);
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kDecision;
  exchange.request_type = RequestType(input.stage);
  exchange.sql_capable_target =
      input.stage == "tool" && (IsSqlCapable(input.server) || IsSqlCapable(input.tool));
  exchange.tool_signature = ToolSignature(input.server, input.tool);
  exchange.stage = std::move(input.stage);
  exchange.text = std::move(input.query);
  exchange.provider = std::move(input.provider);
  exchange.model = std::move(input.model);
  exchange.context = std::move(input.context.entries);
  exchange.context_truncated = input.context.truncated;
  exchange.policy_context = std::move(input.condition_context);
  exchange.connector = std::move(input.server);
  exchange.redaction_impossible = input.redaction_impossible;
  exchange.valid_for = options.decision_valid_for;
  return exchange;
}

}  // namespace

Task<net::Response> Decide(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto input = Parse(call.request.body, api.options().decision_context_allowlist);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);
  const std::string stage = input->stage;
  auto exchange = ToExchange(std::move(*input), call, api.options());
  exchange.received = start;
  const auto decision = co_await api.services().governor.Govern(std::move(exchange));
  if (!decision) {
    co_return Refusal(call.route.errors, StatusOf(decision.error().code), decision.error().message,
                      call);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  api.metrics().CountDecision(RequestMetrics::Plane::kDecision, WireVerdict(*decision), took);
  co_return Write(*decision, stage);
}

}  // namespace axonflow::api

#include <string>

#include "api/condition_context.h"
#include "api/endpoints.h"
#include "api/tool_target.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

// A pre-check is good for this long; the call that it allows must be reported before.
constexpr std::chrono::milliseconds kContextValidFor{300'000};

// What the answer says where an approval is needed: clients start polling on exactly this text.
constexpr std::string_view kRequireApproval = "require_approval";

struct Input {
  std::string query;
  BodyClaims claims;
  bool sql_capable_target = false;
  std::vector<std::pair<std::string, std::string>> context;
};

Result<Input> Parse(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  const auto query = RequiredString(*root, "query");
  if (!query) return query.error();
  auto claims = ReadClaims(*root);
  if (!claims) return claims.error();
  Input input{std::string(*query), std::move(*claims), false, {}};
  if (const auto sources = root->Find("data_sources")) {
    if (sources->type() != JsonType::kArray) {
      return Error{ErrorCode::kInvalidArgument, "data_sources must be an array of strings"};
    }
    bool all_strings = true;
    sources->ForEachElement([&](JsonValue source) {
      const auto name = source.AsString();
      all_strings = all_strings && name.has_value();
      if (name && IsSqlCapable(*name)) input.sql_capable_target = true;
    });
    if (!all_strings) {
      return Error{ErrorCode::kInvalidArgument, "data_sources must be an array of strings"};
    }
  }
  if (const auto context = root->Find("context")) {
    if (context->type() != JsonType::kObject) {
      return Error{ErrorCode::kInvalidArgument, "context must be an object"};
    }
    auto pairs = ReadConditionContext(*context);
    if (!pairs) return pairs.error();
    input.context = std::move(*pairs);
  }
  return input;
}

std::string_view WireVerdict(const governance::Decision& decision) {
  if (decision.allowed()) return "allow";
  return decision.outcome == policy::Outcome::kNeedsApproval ? "needs_approval" : "deny";
}

net::Response Write(const governance::Decision& decision) {
  JsonWriter json;
  json.BeginObject();
  json.Field("context_id", decision.id.str()).Field("approved", decision.allowed());
  if (decision.redact) json.Field("requires_redaction", true);
  json.Key("policies").BeginArray();
  for (const auto& id : decision.policy_ids) json.String(id);
  json.EndArray();
  json.Field("expires_at", FormatRfc3339(decision.expires_at));
  if (!decision.allowed()) {
    json.Field("block_reason", decision.outcome == policy::Outcome::kNeedsApproval
                                   ? kRequireApproval
                                   : std::string_view(decision.reason));
  }
  json.Field("decision_id", decision.id.str()).Field("verdict", WireVerdict(decision));
  json.Field("trace_id", decision.trace.str()).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  response.headers.emplace_back("X-AxonFlow-Decision-Id", decision.id.str());
  response.headers.emplace_back("X-AxonFlow-Trace-Id", decision.trace.str());
  return response;
}

// A failure of the pipeline is a refusal in the wire's error shape that also reads as "not
// approved", so that a client which looks at the body alone refuses too.
net::Response WriteFailure(const Error& error) {
  JsonWriter json;
  json.BeginObject().Field("success", false).Field("error", error.message);
  json.Field("approved", false).Field("block_reason", error.message).EndObject();
  net::Response response;
  response.status = StatusOf(error.code);
  response.body = std::move(json).Take();
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Task<net::Response> PreCheck(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto input = Parse(call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);

  governance::Exchange exchange;
  exchange.principal = std::move(call.principal);
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kGateway;
  exchange.request_type = call.route.request_type;
  exchange.stage = "llm";
  exchange.text = std::move(input->query);
  exchange.sql_capable_target = input->sql_capable_target;
  exchange.policy_context = std::move(input->context);
  exchange.valid_for = kContextValidFor;
  exchange.received = start;
  const auto decision = co_await api.services().governor.Govern(std::move(exchange));
  if (!decision) co_return WriteFailure(decision.error());
  const auto took = std::chrono::steady_clock::now() - start;
  api.metrics().CountDecision(RequestMetrics::Plane::kGateway, WireVerdict(*decision), took);
  co_return Write(*decision);
}

}  // namespace axonflow::api

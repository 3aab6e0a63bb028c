#include <algorithm>
#include <chrono>
#include <string>

#include "api/endpoints.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

struct Input {
  std::string query;
  BodyClaims claims;
};

Result<Input> Parse(std::string_view body) {
  const auto root = ParseObject(body);
  if (!root) return root.error();
  const auto query = RequiredString(*root, "query");
  if (!query) return query.error();
  for (const auto* name : {"user_email", "request_type"}) {
    if (const auto text = OptionalString(*root, name); !text) return text.error();
  }
  auto claims = ReadClaims(*root);
  if (!claims) return claims.error();
  return Input{std::string(*query), std::move(*claims)};
}

}  // namespace

// A dry run of the static policies: nothing is stored and nothing is enforced.
Task<net::Response> TestPolicies(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto input = Parse(call.request.body);
  if (!input) {
    auto refusal = co_await api.Refuse(call, StatusOf(input.error().code), input.error().message);
    co_return refusal;
  }
  auto refused = co_await api.RefineCaller(call, input->claims.View());
  if (refused) co_return std::move(*refused);
  governance::Exchange exchange;
  exchange.principal = call.principal;
  exchange.text = std::move(input->query);
  exchange.request_type = "policy_test";
  const auto run = co_await api.services().governor.DryRun(std::move(exchange));
  if (!run) {
    co_return Refusal(call.route.errors, StatusOf(run.error().code), run.error().message, call);
  }
  const policy::PolicyView& view = *run->view;
  const auto& verdict = run->verdict;
  const auto took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start);
  JsonWriter json;
  json.BeginObject().Field("blocked", verdict.outcome == policy::Outcome::kBlocked);
  json.Field("reason", verdict.reason).Key("triggered_policies").BeginArray();
  for (const auto& match : verdict.matches) {
    if (!match.shadow) json.String(view.policy(match.policy).id);
  }
  json.EndArray().Key("checks_performed").BeginArray();
  // The categories that were looked at, each once, in the order of evaluation.
  std::vector<std::string_view> seen;
  for (std::uint32_t i = 0; i < view.size(); ++i) {
    const policy::Policy& policy = view.policy(i);
    if (!policy.enabled || !policy.on_request) continue;
    if (std::find(seen.begin(), seen.end(), policy.category) != seen.end()) continue;
    seen.push_back(policy.category);
    json.String(policy.category);
  }
  json.EndArray().Field("processing_time_ms", took.count()).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

}  // namespace axonflow::api

#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::Outcome;
using policy_admin::OverrideRecord;
using policy_admin::PolicyDirectory;
using policy_admin::PolicyKind;

// An override, and the policy it is for as the overrides leave it.
struct Shown {
  OverrideRecord record;
  policy::Policy policy;
  bool created = true;
};

// The stored action where the override has none, since clients demand one.
policy::Action ActionOf(const Shown& shown) {
  return shown.record.rule.action.value_or(shown.policy.action);
}

// Overrides are of static policies first; a dynamic one is found by the same route, because its
// owner knows it by its id alone.
struct Target {
  PolicyKind kind = PolicyKind::kStatic;
  policy::Policy policy;
};

Outcome<Target> FindTarget(PolicyDirectory& directory, const policy_admin::Actor& actor,
                           std::string_view id) {
  auto found = directory.GetStatic(actor, id);
  if (found) return Target{PolicyKind::kStatic, std::move(found->policy)};
  if (found.error().code != ErrorCode::kNotFound) return found.refusal();
  auto dynamic = directory.GetDynamic(actor, id);
  if (!dynamic) return dynamic.refusal();
  return Target{PolicyKind::kDynamic, std::move(dynamic->policy.policy)};
}

struct Input {
  policy_admin::OverrideChange change;
  policy::Tier tier = policy::Tier::kTenant;
};

// For whom: the tenant, unless the caller says organization.
std::optional<policy::Tier> ParseOverrideTier(std::string_view word) {
  if (word.empty() || word == "tenant") return policy::Tier::kTenant;
  if (word == "organization") return policy::Tier::kOrganization;
  return std::nullopt;
}

std::variant<Input, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  Input input;
  input.change.reason = body.Text("override_reason").value_or("");
  input.change.action = body.Text("action_override");
  input.change.enabled = body.Bool("enabled_override");
  input.change.expires_at = body.Moment("expires_at");
  const auto tier = ParseOverrideTier(body.Text("tier").value_or(""));
  if (tier) {
    input.tier = *tier;
  } else {
    body.Problem("tier", "must be organization or tenant");
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return input;
}

PolicyWrite WriteOf(std::string_view event, const Shown& shown) {
  const auto& rule = shown.record.rule;
  std::string said =
      rule.action ? "action " + std::string(policy::ToString(*rule.action)) : std::string();
  if (rule.enabled) {
    said += said.empty() ? "" : ", ";
    said += *rule.enabled ? "enabled" : "disabled";
  }
  return PolicyWrite{.event = event,
                     .policies = {MatchOf(shown.policy)},
                     .summary = "Override of policy " + shown.policy.id + ": " + said,
                     .context = {{"override_id", rule.id},
                                 {"override_tier", std::string(policy::ToString(rule.tier))},
                                 {"policy_type", std::string(ToString(shown.record.kind))}}};
}

net::Response Write(int status, const Shown& shown) {
  JsonWriter json;
  WriteOverride(json, shown.record, ActionOf(shown));
  return JsonAnswer(status, std::move(json).Take());
}

}  // namespace

Task<PolicyReply> ListPolicyOverrides(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto include_expired = ReadFlag(*query, "include_expired");
  if (!include_expired) co_return ProblemOf(include_expired.error());
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) -> Outcome<std::vector<Shown>> {
    auto records = directory.ListOverrides(actor, include_expired->value_or(false));
    if (!records) return records.refusal();
    std::vector<Shown> shown;
    for (auto& record : *records) {
      auto target = FindTarget(directory, actor, record.policy_uuid);
      shown.push_back({std::move(record), target ? std::move(target->policy) : policy::Policy{}});
    }
    return shown;
  };
  const auto overrides = co_await AskDirectory(api, work);
  if (!overrides) co_return ProblemOf(overrides.refusal());
  JsonWriter json;
  json.BeginObject().Key("overrides").BeginArray();
  for (const auto& shown : *overrides) WriteOverride(json, shown.record, ActionOf(shown));
  json.EndArray().Field("count", static_cast<std::uint64_t>(overrides->size())).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> GetPolicyOverride(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) -> Outcome<Shown> {
    auto target = FindTarget(directory, actor, PathId(call));
    if (!target) return target.refusal();
    auto record = directory.GetOverride(actor, target->kind, target->policy.id);
    if (!record) return record.refusal();
    return Shown{std::move(*record), std::move(target->policy)};
  };
  const auto shown = co_await AskDirectory(api, work);
  if (!shown) co_return ProblemOf(shown.refusal());
  co_return Write(200, *shown);
}

Task<PolicyReply> SetPolicyOverride(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  const auto& input = std::get<Input>(parsed);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) -> Outcome<Shown> {
    auto target = FindTarget(directory, actor, PathId(call));
    if (!target) return target.refusal();
    auto set =
        directory.SetOverride(actor, target->kind, target->policy.id, input.tier, input.change);
    if (!set) return set.refusal();
    return Shown{std::move(set->record), std::move(target->policy), set->created};
  };
  const auto shown = co_await AskDirectory(api, work);
  if (!shown) co_return ProblemOf(shown.refusal());
  auto write =
      WriteOf(shown->created ? "policy_override_created" : "policy_override_updated", *shown);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return Write(shown->created ? 201 : 200, *shown);
}

Task<PolicyReply> DeletePolicyOverride(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto tier = ParseOverrideTier(query->Get("tier"));
  if (!tier) co_return InvalidRequest("tier must be organization or tenant");
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) -> Outcome<Shown> {
    auto target = FindTarget(directory, actor, PathId(call));
    if (!target) return target.refusal();
    auto record = directory.DeleteOverride(actor, target->kind, target->policy.id, *tier);
    if (!record) return record.refusal();
    return Shown{std::move(*record), std::move(target->policy)};
  };
  const auto shown = co_await AskDirectory(api, work);
  if (!shown) co_return ProblemOf(shown.refusal());
  auto write = WriteOf("policy_override_deleted", *shown);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return NoContent();
}

}  // namespace axonflow::api

#include <map>
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
using policy_admin::StaticRecord;

// A policy with the override that is shown beside it.
struct Shown {
  StaticRecord record;
  policy_admin::OverrideState overrides;
};

Outcome<Shown> WithOverrides(PolicyDirectory& directory, const policy_admin::Actor& actor,
                             Outcome<StaticRecord> record) {
  if (!record) return record.refusal();
  auto overrides =
      directory.OverridesOf(actor, policy_admin::PolicyKind::kStatic, record->policy.id);
  if (!overrides) return overrides.refusal();
  return Shown{std::move(*record), std::move(*overrides)};
}

net::Response Write(int status, const Shown& shown) {
  JsonWriter json;
  WriteStaticPolicy(json, shown.record, ShownOverride(shown.overrides));
  return JsonAnswer(status, std::move(json).Take());
}

// A page of policies with the live overrides, by slug; the tenant's hides the organization's.
struct ListAnswer {
  policy_admin::Page<StaticRecord> page;
  std::map<std::string, OverrideRecord> overrides;
};

Outcome<ListAnswer> ReadList(PolicyDirectory& directory, const policy_admin::Actor& actor,
                             const policy_admin::ListQuery& query) {
  auto page = directory.ListStatic(actor, query);
  if (!page) return page.refusal();
  auto overrides = directory.ListOverrides(actor, false);
  if (!overrides) return overrides.refusal();
  ListAnswer answer{std::move(*page), {}};
  for (auto& record : *overrides) {
    if (record.kind != policy_admin::PolicyKind::kStatic) continue;
    const auto tier = record.rule.tier;
    auto slug = record.rule.policy_id;
    if (tier == policy::Tier::kTenant) {
      answer.overrides.insert_or_assign(std::move(slug), std::move(record));
    } else {
      answer.overrides.try_emplace(std::move(slug), std::move(record));
    }
  }
  return answer;
}

PolicyWrite WriteOf(std::string_view event, const StaticRecord& record) {
  return PolicyWrite{.event = event,
                     .policies = {MatchOf(record.policy)},
                     .summary = "Static policy " + record.policy.id + ", version " +
                                std::to_string(record.policy.version),
                     .context = {{"policy_type", "static"},
                                 {"policy_uuid", record.uuid},
                                 {"tier", std::string(policy::ToString(record.policy.tier))}}};
}

// What a body says about a policy, or everything that is wrong with it. Also: may this caller?
std::variant<policy_admin::StaticChange, PolicyProblem> ReadChange(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  auto change = ReadStaticChange(body);
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return change;
}

// Does the change on the blocking pool, records it, and answers with the policy as it is then.
Task<PolicyReply> Change(Api& api, Call& call, const policy_admin::StaticChange& change,
                         bool create) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return WithOverrides(directory, actor,
                         create ? directory.CreateStatic(actor, change)
                                : directory.UpdateStatic(actor, PathId(call), change));
  };
  const auto shown = co_await AskDirectory(api, work);
  if (!shown) co_return ProblemOf(shown.refusal());
  auto write = WriteOf(create ? "policy_created" : "policy_updated", shown->record);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return Write(create ? 201 : 200, *shown);
}

}  // namespace

Task<PolicyReply> ListStaticPolicies(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto list = ReadListQuery(*query, call, policy_admin::SortBy::kPriority);
  if (!list) co_return ProblemOf(list.error());
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return ReadList(directory, actor, *list); };
  const auto answer = co_await AskDirectory(api, work);
  if (!answer) co_return ProblemOf(answer.refusal());
  JsonWriter json;
  json.BeginObject().Key("policies").BeginArray();
  for (const auto& record : answer->page.rows) {
    const auto found = answer->overrides.find(record.policy.id);
    WriteStaticPolicy(json, record, found == answer->overrides.end() ? nullptr : &found->second);
  }
  json.EndArray().Field("total", static_cast<std::uint64_t>(answer->page.total));
  WritePagination(json, {list->offset, list->limit}, answer->page.total);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> CreateStaticPolicy(Api& api, Call& call) {
  auto read = ReadChange(call);
  if (auto* problem = std::get_if<PolicyProblem>(&read)) co_return std::move(*problem);
  auto reply = co_await Change(api, call, std::get<policy_admin::StaticChange>(read), true);
  co_return reply;
}

Task<PolicyReply> GetStaticPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return WithOverrides(directory, actor, directory.GetStatic(actor, PathId(call)));
  };
  const auto shown = co_await AskDirectory(api, work);
  if (!shown) co_return ProblemOf(shown.refusal());
  co_return Write(200, *shown);
}

// PUT takes any members, PATCH is what clients send to switch a policy on and off; both change what
// the body has.
Task<PolicyReply> UpdateStaticPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  auto read = ReadChange(call);
  if (auto* problem = std::get_if<PolicyProblem>(&read)) co_return std::move(*problem);
  const auto& change = std::get<policy_admin::StaticChange>(read);
  if (call.route.method == "PATCH" && !change.enabled) {
    co_return InvalidFields({{"enabled", "must be true or false"}});
  }
  auto reply = co_await Change(api, call, change, false);
  co_return reply;
}

Task<PolicyReply> DeleteStaticPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.DeleteStatic(actor, PathId(call));
  };
  const auto deleted = co_await AskDirectory(api, work);
  if (!deleted) co_return ProblemOf(deleted.refusal());
  auto write = WriteOf("policy_deleted", *deleted);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return NoContent();
}

Task<PolicyReply> StaticPolicyVersions(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.StaticVersions(actor, PathId(call));
  };
  const auto versions = co_await AskDirectory(api, work);
  if (!versions) co_return ProblemOf(versions.refusal());
  JsonWriter json;
  WriteVersions(json, call.path_parameter, *versions, ChangeWords::kPast);
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api

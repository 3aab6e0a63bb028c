#include <algorithm>
#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::DynamicRecord;
using policy_admin::PolicyDirectory;

// The general routes know no families of categories; those named after the kind demand one.
bool DemandsCategory(const Call& call) { return !call.route.path.starts_with("/api/v1/policies"); }

bool IsDynamicFamily(std::string_view category) {
  return category.starts_with("dynamic-") || category.starts_with("media-");
}

net::Response Write(int status, const DynamicRecord& record) {
  JsonWriter json;
  json.BeginObject().Key("policy");
  WriteDynamicPolicy(json, record);
  json.EndObject();
  return JsonAnswer(status, std::move(json).Take());
}

PolicyWrite WriteOf(std::string_view event, const DynamicRecord& record) {
  const auto& policy = record.policy.policy;
  return PolicyWrite{
      .event = event,
      .policies = {MatchOf(policy)},
      .summary = "Dynamic policy " + policy.id + ", version " + std::to_string(policy.version),
      .context = {{"policy_type", "dynamic"},
                  {"policy_uuid", record.uuid},
                  {"tier", std::string(policy::ToString(policy.tier))}}};
}

std::variant<policy_admin::DynamicChange, PolicyProblem> ReadChange(const Call& call, bool create) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  auto change = ReadDynamicChange(body);
  if (create && DemandsCategory(call) && !change.category && body.problems().empty()) {
    body.Problem("category", "is required: dynamic-... or media-...");
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return change;
}

Task<PolicyReply> Change(Api& api, Call& call, const policy_admin::DynamicChange& change,
                         bool create) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return create ? directory.CreateDynamic(actor, change)
                  : directory.UpdateDynamic(actor, PathId(call), change);
  };
  const auto record = co_await AskDirectory(api, work);
  if (!record) co_return ProblemOf(record.refusal());
  auto write = WriteOf(create ? "policy_created" : "policy_updated", *record);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return Write(create ? 201 : 200, *record);
}

}  // namespace

Task<PolicyReply> ListTenantPolicies(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto list = ReadListQuery(*query, call, policy_admin::SortBy::kCreatedAt);
  if (!list) co_return ProblemOf(list.error());
  if (DemandsCategory(call) && !list->category.empty() && !IsDynamicFamily(list->category)) {
    co_return InvalidFields({{"category", "must start with dynamic- or media-"}});
  }
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.ListDynamic(actor, *list); };
  const auto page = co_await AskDirectory(api, work);
  if (!page) co_return ProblemOf(page.refusal());
  JsonWriter json;
  json.BeginObject().Key("policies").BeginArray();
  for (const auto& record : page->rows) WriteDynamicPolicy(json, record);
  json.EndArray();
  WritePagination(json, {list->offset, list->limit}, page->total);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> CreateTenantPolicy(Api& api, Call& call) {
  const auto read = ReadChange(call, true);
  if (const auto* problem = std::get_if<PolicyProblem>(&read)) co_return *problem;
  auto reply = co_await Change(api, call, std::get<policy_admin::DynamicChange>(read), true);
  co_return reply;
}

Task<PolicyReply> GetTenantPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.GetDynamic(actor, PathId(call)); };
  const auto record = co_await AskDirectory(api, work);
  if (!record) co_return ProblemOf(record.refusal());
  co_return Write(200, *record);
}

// PUT and PATCH both change what the body has.
Task<PolicyReply> UpdateTenantPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto read = ReadChange(call, false);
  if (const auto* problem = std::get_if<PolicyProblem>(&read)) co_return *problem;
  auto reply = co_await Change(api, call, std::get<policy_admin::DynamicChange>(read), false);
  co_return reply;
}

Task<PolicyReply> DeleteTenantPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.DeleteDynamic(actor, PathId(call));
  };
  const auto record = co_await AskDirectory(api, work);
  if (!record) co_return ProblemOf(record.refusal());
  auto write = WriteOf("policy_deleted", *record);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return NoContent();
}

Task<PolicyReply> TenantPolicyVersions(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.DynamicVersions(actor, PathId(call));
  };
  const auto versions = co_await AskDirectory(api, work);
  if (!versions) co_return ProblemOf(versions.refusal());
  JsonWriter json;
  WriteVersions(json, call.path_parameter, *versions, ChangeWords::kPresent);
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api

#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::PolicyDirectory;
using policy_admin::PolicyKind;
using policy_admin::SessionOverrideRecord;

PolicyProblem NobodyInPerson() {
  return {401,
          std::string(CodeWord(401)),
          "A session override is for one person: send that user's token in X-User-Token",
          {}};
}

std::variant<policy_admin::SessionOverrideRequest, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  policy_admin::SessionOverrideRequest request;
  request.policy = body.Text("policy_id").value_or("");
  request.reason = body.Text("override_reason").value_or("");
  request.tool_signature = body.Text("tool_signature").value_or("");
  request.ttl_seconds = body.Integer("ttl_seconds");
  const auto kind = body.Text("policy_type").value_or("");
  if (kind == ToString(PolicyKind::kDynamic)) {
    request.kind = PolicyKind::kDynamic;
  } else if (kind != ToString(PolicyKind::kStatic)) {
    body.Problem("policy_type", "must be static or dynamic");
  }
  if (request.policy.empty()) body.Problem("policy_id", "is required");
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return request;
}

PolicyWrite WriteOf(std::string_view event, const SessionOverrideRecord& record) {
  audit::PolicyMatch match;
  match.policy_id = record.rule.policy_id;
  match.policy_name = record.rule.policy_id;
  match.allow_override = true;
  match.count = 0;
  PolicyWrite write{.event = event,
                    .policies = {std::move(match)},
                    .summary = "Session override of policy " + record.rule.policy_id + " for " +
                               record.rule.user_email + " until " +
                               FormatRfc3339(record.rule.expires_at),
                    .context = {{"override_id", record.rule.id},
                                {"override_user", record.rule.user_email},
                                {"policy_type", std::string(ToString(record.kind))}}};
  if (!record.rule.tool_signature.empty()) {
    write.context.emplace_back("override_tool", record.rule.tool_signature);
  }
  return write;
}

void WriteSummary(JsonWriter& json, const SessionOverrideRecord& record) {
  json.Field("id", record.rule.id).Field("policy_id", record.rule.policy_id);
  json.Field("policy_type", ToString(record.kind)).Field("tenant_id", record.tenant.str());
  json.Field("override_reason", record.reason);
  json.Field("expires_at", FormatRfc3339(record.rule.expires_at));
  if (record.revoked_at) json.Field("revoked_at", FormatRfc3339(*record.revoked_at));
  json.Field("created_at", FormatRfc3339(record.rule.created_at));
}

}  // namespace

Task<PolicyReply> ListSessionOverrides(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  policy_admin::SessionOverrideQuery wanted;
  wanted.policy = query->Get("policy_id");
  wanted.include_revoked = query->Get("include_revoked") == "true";
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.ListSessionOverrides(actor, wanted);
  };
  const auto records = co_await AskDirectory(api, work);
  if (!records) co_return ProblemOf(records.refusal());
  JsonWriter json;
  json.BeginObject().Key("overrides").BeginArray();
  for (const auto& record : *records) {
    json.BeginObject();
    WriteSummary(json, record);
    json.EndObject();
  }
  json.EndArray().Field("count", static_cast<std::uint64_t>(records->size())).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> CreateSessionOverride(Api& api, Call& call) {
  if (!IsOnePerson(call.principal)) co_return NobodyInPerson();
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  const auto& request = std::get<policy_admin::SessionOverrideRequest>(parsed);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.CreateSessionOverride(actor, request);
  };
  const auto grant = co_await AskDirectory(api, work);
  if (!grant) co_return ProblemOf(grant.refusal());
  auto write = WriteOf("override_created", grant->record);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  const auto& record = grant->record;
  JsonWriter json;
  json.BeginObject().Field("id", record.rule.id).Field("policy_id", record.requested_policy);
  json.Field("policy_type", ToString(record.kind));
  json.Field("expires_at", FormatRfc3339(record.rule.expires_at));
  json.Field("ttl_seconds", record.ttl_seconds);
  json.Field("created_at", FormatRfc3339(record.rule.created_at));
  if (grant->clamp != policy_admin::Clamp::kNone) {
    json.Field("requested_ttl", grant->requested_ttl_seconds).Field("clamped", true);
    json.Field("clamped_reason", ToString(grant->clamp));
  }
  json.EndObject();
  co_return JsonAnswer(201, std::move(json).Take());
}

Task<PolicyReply> GetSessionOverride(Api& api, Call& call) {
  if (!IsUuid(call.path_parameter)) co_return InvalidRequest("The id must be a UUID");
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.GetSessionOverride(actor, PathId(call));
  };
  const auto record = co_await AskDirectory(api, work);
  if (!record) co_return ProblemOf(record.refusal());
  JsonWriter json;
  json.BeginObject();
  WriteSummary(json, *record);
  json.Field("organization_id", record->org.str());
  json.Field("tool_signature", record->rule.tool_signature);
  json.Field("created_by", record->created_by);
  if (!record->revoked_by.empty()) json.Field("revoked_by", record->revoked_by);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> RevokeSessionOverride(Api& api, Call& call) {
  if (!IsOnePerson(call.principal)) co_return NobodyInPerson();
  if (!IsUuid(call.path_parameter)) co_return InvalidRequest("The id must be a UUID");
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.RevokeSessionOverride(actor, PathId(call));
  };
  const auto record = co_await AskDirectory(api, work);
  if (!record) co_return ProblemOf(record.refusal());
  auto write = WriteOf("override_revoked", *record);
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  JsonWriter json;
  json.BeginObject().Field("id", record->rule.id);
  json.Field("revoked_at", FormatRfc3339(record->revoked_at.value_or(Now()))).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api

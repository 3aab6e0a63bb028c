#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::PolicyDirectory;
using policy_admin::PostureEntry;

constexpr policy::Plane kPlanes[] = {policy::Plane::kGateway, policy::Plane::kDecision,
                                     policy::Plane::kMcp, policy::Plane::kProxy};

const PostureEntry* Find(const std::vector<PostureEntry>& entries, policy::PostureGroup group) {
  for (const auto& entry : entries) {
    if (entry.group == group) return &entry;
  }
  return nullptr;
}

// One group: what the organization decided, if it did, and what holds on each plane and why.
void WriteGroup(JsonWriter& json, policy::PostureGroup group, const PostureEntry* entry,
                const policy::Posture& posture) {
  json.Key(policy::ToString(group)).BeginObject();
  if (entry != nullptr) {
    json.Field("action", policy::ToString(entry->action)).Field("reason", entry->reason);
    json.Field("updated_by", entry->updated_by);
    json.Field("updated_at", FormatRfc3339(entry->updated_at));
  }
  json.Key("planes").BeginObject();
  for (const auto plane : kPlanes) {
    const auto& choice = posture.Choice(group, plane);
    json.Key(policy::ToString(plane)).BeginObject();
    json.Field("action", policy::ToString(choice.action)).Field("source", choice.source);
    json.EndObject();
  }
  json.EndObject().EndObject();
}

net::Response Write(const std::vector<PostureEntry>& entries, const policy::Posture& posture) {
  JsonWriter json;
  json.BeginObject().Field("profile", posture.profile()).Key("overrides").BeginObject();
  for (const auto& entry : entries) {
    json.Field(policy::ToString(entry.group), policy::ToString(entry.action));
  }
  json.EndObject().Key("groups").BeginObject();
  for (std::size_t i = 0; i < static_cast<std::size_t>(policy::PostureGroup::kCount); ++i) {
    const auto group = static_cast<policy::PostureGroup>(i);
    WriteGroup(json, group, Find(entries, group), posture);
  }
  json.EndObject().EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

struct Wish {
  std::string group;
  std::string action;
};

// {"pii":"block"} or {"overrides":{"pii":"block"},"reason":"..."}.
struct Wishes {
  std::vector<Wish> wishes;
  std::string reason;
};

std::variant<Wishes, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  Wishes wishes;
  wishes.reason = body.Text("reason").value_or("");
  const auto nested = body.object().Find("overrides");
  (nested ? *nested : body.object()).ForEachMember([&](std::string_view name, JsonValue value) {
    if (!nested && (name == "reason" || name == "organization_id" || name == "org_id")) return;
    const auto action = value.AsString();
    if (action) {
      wishes.wishes.push_back({std::string(name), std::string(*action)});
    } else {
      body.Problem(name, "must be an action");
    }
  });
  if (wishes.wishes.empty() && body.problems().empty()) {
    body.Problem("overrides", "names no group");
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return wishes;
}

PolicyWrite WriteOf(std::string_view event, const std::string& what) {
  return PolicyWrite{.event = event,
                     .policies = {},
                     .summary = "Detection posture of the organization: " + what,
                     .context = {}};
}

}  // namespace

Task<PolicyReply> GetDetectionPosture(Api& api, Call& call) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.GetPosture(actor); };
  const auto entries = co_await AskDirectory(api, work);
  if (!entries) co_return ProblemOf(entries.refusal());
  const auto view = co_await api.services().governor.ViewOf(actor.org, actor.tenant);
  if (!view) co_return ProblemOf(view.error());
  co_return Write(*entries, (*view)->posture());
}

// Sets the groups that the body names, one write with its record each, and leaves the others. The
// first that is refused ends it: those before it stand.
Task<PolicyReply> SetDetectionPosture(Api& api, Call& call) {
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  const auto& wishes = std::get<Wishes>(parsed);
  const auto actor = ActorOf(call.principal);
  for (const auto& wish : wishes.wishes) {
    auto work = [&](PolicyDirectory& directory) {
      return directory.SetPosture(actor, wish.group, wish.action, wishes.reason);
    };
    const auto entry = co_await AskDirectory(api, work);
    if (!entry) co_return ProblemOf(entry.refusal());
    auto write = WriteOf("detection_posture_updated", wish.group + " is " + wish.action);
    auto failed = co_await RecordWrite(api, call, std::move(write));
    if (failed) co_return std::move(*failed);
  }
  auto reply = co_await GetDetectionPosture(api, call);
  co_return reply;
}

Task<PolicyReply> DeleteDetectionPosture(Api& api, Call& call) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.DeletePosture(actor, PathId(call));
  };
  const auto deleted = co_await AskDirectory(api, work);
  if (!deleted) co_return ProblemOf(deleted.refusal());
  auto write = WriteOf("detection_posture_deleted",
                       std::string(policy::ToString(deleted->group)) + " is as deployed");
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  co_return NoContent();
}

}  // namespace axonflow::api

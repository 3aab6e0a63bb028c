#include <algorithm>
#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "api/policy_template.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::DynamicRecord;
using policy_admin::Outcome;
using policy_admin::PolicyDirectory;

// The catalogue of templates came with the first catalogue of policies.
constexpr std::string_view kTemplateVersion = "1.0";

std::string Since() { return FormatRfc3339(policy_admin::kSystemPoliciesSince); }

// Two generations of clients read two spellings of one thing here: required and is_required, and
// the validation as an expression or as an object.
void WriteVariable(JsonWriter& json, const TemplateVariable& variable) {
  json.BeginObject().Field("name", variable.name).Field("type", ToString(variable.type));
  json.Field("required", variable.required).Field("is_required", variable.required);
  if (!variable.default_json.empty()) json.Key("default").Raw(variable.default_json);
  json.Field("description", variable.description);
  if (variable.min || variable.max) {
    json.Key("validation").BeginObject();
    if (variable.min) json.Field("min", *variable.min);
    if (variable.max) json.Field("max", *variable.max);
    json.EndObject();
  } else if (!variable.pattern.empty()) {
    json.Field("validation", variable.pattern);
  }
  json.EndObject();
}

void WriteTemplate(JsonWriter& json, const PolicyTemplate& one) {
  json.BeginObject().Field("id", one.id).Field("name", one.name);
  json.Field("display_name", one.display_name).Field("description", one.description);
  json.Field("category", one.category).Field("subcategory", one.subcategory);
  json.Key("template").BeginObject().Field("type", one.type).Field("category", one.policy_category);
  json.Key("conditions").Raw(one.conditions_json).Key("actions").Raw(one.actions_json);
  json.Field("priority", one.priority).EndObject();
  json.Key("variables").BeginArray();
  for (const auto& variable : one.variables) WriteVariable(json, variable);
  json.EndArray().Field("is_builtin", true).Field("is_active", true);
  json.Field("version", kTemplateVersion);
  WriteTexts(json, "tags", one.tags);
  json.Field("created_at", Since()).Field("updated_at", Since()).EndObject();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

bool HasOneOf(const std::vector<std::string>& tags, std::string_view wanted) {
  while (!wanted.empty()) {
    const auto end = std::min(wanted.find(','), wanted.size());
    if (std::ranges::find(tags, wanted.substr(0, end)) != tags.end()) return true;
    wanted.remove_prefix(std::min(end + 1, wanted.size()));
  }
  return false;
}

bool Fits(const PolicyTemplate& one, const QueryString& query) {
  const auto category = query.Get("category");
  if (!category.empty() && category != one.category) return false;
  // All templates are built in and active.
  if (query.Get("active") == "false" || query.Get("builtin") == "false") return false;
  const auto tags = query.Get("tags");
  if (!tags.empty() && !HasOneOf(one.tags, tags)) return false;
  const auto search = Lower(query.Get("search"));
  return search.empty() || Lower(one.display_name).find(search) != std::string::npos ||
         Lower(one.description).find(search) != std::string::npos;
}

const PolicyTemplate* Find(const std::vector<PolicyTemplate>& all, std::string_view id) {
  const auto found = std::ranges::find(all, id, &PolicyTemplate::id);
  return found == all.end() ? nullptr : &*found;
}

// What applying a template comes to, or all that is wrong with the request for it.
std::variant<policy_admin::DynamicChange, PolicyProblem> ReadApplication(const PolicyTemplate& one,
                                                                         const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  policy_admin::DynamicChange change;
  change.name = body.Text("policy_name");
  if (!change.name && body.problems().empty()) body.Problem("policy_name", "is required");
  change.description = body.Text("description").value_or(one.description);
  change.type = one.type;
  change.category = one.policy_category;
  change.priority = body.Integer("priority").value_or(one.priority);
  change.enabled = body.Bool("enabled").value_or(false);
  change.tags = one.tags;
  change.metadata = R"({"template_id":")" + one.id + R"("})";
  auto variables = body.object().Find("variables");
  if (variables && variables->type() != JsonType::kObject) {
    body.Problem("variables", "must be an object");
    variables.reset();
  }
  const auto values = BindVariables(one, variables, body.problems());
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  auto conditions = FillPlaces(one.conditions_json, values);
  if (!conditions) return ProblemOf(conditions.error());
  auto actions = FillPlaces(one.actions_json, values);
  if (!actions) return ProblemOf(actions.error());
  change.conditions = std::move(*conditions);
  change.actions = std::move(*actions);
  return change;
}

// The policy that came of a template, and the id of the use when it could be noted.
struct Applied {
  DynamicRecord record;
  std::string usage_id;
};

}  // namespace

Task<PolicyReply> ListTemplates(Api&, Call& call) {
  const auto& all = BuiltinTemplates();
  if (!all) co_return ProblemOf(all.error());
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto page = ReadPage(*query);
  if (!page) co_return ProblemOf(page.error());
  std::vector<const PolicyTemplate*> fitting;
  for (const auto& one : *all) {
    if (Fits(one, *query)) fitting.push_back(&one);
  }
  const auto begin = std::min(page->offset, fitting.size());
  const auto end = std::min(begin + page->size, fitting.size());
  JsonWriter json;
  json.BeginObject().Key("templates").BeginArray();
  for (auto i = begin; i < end; ++i) WriteTemplate(json, *fitting[i]);
  json.EndArray();
  WritePagination(json, *page, fitting.size());
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> TemplateCategories(Api&, Call&) {
  JsonWriter json;
  json.BeginObject().Key("categories").BeginArray();
  for (const auto category : kTemplateCategories) json.String(category);
  json.EndArray().EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> TemplateStatistics(Api& api, Call& call) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.TemplateStatistics(actor); };
  const auto statistics = co_await AskDirectory(api, work);
  if (!statistics) co_return ProblemOf(statistics.refusal());
  JsonWriter json;
  json.BeginObject().Key("stats").BeginArray();
  for (const auto& one : *statistics) {
    json.BeginObject().Field("template_id", one.template_id);
    json.Field("template_name", one.template_name).Field("usage_count", one.usage_count);
    json.Field("last_used_at", FormatRfc3339(one.last_used_at)).EndObject();
  }
  json.EndArray().EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> GetTemplate(Api&, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto& all = BuiltinTemplates();
  if (!all) co_return ProblemOf(all.error());
  const auto* one = Find(*all, call.path_parameter);
  if (one == nullptr) co_return ProblemOf(Error{ErrorCode::kNotFound, ""});
  JsonWriter json;
  json.BeginObject().Key("template");
  WriteTemplate(json, *one);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> ApplyTemplate(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto& all = BuiltinTemplates();
  if (!all) co_return ProblemOf(all.error());
  const auto* one = Find(*all, call.path_parameter);
  if (one == nullptr) co_return ProblemOf(Error{ErrorCode::kNotFound, ""});
  const auto read = ReadApplication(*one, call);
  if (const auto* problem = std::get_if<PolicyProblem>(&read)) co_return *problem;
  const auto& change = std::get<policy_admin::DynamicChange>(read);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) -> Outcome<Applied> {
    auto record = directory.CreateDynamic(actor, change);
    if (!record) return record.refusal();
    // The policy stands whether or not its origin could be noted.
    auto use = directory.RecordTemplateUse(actor, one->id, one->display_name, record->uuid);
    return Applied{std::move(*record), use ? std::move(use->id) : std::string()};
  };
  const auto applied = co_await AskDirectory(api, work);
  if (!applied) co_return ProblemOf(applied.refusal());
  PolicyWrite write{.event = "policy_created",
                    .policies = {MatchOf(applied->record.policy.policy)},
                    .summary = "Dynamic policy " + applied->record.policy.policy.id +
                               " made from template " + one->id,
                    .context = {{"policy_type", "dynamic"},
                                {"policy_uuid", applied->record.uuid},
                                {"template_id", one->id}}};
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  JsonWriter json;
  json.BeginObject().Field("success", true).Key("policy");
  WriteDynamicPolicy(json, applied->record);
  json.Field("usage_id", applied->usage_id);
  json.Field("message", "Policy created from template " + one->display_name).EndObject();
  co_return JsonAnswer(201, std::move(json).Take());
}

}  // namespace axonflow::api

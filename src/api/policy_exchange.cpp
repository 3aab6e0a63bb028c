#include <string>

#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::DynamicChange;
using policy_admin::ImportMode;
using policy_admin::PolicyDirectory;

constexpr std::string_view kExportVersion = "1.0";

// The older spelling `mode` says create and upsert.
std::optional<ImportMode> ParseMode(std::string_view word) {
  if (word.empty() || word == "skip" || word == "create") return ImportMode::kSkip;
  if (word == "overwrite" || word == "upsert") return ImportMode::kOverwrite;
  if (word == "error") return ImportMode::kError;
  return std::nullopt;
}

struct Input {
  std::vector<DynamicChange> rows;
  ImportMode mode = ImportMode::kSkip;
};

// What an export holds beside the policy (ids, owners, times) is another's and is not looked at; a
// slug is the importing tenant's to give.
void ReadRows(BodyReader& body, Input& input) {
  const auto list = body.object().Find("policies");
  if (!list || list->type() != JsonType::kArray) {
    body.Problem("policies", "is required: an array of policies");
    return;
  }
  if (list->size() == 0 || list->size() > policy_admin::kImportMax) {
    body.Problem("policies",
                 "must hold 1 to " + std::to_string(policy_admin::kImportMax) + " policies");
    return;
  }
  list->ForEachElement([&](JsonValue element) {
    const auto place = "policies[" + std::to_string(input.rows.size()) + "]";
    BodyReader row(element, place + ".");
    if (element.type() != JsonType::kObject) body.Problem(place, "must be an object");
    auto change = ReadDynamicChange(row);
    change.slug.reset();
    change.tier.reset();
    input.rows.push_back(std::move(change));
    for (auto& problem : row.problems()) body.problems().push_back(std::move(problem));
  });
}

std::variant<Input, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  Input input;
  const auto newer = body.Text("overwrite_mode");
  const auto mode = ParseMode(newer ? *newer : body.Text("mode").value_or(""));
  if (mode) {
    input.mode = *mode;
  } else {
    body.Problem("overwrite_mode", "must be one of: skip, overwrite, error");
  }
  ReadRows(body, input);
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return input;
}

}  // namespace

Task<PolicyReply> ImportTenantPolicies(Api& api, Call& call) {
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  const auto& input = std::get<Input>(parsed);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.ImportDynamic(actor, input.rows, input.mode);
  };
  const auto report = co_await AskDirectory(api, work);
  if (!report) co_return ProblemOf(report.refusal());
  PolicyWrite write{.event = "policies_imported",
                    .policies = {},
                    .summary = "Dynamic policies imported: " + std::to_string(report->created) +
                               " created, " + std::to_string(report->updated) + " updated, " +
                               std::to_string(report->skipped) + " skipped, " +
                               std::to_string(report->failed) + " failed",
                    .context = {{"policy_type", "dynamic"}}};
  auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return std::move(*failed);
  JsonWriter json;
  json.BeginObject().Field("created", report->created).Field("updated", report->updated);
  json.Field("skipped", report->skipped).Field("failed", report->failed);
  WriteTexts(json, "errors", report->errors);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

// The tenant's own policies, in a form that import takes. JSON is YAML too (YAML 1.2, section 1.3).
Task<PolicyReply> ExportTenantPolicies(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return ProblemOf(query.error());
  const auto format = query->Get("format");
  if (!format.empty() && format != "json" && format != "yaml") {
    co_return InvalidRequest("format must be json or yaml");
  }
  const std::string type(query->Get("type"));
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) {
    return directory.Export(actor, policy::Tier::kTenant);
  };
  const auto owned = co_await AskDirectory(api, work);
  if (!owned) co_return ProblemOf(owned.refusal());
  JsonWriter json;
  json.BeginObject().Field("version", kExportVersion).Key("policies").BeginArray();
  for (const auto& record : owned->dynamic_policies) {
    if (type.empty() || record.policy.type == type) WriteDynamicPolicy(json, record);
  }
  json.EndArray().Field("exported_at", FormatRfc3339(Now()));
  json.Field("tenant_id", call.principal.tenant.str()).EndObject();
  auto response = JsonAnswer(200, std::move(json).Take());
  if (format == "yaml") response.content_type = "application/yaml";
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"policies-export.json\"");
  co_return response;
}

}  // namespace axonflow::api

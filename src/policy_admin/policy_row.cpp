#include "policy_admin/policy_row.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "policy/dynamic/dynamic_json.h"

namespace axonflow::policy_admin {
namespace {

using policy::Action;

constexpr std::size_t kSummaryValueBytesMax = 60;
constexpr std::size_t kSummaryBytesMax = 1'000;

std::string Quoted(std::string_view text) {
  JsonWriter json;
  json.String(text);
  return std::move(json).Take();
}

std::string Quoted(const std::optional<Action>& action) {
  return action ? Quoted(policy::ToString(*action)) : "null";
}

std::string QuotedOrNull(const std::string& text) { return text.empty() ? "null" : Quoted(text); }

std::string_view PhaseOf(const policy::Policy& policy) {
  if (policy.on_request && policy.on_response) return "both";
  return policy.on_request ? "request" : "response";
}

std::string_view Boolean(bool value) { return value ? "true" : "false"; }

std::string Cut(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  return std::string(Utf8Prefix(text, bytes_max)) + "...";
}

}  // namespace

Action StrictestOf(const std::vector<policy::ActionStep>& steps) {
  Action strictest = Action::kAllow;
  for (const auto& step : steps) strictest = std::max(strictest, policy::VerdictOf(step.type));
  return strictest;
}

std::string ToJson(const std::vector<std::string>& texts) {
  JsonWriter json;
  json.BeginArray();
  for (const auto& text : texts) json.String(text);
  json.EndArray();
  return std::move(json).Take();
}

std::vector<std::string> TextsOf(std::string_view json) {
  std::vector<std::string> texts;
  if (json.empty() || json == "[]") return texts;
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return texts;
  root->ForEachElement([&](JsonValue value) {
    if (const auto text = value.AsString()) texts.emplace_back(*text);
  });
  return texts;
}

StaticRecord ToStaticRecord(PolicyRow row) {
  StaticRecord record;
  record.policy = std::move(row.policy);
  static_cast<RowFacts&>(record) = std::move(static_cast<RowFacts&>(row));
  return record;
}

Result<DynamicRecord> ToDynamicRecord(PolicyRow row) {
  auto conditions = policy::ParseConditions(row.conditions);
  if (!conditions) return conditions.error();
  auto actions = policy::ParseActions(row.actions);
  if (!actions) return actions.error();
  DynamicRecord record;
  record.policy.policy = std::move(row.policy);
  record.policy.type = std::move(row.type);
  record.policy.conditions = std::move(*conditions);
  record.policy.actions = std::move(*actions);
  record.conditions_json = std::move(row.conditions);
  record.actions_json = std::move(row.actions);
  static_cast<RowFacts&>(record) = std::move(static_cast<RowFacts&>(row));
  return record;
}

PolicyRow ToRow(const StaticRecord& record) {
  PolicyRow row;
  static_cast<RowFacts&>(row) = record;
  row.policy = record.policy;
  return row;
}

PolicyRow ToRow(const DynamicRecord& record) {
  PolicyRow row;
  static_cast<RowFacts&>(row) = record;
  row.kind = PolicyKind::kDynamic;
  row.policy = record.policy.policy;
  row.type = record.policy.type;
  row.conditions = record.conditions_json;
  row.actions = record.actions_json;
  return row;
}

Fields FieldsOf(const PolicyRow& row) {
  const policy::Policy& policy = row.policy;
  Fields fields;
  fields.emplace_back("name", Quoted(policy.name));
  fields.emplace_back("description", Quoted(policy.description));
  fields.emplace_back("category", Quoted(policy.category));
  if (row.kind == PolicyKind::kDynamic) {
    fields.emplace_back("type", Quoted(row.type));
    fields.emplace_back("conditions", row.conditions);
    fields.emplace_back("actions", row.actions);
  } else {
    fields.emplace_back("pattern", Quoted(policy.pattern));
    fields.emplace_back("action", Quoted(policy::ToString(policy.action)));
    fields.emplace_back("action_request", Quoted(policy.action_request));
    fields.emplace_back("action_response", Quoted(policy.action_response));
    fields.emplace_back("phase", Quoted(PhaseOf(policy)));
    fields.emplace_back("redaction_strategy",
                        policy.strategy ? Quoted(policy::ToString(*policy.strategy)) : "null");
    fields.emplace_back("must_match", ToJson(policy.must_match));
    fields.emplace_back("must_not_match", ToJson(policy.must_not_match));
  }
  fields.emplace_back("severity", Quoted(policy::ToString(policy.severity)));
  fields.emplace_back("risk_level", Quoted(policy::ToString(policy.risk_level)));
  fields.emplace_back("allow_override", Boolean(policy.allow_override));
  fields.emplace_back("priority", std::to_string(policy.priority));
  fields.emplace_back("enabled", Boolean(policy.enabled));
  fields.emplace_back("mode", Quoted(policy::ToString(policy.mode)));
  fields.emplace_back("segment_id", QuotedOrNull(policy.segment));
  fields.emplace_back("tags", ToJson(row.tags));
  fields.emplace_back("metadata", row.metadata);
  return fields;
}

std::string SnapshotOf(const PolicyRow& row) {
  JsonWriter json;
  json.BeginObject().Field("id", row.uuid).Field("policy_id", row.policy.id);
  json.Field("tier", policy::ToString(row.policy.tier));
  for (const auto& [name, value] : FieldsOf(row)) json.Key(name).Raw(value);
  json.Field("version", row.policy.version);
  if (!row.org.empty()) json.Field("organization_id", row.org.str());
  json.Field("tenant_id", row.tenant.str());
  json.Field("created_at", FormatRfc3339(row.created_at));
  json.Field("updated_at", FormatRfc3339(row.updated_at));
  json.Field("created_by", row.created_by).Field("updated_by", row.updated_by);
  if (row.deleted_at) json.Field("deleted_at", FormatRfc3339(*row.deleted_at));
  json.EndObject();
  return std::move(json).Take();
}

std::vector<FieldDifference> DifferencesOf(const PolicyRow& before, const PolicyRow& after) {
  const Fields old_fields = FieldsOf(before);
  const Fields new_fields = FieldsOf(after);
  std::vector<FieldDifference> differences;
  for (std::size_t i = 0; i < old_fields.size(); ++i) {
    if (old_fields[i].second == new_fields[i].second) continue;
    differences.push_back({old_fields[i].first, old_fields[i].second, new_fields[i].second});
  }
  return differences;
}

std::string SummaryOf(const std::vector<FieldDifference>& differences) {
  std::string summary;
  for (const auto& each : differences) {
    if (!summary.empty()) summary += "; ";
    summary += each.field + ": " + Cut(each.before, kSummaryValueBytesMax) + " -> " +
               Cut(each.after, kSummaryValueBytesMax);
  }
  return Cut(summary, kSummaryBytesMax);
}

ChangeType ChangeTypeOf(const std::vector<FieldDifference>& differences) {
  if (differences.size() != 1 || differences[0].field != "enabled") return ChangeType::kUpdated;
  return differences[0].after == "true" ? ChangeType::kEnabled : ChangeType::kDisabled;
}

}  // namespace axonflow::policy_admin

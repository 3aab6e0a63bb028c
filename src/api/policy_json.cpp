#include "api/policy_json.h"

#include <string>

namespace axonflow::api {
namespace {

using policy_admin::RowFacts;

// Whose the shared policies are, on the wire.
constexpr std::string_view kGlobalTenant = "global";

void WriteOptional(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.Field(name, text);
}

std::string_view PhaseOf(const policy::Policy& policy) {
  if (policy.on_request && policy.on_response) return "both";
  return policy.on_request ? "request" : "response";
}

void WriteOwner(JsonWriter& json, const RowFacts& facts, policy::Tier tier) {
  if (tier == policy::Tier::kOrganization) json.Field("organization_id", facts.org.str());
  json.Field("tenant_id",
             tier == policy::Tier::kSystem ? kGlobalTenant : std::string_view(facts.tenant.str()));
}

void WriteHistory(JsonWriter& json, const RowFacts& facts, int version) {
  json.Field("version", version);
  WriteTexts(json, "tags", facts.tags);
  json.Key("metadata").Raw(facts.metadata.empty() ? "{}" : facts.metadata);
  json.Field("created_at", FormatRfc3339(facts.created_at));
  json.Field("updated_at", FormatRfc3339(facts.updated_at));
  WriteOptional(json, "created_by", facts.created_by);
  WriteOptional(json, "updated_by", facts.updated_by);
  if (facts.deleted_at) json.Field("deleted_at", FormatRfc3339(*facts.deleted_at));
}

void WriteGovernance(JsonWriter& json, const policy::Policy& policy) {
  json.Field("severity", policy::ToString(policy.severity));
  json.Field("risk_level", policy::ToString(policy.risk_level));
  json.Field("allow_override", policy.allow_override);
  json.Field("mode", policy::ToString(policy.mode));
  WriteOptional(json, "segment_id", policy.segment);
}

// Without the closing brace, so that a view can add to it.
void BeginStatic(JsonWriter& json, const policy_admin::StaticRecord& record, policy::Action action,
                 bool enabled, const policy_admin::OverrideRecord* override,
                 policy::Action overridden_action) {
  const auto& policy = record.policy;
  json.BeginObject().Field("id", record.uuid).Field("policy_id", policy.id);
  json.Field("name", policy.name).Field("description", policy.description);
  json.Field("category", policy.category).Field("tier", policy::ToString(policy.tier));
  // Clients demand a pattern; a policy that is judged by code has none, and says by which code.
  json.Field("pattern", policy.pattern);
  WriteOptional(json, "detector", policy.detector);
  json.Field("action", policy::ToString(action));
  if (policy.action_request) {
    json.Field("action_request", policy::ToString(*policy.action_request));
  }
  if (policy.action_response) {
    json.Field("action_response", policy::ToString(*policy.action_response));
  }
  if (policy.strategy) json.Field("redaction_strategy", policy::ToString(*policy.strategy));
  json.Field("phase", PhaseOf(policy));
  json.Field("enabled", enabled).Field("priority", policy.priority);
  WriteGovernance(json, policy);
  WriteOwner(json, record, policy.tier);
  WriteHistory(json, record, policy.version);
  json.Field("has_override", override != nullptr);
  if (override != nullptr) {
    json.Key("override");
    WriteOverride(json, *override, overridden_action);
  }
}

void BeginDynamic(JsonWriter& json, const policy_admin::DynamicRecord& record, bool enabled) {
  const auto& policy = record.policy.policy;
  json.BeginObject().Field("id", record.uuid).Field("policy_id", policy.id);
  json.Field("name", policy.name).Field("description", policy.description);
  json.Field("type", record.policy.type).Field("category", policy.category);
  json.Field("tier", policy::ToString(policy.tier));
  json.Key("conditions").Raw(record.conditions_json);
  json.Key("actions").Raw(record.actions_json);
  json.Field("priority", policy.priority).Field("enabled", enabled);
  WriteGovernance(json, policy);
  WriteOwner(json, record, policy.tier);
  WriteHistory(json, record, policy.version);
}

// What the overrides decide, for the entries of effective views.
void WriteOverrideFacts(JsonWriter& json, const policy_admin::OverrideState& state) {
  if (!state.any()) return;
  if (state.action) json.Field("override_action", policy::ToString(*state.action));
  if (state.enabled) json.Field("override_enabled", *state.enabled);
  if (state.expires_at) json.Field("override_expires_at", FormatRfc3339(*state.expires_at));
  WriteOptional(json, "override_reason", state.reason);
}

std::string_view ChangeWord(policy_admin::ChangeType type, ChangeWords words) {
  if (words == ChangeWords::kPast) return policy_admin::ToString(type);
  switch (type) {
    case policy_admin::ChangeType::kCreated:
      return "create";
    case policy_admin::ChangeType::kUpdated:
      return "update";
    case policy_admin::ChangeType::kDeleted:
      return "delete";
    case policy_admin::ChangeType::kEnabled:
      return "enable";
    case policy_admin::ChangeType::kDisabled:
      return "disable";
  }
  return "update";
}

}  // namespace

void WriteTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.Key(name).BeginArray();
  for (const auto& text : texts) json.String(text);
  json.EndArray();
}

const policy_admin::OverrideRecord* ShownOverride(const policy_admin::OverrideState& state) {
  if (state.of_tenant) return &*state.of_tenant;
  return state.of_organization ? &*state.of_organization : nullptr;
}

void WriteStaticPolicy(JsonWriter& json, const policy_admin::StaticRecord& record,
                       const policy_admin::OverrideRecord* override) {
  BeginStatic(json, record, record.policy.action, record.policy.enabled, override,
              record.policy.action);
  json.EndObject();
}

void WriteEffectiveStatic(JsonWriter& json, const policy_admin::EffectiveStatic& entry) {
  BeginStatic(json, entry.record, entry.action, entry.enabled, ShownOverride(entry.overrides),
              entry.action);
  WriteOverrideFacts(json, entry.overrides);
  json.EndObject();
}

void WriteDynamicPolicy(JsonWriter& json, const policy_admin::DynamicRecord& record) {
  BeginDynamic(json, record, record.policy.policy.enabled);
  json.EndObject();
}

void WriteEffectiveDynamic(JsonWriter& json, const policy_admin::EffectiveDynamic& entry) {
  BeginDynamic(json, entry.record, entry.enabled);
  json.Field("has_override", entry.overrides.any());
  WriteOverrideFacts(json, entry.overrides);
  json.EndObject();
}

void WriteOverride(JsonWriter& json, const policy_admin::OverrideRecord& record,
                   policy::Action effective_action) {
  const auto& rule = record.rule;
  json.BeginObject().Field("id", rule.id).Field("policy_id", rule.policy_id);
  json.Field("policy_uuid", record.policy_uuid);
  json.Field("policy_type", policy_admin::ToString(record.kind));
  json.Field("tier", policy::ToString(rule.tier));
  json.Field("organization_id", record.org.str());
  if (!record.tenant.empty()) json.Field("tenant_id", record.tenant.str());
  json.Field("action_override", policy::ToString(rule.action ? *rule.action : effective_action));
  if (rule.enabled) json.Field("enabled_override", *rule.enabled);
  json.Field("override_reason", record.reason).Field("active", !record.ExpiredAt(Now()));
  if (rule.expires_at) json.Field("expires_at", FormatRfc3339(*rule.expires_at));
  json.Field("version", rule.version);
  json.Field("created_by", record.created_by);
  json.Field("created_at", FormatRfc3339(record.created_at));
  WriteOptional(json, "updated_by", record.updated_by);
  json.Field("updated_at", FormatRfc3339(record.updated_at));
  json.EndObject();
}

void WriteVersions(JsonWriter& json, std::string_view policy_id,
                   const std::vector<policy_admin::PolicyVersion>& versions, ChangeWords words) {
  json.BeginObject().Field("policy_id", policy_id).Key("versions").BeginArray();
  for (const auto& version : versions) {
    json.BeginObject().Field("id", version.id).Field("policy_id", version.policy_uuid);
    json.Field("version", version.version).Key("snapshot").Raw(version.snapshot);
    json.Field("change_type", ChangeWord(version.change_type, words));
    json.Field("change_summary", version.summary).Field("changed_by", version.changed_by);
    json.Field("changed_at", FormatRfc3339(version.changed_at)).EndObject();
  }
  json.EndArray().Field("count", static_cast<std::uint64_t>(versions.size())).EndObject();
}

}  // namespace axonflow::api

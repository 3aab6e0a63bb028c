#pragma once

#include "base/json_writer.h"
#include "policy_admin/policy_directory.h"

namespace axonflow::api {

// Policies, their versions and overrides in the shapes of the wire.

// `overrides` may be null: nobody overrides the policy.
void WriteStaticPolicy(JsonWriter& json, const policy_admin::StaticRecord& record,
                       const policy_admin::OverrideRecord* override);
// The entry of an effective view: action and enabled are what the overrides make of them.
void WriteEffectiveStatic(JsonWriter& json, const policy_admin::EffectiveStatic& entry);
void WriteDynamicPolicy(JsonWriter& json, const policy_admin::DynamicRecord& record);
void WriteEffectiveDynamic(JsonWriter& json, const policy_admin::EffectiveDynamic& entry);

// `effective_action` is what clients get that need an action where only `enabled` was overridden.
void WriteOverride(JsonWriter& json, const policy_admin::OverrideRecord& record,
                   policy::Action effective_action);

// The two families of routes spell the types of a change differently.
enum class ChangeWords { kPast, kPresent };  // "created", "create"
void WriteVersions(JsonWriter& json, std::string_view policy_id,
                   const std::vector<policy_admin::PolicyVersion>& versions, ChangeWords words);

// The override that is shown where one is: the tenant's, else the organization's.
const policy_admin::OverrideRecord* ShownOverride(const policy_admin::OverrideState& state);

void WriteTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts);

}  // namespace axonflow::api

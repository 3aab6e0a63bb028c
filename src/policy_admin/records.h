#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "policy/dynamic/dynamic_policy.h"
#include "policy/override.h"
#include "policy/posture.h"
#include "policy/types.h"

namespace axonflow::policy_admin {

enum class PolicyKind : std::uint8_t { kStatic, kDynamic };
std::string_view ToString(PolicyKind kind);  // "static", "dynamic"

// Who asks. Built by the endpoint from the principal, never from a body.
struct Actor {
  OrgId org;
  TenantId tenant;   // never empty
  std::string user;  // e-mail, or whatever names the person or client in the audit
  // May write what belongs to the whole organization: its policies, overrides and posture.
  bool organization_authority = false;
  // May see and revoke the session overrides of other users of the tenant.
  bool is_admin = false;
};

// Where a row stands and what happened to it. System policies have no organization, no tenant, no
// authors, and kSystemPoliciesSince as both times.
struct RowFacts {
  std::string uuid;  // lower case; of a system policy derived from its slug (SystemPolicyUuid)
  OrgId org;
  TenantId tenant;  // empty for the organization tier
  std::vector<std::string> tags;
  std::string metadata = "{}";  // a JSON object, kept as it was written
  Time created_at;
  Time updated_at;
  std::string created_by;
  std::string updated_by;
  std::optional<Time> deleted_at;
};

// The day of the first catalogue (2026-01-01), the created_at of system policies.
inline constexpr Time kSystemPoliciesSince{
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::January / 1}};

// An administrator's override of one policy by one scope; at most one live row for each pair.
struct OverrideRecord {
  policy::AdminOverride rule;  // id, policy_id (slug), tier, action, enabled, expires_at, version
  PolicyKind kind = PolicyKind::kStatic;
  std::string policy_uuid;
  OrgId org;
  TenantId tenant;  // empty for an override of the organization
  std::string reason;
  Time created_at;
  Time updated_at;
  std::string created_by;
  std::string updated_by;

  bool ExpiredAt(Time now) const { return rule.expires_at && *rule.expires_at <= now; }
};

struct StaticRecord : RowFacts {
  policy::Policy policy;  // policy.id is the slug; policy.tier the tier
};

struct DynamicRecord : RowFacts {
  policy::DynamicPolicy policy;  // policy.policy.id is the slug
  // `conditions` and `actions` as JSON arrays in the shape of the wire, for answers and snapshots.
  std::string conditions_json = "[]";
  std::string actions_json = "[]";
};

// The overrides that touch a policy for the actor's tenant, and what they come to.
struct OverrideState {
  std::optional<OverrideRecord> of_tenant;
  std::optional<OverrideRecord> of_organization;
  std::optional<policy::Action> action;  // what the two together demand; absent: no opinion
  std::optional<bool> enabled;
  // Of the override that decided, the tenant's first: for views that show one of each.
  std::optional<Time> expires_at;
  std::string reason;

  bool any() const { return of_tenant || of_organization; }
};

// One line of the listing of everything that applies to a tenant.
struct EffectiveStatic {
  StaticRecord record;
  OverrideState overrides;
  policy::Action action;  // stored action, or what the overrides make of it (posture aside)
  bool enabled;
};
struct EffectiveDynamic {
  DynamicRecord record;
  OverrideState overrides;
  policy::Action action;
  bool enabled;
};

struct EffectiveView {
  std::vector<EffectiveStatic> static_policies;  // system, organization, tenant; then priority
  std::vector<EffectiveDynamic> dynamic_policies;
  Time computed_at;
};

enum class ChangeType : std::uint8_t { kCreated, kUpdated, kDeleted, kEnabled, kDisabled };
std::string_view ToString(ChangeType type);  // "created", "updated", ...

struct PolicyVersion {
  std::string id;  // "<uuid of the policy>:<version>"
  std::string policy_uuid;
  int version = 1;
  std::string snapshot;  // a JSON object with the names of the wire's StaticPolicy/PolicyResource
  ChangeType change_type = ChangeType::kCreated;
  std::string summary;  // "action: log -> block; priority: 50 -> 90"
  std::string changed_by;
  Time changed_at;
};

// A user's way past one policy for a while (break-glass).
struct SessionOverrideRecord {
  policy::SessionOverride rule;  // policy_id is the slug
  PolicyKind kind = PolicyKind::kStatic;
  std::string policy_uuid;
  std::string requested_policy;  // as the request named it: uuid, slug or name
  OrgId org;
  TenantId tenant;
  std::string reason;
  std::string created_by;
  std::optional<Time> revoked_at;
  std::string revoked_by;
  std::int64_t ttl_seconds = 0;  // that it got
};

enum class Clamp : std::uint8_t { kNone, kExceedsHardCap, kBelowMinimum };
std::string_view ToString(Clamp clamp);  // "", "exceeds_hard_cap", "below_minimum"

// An organization's action for one group of categories, in place of the deployment's.
struct PostureEntry {
  policy::PostureGroup group = policy::PostureGroup::kPii;
  policy::Action action = policy::Action::kLog;
  std::string reason;
  std::string updated_by;
  Time updated_at;
};

// One application of a template.
struct TemplateUse {
  std::string id;  // uuid
  std::string template_id;
  std::string template_name;
  std::string policy_uuid;  // what came of it
  std::string used_by;
  Time used_at;
};

struct TemplateStatistic {
  std::string template_id;
  std::string template_name;
  std::int64_t usage_count = 0;
  Time last_used_at;
};

// The uuid under which the interfaces know a system policy: the first 128 bits of the SHA-256 of
// the kind and the slug, in the form of a version 8 UUID (RFC 9562, section 5.8).
std::string SystemPolicyUuid(PolicyKind kind, std::string_view slug);

}  // namespace axonflow::policy_admin

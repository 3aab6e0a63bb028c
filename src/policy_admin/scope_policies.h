#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "policy/dynamic/dynamic_set.h"
#include "policy/override.h"
#include "policy/policy_set.h"
#include "policy_admin/records.h"
#include "store/database.h"

namespace axonflow::policy_admin {

// What one scope, an organization or a tenant, adds to views. Immutable.
struct ScopePolicies {
  std::int64_t generation = 0;
  std::shared_ptr<const policy::PolicySet> static_policies;    // null when it has none
  std::shared_ptr<const policy::DynamicSet> dynamic_policies;  // null when it has none
  std::vector<policy::AdminOverride> overrides;
  std::vector<policy::SessionOverride> session_overrides;  // tenants only
  std::vector<PostureEntry> posture;                       // organizations only
  // uuid and version of each policy: sets with the same marks are the same.
  std::string static_marks;
  std::string dynamic_marks;
};

// Reads and compiles a scope; `owner` empty means the organization itself. Everything is of one
// moment. Takes the sets of `previous` (may be null) where their policies have not changed. Fails
// when the store or any policy cannot be read: a view without one would allow too much.
Result<std::shared_ptr<const ScopePolicies>> LoadScope(store::Database& database, const OrgId& org,
                                                       const TenantId& owner,
                                                       const ScopePolicies* previous);

}  // namespace axonflow::policy_admin

#pragma once

#include <string>
#include <vector>

#include "governance/policy_views.h"
#include "policy/override.h"
#include "policy_admin/outcome.h"
#include "policy_admin/requests.h"

namespace axonflow::policy_admin {

// A change of a tenant's policies that is only supposed.
struct Draft {
  DesiredSet policies = {};               // take the place of those with the same slug, or join
  std::vector<std::string> removed = {};  // slugs of own policies that are left out
  std::vector<policy::AdminOverride> overrides =
      {};  // of system policies: by slug, action, enabled
};

// `current` as it would be after the draft. Nothing is written. Refuses a draft with invalid
// policies (every problem is named), and one that removes or overrides what is not there.
Outcome<governance::View> DraftView(const policy::PolicyView& current, const Draft& draft);

}  // namespace axonflow::policy_admin

#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "policy/types.h"

namespace axonflow::policy {

// What an administrator of an organization or a tenant decided about a policy that is not theirs.
// The two attributes are independent; an absent one says nothing.
struct AdminOverride {
  std::string id;
  std::string policy_id;      // slug of a static policy, id of a dynamic one
  Tier tier = Tier::kTenant;  // kOrganization or kTenant: whose decision it is
  std::optional<Action> action;
  std::optional<bool> enabled;
  std::optional<Time> expires_at;  // at and after this moment it says nothing
  int version = 1;
};

// A user's own, time-boxed way past one policy (break-glass). It turns a stop into an allow, never
// the reverse, and never for a policy whose risk is critical or that allows no override.
struct SessionOverride {
  std::string id;
  std::string policy_id;
  std::string user_email;      // never empty
  std::string tool_signature;  // empty: any tool
  Time created_at;
  Time expires_at;
};

}  // namespace axonflow::policy

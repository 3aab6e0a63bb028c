#pragma once

#include "audit/record.h"
#include "policy/resolver.h"
#include "policy/types.h"

namespace axonflow::governance {

// A match as the record keeps it: without the description, which is the catalogue's, long, and
// looked up again when somebody asks.
inline audit::PolicyMatch ToPolicyMatch(const policy::Policy& policy, const policy::Match& match) {
  audit::PolicyMatch out;
  out.policy_id = policy.id;
  out.policy_name = policy.name;
  out.category = policy.category;
  out.action = policy::ToString(match.action);
  out.severity = policy::ToString(policy.severity);
  out.risk_level = policy::ToString(policy.risk_level);
  out.version = policy.version;
  out.allow_override = policy.allow_override;
  out.count = match.count;
  return out;
}

}  // namespace axonflow::governance

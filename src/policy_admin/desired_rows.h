#pragma once

#include <vector>

#include "policy_admin/outcome.h"
#include "policy_admin/policy_row.h"
#include "policy_admin/requests.h"

namespace axonflow::policy_admin {

// The rows that a desired set describes, with every absent member at its default and neither uuid
// nor times; static policies first. Reports every problem as "static_policies[2].pattern", among
// them slugs that are absent or stand twice and tiers that are not `tier`.
Outcome<std::vector<PolicyRow>> RowsOf(const DesiredSet& desired, policy::Tier tier);

// What turns one row into another.
struct PlannedChange {
  DiffEntry entry;
  PolicyRow before;  // of kUpdate, kDelete and kUnchanged
  PolicyRow after;   // of all; of kDelete without deleted_at
};

// Compares living rows of one owner with wanted ones, by kind and slug.
std::vector<PlannedChange> Compare(const std::vector<PolicyRow>& living,
                                   const std::vector<PolicyRow>& wanted, bool delete_absent);

}  // namespace axonflow::policy_admin

#pragma once

#include "base/result.h"
#include "policy_admin/policy_row.h"
#include "store/database.h"

// One change of one policy with its version row, inside a transaction.
namespace axonflow::policy_admin {

Status WriteNewPolicy(store::Transaction& transaction, const PolicyRow& row);
Status WriteChangedPolicy(store::Transaction& transaction, const PolicyRow& before,
                          const PolicyRow& after);
// `after` carries deleted_at and the next version. What was overridden about it goes too.
Status WriteDeletedPolicy(store::Transaction& transaction, const PolicyRow& after);

// "custom_" or "dyn_" and 12 random hex digits.
std::string NewSlug(PolicyKind kind);

// The version row's content for a policy as it is.
PolicyVersion VersionOf(const PolicyRow& row, ChangeType type, std::string summary);

}  // namespace axonflow::policy_admin

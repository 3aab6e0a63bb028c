#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy_admin/records.h"
#include "store/database.h"

// The statements about what else belongs to a scope: its count of changes, the posture of an
// organization, uses of templates.
namespace axonflow::policy_admin {

struct ScopeGeneration {
  OrgId org;
  TenantId owner;  // empty: the organization itself
  std::int64_t generation = 0;
};

// Counts one change of the scope and returns the number that it has then.
Result<std::int64_t> BumpGeneration(store::Transaction& transaction, const OrgId& org,
                                    const TenantId& owner);
// 0 for a scope that never had anything.
Result<std::int64_t> FindGeneration(store::Transaction& transaction, const OrgId& org,
                                    const TenantId& owner);
// Of all organizations.
Result<std::vector<ScopeGeneration>> SelectGenerations(store::Transaction& transaction);

Status UpsertPosture(store::Transaction& transaction, const OrgId& org, const PostureEntry& entry);
// Fails with kCorrupt on a group or an action that this program does not know.
Result<std::vector<PostureEntry>> SelectPosture(store::Transaction& transaction, const OrgId& org);
Result<bool> DeletePostureRow(store::Transaction& transaction, const OrgId& org,
                              policy::PostureGroup group);

Status InsertTemplateUse(store::Transaction& transaction, const OrgId& org, const TenantId& tenant,
                         const TemplateUse& use);
// Most used first.
Result<std::vector<TemplateStatistic>> SelectTemplateStatistics(store::Transaction& transaction,
                                                                const OrgId& org,
                                                                const TenantId& tenant);

}  // namespace axonflow::policy_admin

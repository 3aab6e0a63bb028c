#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy_admin/policy_row.h"
#include "store/database.h"

// The statements about policies and their versions, one a function. An owner is a tenant, or, with
// an empty tenant id, the organization.
namespace axonflow::policy_admin {

// The tenant_id of rows that belong to the organization itself; no tenant can be called so.
inline constexpr std::string_view kOrganizationOwner = "*";
std::string OwnerOf(const TenantId& tenant);
TenantId TenantOf(std::string_view owner);

Status InsertPolicy(store::Transaction& transaction, const PolicyRow& row);
// Writes every column of the row but its key and how it was created.
Status UpdatePolicy(store::Transaction& transaction, const PolicyRow& row);

// A living policy that the tenant sees, by uuid or slug; the tenant's own before the
// organization's.
Result<std::optional<PolicyRow>> FindPolicy(store::Transaction& transaction, const OrgId& org,
                                            const TenantId& tenant, PolicyKind kind,
                                            std::string_view id);
// Living policies of the tenant and of its organization, oldest first.
Result<std::vector<PolicyRow>> SelectVisiblePolicies(store::Transaction& transaction,
                                                     const OrgId& org, const TenantId& tenant,
                                                     PolicyKind kind);
// Living policies of one owner, by slug.
Result<std::vector<PolicyRow>> SelectOwnPolicies(store::Transaction& transaction, const OrgId& org,
                                                 const TenantId& owner, PolicyKind kind);
Result<std::int64_t> CountOwnPolicies(store::Transaction& transaction, const OrgId& org,
                                      const TenantId& owner, PolicyKind kind);
// Whether a living policy that shares a view with those of `owner` has this slug already.
Result<bool> IsSlugTaken(store::Transaction& transaction, const OrgId& org, const TenantId& owner,
                         std::string_view slug);

Status InsertVersion(store::Transaction& transaction, const PolicyRow& row,
                     const PolicyVersion& version);
// Newest first.
Result<std::vector<PolicyVersion>> SelectVersions(store::Transaction& transaction, const OrgId& org,
                                                  const TenantId& owner, std::string_view uuid,
                                                  std::size_t limit);

}  // namespace axonflow::policy_admin

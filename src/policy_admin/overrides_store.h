#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy_admin/records.h"
#include "store/database.h"

// The statements about overrides by administrators and by users, one a function.
namespace axonflow::policy_admin {

// Replaces the row that the same scope has for the same policy.
Status UpsertOverride(store::Transaction& transaction, const OverrideRecord& record);
// Whether there was one.
Result<bool> DeleteOverrideRow(store::Transaction& transaction, const OrgId& org,
                               const TenantId& owner, std::string_view policy_slug);
// Of the tenant and its organization, newest first.
Result<std::vector<OverrideRecord>> SelectVisibleOverrides(store::Transaction& transaction,
                                                           const OrgId& org,
                                                           const TenantId& tenant);
Result<std::vector<OverrideRecord>> SelectOwnOverrides(store::Transaction& transaction,
                                                       const OrgId& org, const TenantId& owner);
// Removes what expired before `time`.
Status DeleteOverridesExpiredBefore(store::Transaction& transaction, const OrgId& org,
                                    const TenantId& owner, Time time);

Status InsertSessionOverride(store::Transaction& transaction, const SessionOverrideRecord& record);
// Newest first. An empty user or policy_uuid means any; `living_at` leaves out what is revoked or
// expired then.
struct SessionOverrideFilter {
  std::string user;
  std::string policy_slug;
  bool include_revoked = true;
  std::optional<Time> living_at;
  std::size_t limit = 100;
};
Result<std::vector<SessionOverrideRecord>> SelectSessionOverrides(
    store::Transaction& transaction, const OrgId& org, const TenantId& tenant,
    const SessionOverrideFilter& filter);
Result<std::optional<SessionOverrideRecord>> FindSessionOverride(store::Transaction& transaction,
                                                                 const OrgId& org,
                                                                 const TenantId& tenant,
                                                                 std::string_view id);
Result<std::int64_t> CountLivingSessionOverrides(store::Transaction& transaction, const OrgId& org,
                                                 const TenantId& tenant, Time now);
// Whether it was there and not revoked.
Result<bool> MarkSessionOverrideRevoked(store::Transaction& transaction, const OrgId& org,
                                        const TenantId& tenant, std::string_view id, Time at,
                                        const std::string& by);
Status DeleteSessionOverridesExpiredBefore(store::Transaction& transaction, const OrgId& org,
                                           const TenantId& tenant, Time time);

// What goes with a policy that is deleted: overrides of it, in every scope of the organization.
// Returns the owners that had any.
Result<std::vector<TenantId>> OwnersOfOverridesOn(store::Transaction& transaction, const OrgId& org,
                                                  std::string_view policy_uuid);
Status DeleteOverridesOn(store::Transaction& transaction, const OrgId& org,
                         std::string_view policy_uuid);
Status RevokeSessionOverridesOn(store::Transaction& transaction, const OrgId& org,
                                std::string_view policy_uuid, Time at, const std::string& by);

}  // namespace axonflow::policy_admin

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy_admin/outcome.h"
#include "policy_admin/policy_row.h"
#include "policy_admin/records.h"
#include "policy_admin/requests.h"

// Rules of the directory that need no store.
namespace axonflow::policy_admin {

Refusal Denied(Reason reason, std::string message);
Refusal NoSuchPolicy();

// Why `actor` may not write rows of this tier; nothing when he may.
std::optional<Refusal> WhyNotWritable(const Actor& actor, policy::Tier tier);
// The owner of rows of that tier: the actor's tenant, or empty for the organization.
TenantId OwnerFor(const Actor& actor, policy::Tier tier);

bool Fits(const PolicyRow& row, const ListQuery& query);
bool ComesBefore(const PolicyRow& a, const PolicyRow& b, const ListQuery& query);

// Whether administrators and users may make the policy weaker for themselves.
bool MayBeWeakened(const policy::Policy& policy);

// What the overrides of the two scopes, as far as they have not expired, come to for `policy`: the
// rule of policy::StandingOf, with the stored action in place of the posture's.
OverrideState Combine(const policy::Policy& policy, std::optional<OverrideRecord> of_tenant,
                      std::optional<OverrideRecord> of_organization, Time now);

// Problems of the fields of an override.
std::vector<FieldProblem> ReadOverrideChange(const OverrideChange& change, Time now,
                                             policy::AdminOverride& rule);

}  // namespace axonflow::policy_admin

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "policy/dynamic/dynamic_set.h"
#include "policy/policy_set.h"
#include "policy_admin/outcome.h"
#include "policy_admin/policy_row.h"
#include "policy_admin/records.h"
#include "policy_admin/requests.h"
#include "store/database.h"

namespace axonflow::policy_admin {

struct PlannedChange;  // desired_rows.h

// How many policies an organization and each of its tenants may have; 0 = as many as they like, up
// to kScopePoliciesMax.
struct Limits {
  std::size_t tenant_policies_max = 0;
  std::size_t organization_policies_max = 0;
};

// Living policies of one kind in one scope.
inline constexpr std::size_t kScopePoliciesMax = policy::DynamicSet::kPoliciesMax;
// Living session overrides of one tenant.
inline constexpr std::size_t kLiveSessionOverridesMax = 10'000;
inline constexpr std::size_t kVersionsMax = 100;          // that Versions returns
inline constexpr std::size_t kSessionOverridesMax = 100;  // that a listing returns
inline constexpr std::size_t kImportMax = 100;
inline constexpr std::size_t kDesiredMax = 2'000;  // policies of a DesiredSet

// The policies that come with the program. Both sets are those of the views.
struct SystemPolicies {
  std::shared_ptr<const policy::PolicySet> static_policies;
  std::shared_ptr<const policy::DynamicSet> dynamic_policies;  // may be null
};

// Is told after a commit whose policies changed, before the call that wrote returns.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  // `tenant` empty: what the organization has for all its tenants. `generation` counts the changes
  // of that scope (table policy_scopes).
  virtual void PoliciesChanged(const OrgId& org, const TenantId& tenant,
                               std::int64_t generation) = 0;
};

// Policies, their versions, overrides and the posture of organizations, as their owners manage
// them. Every call blocks on the store: call it on the blocking pool. Thread-safe.
//
// An actor sees the system policies, those of the organization and those of the tenant; what is
// another's does not exist for him (kNotFound). A policy is named by uuid or by slug; of two with
// the same slug the tenant's comes first, then the organization's, then the system's. Changes of
// system policies fail with kPermissionDenied and Reason::kSystemTier, those of the organization
// without authority over it with kForeignTier. A change that says what is so already makes no
// version and returns the row. Each write is one transaction with its version row.
class PolicyDirectory {
 public:
  // `listener` may be null (command line).
  PolicyDirectory(store::Database& database, SystemPolicies system, Limits limits,
                  ChangeListener* listener);

  // --- static policies
  Outcome<StaticRecord> CreateStatic(const Actor& actor, const StaticChange& change);
  Outcome<StaticRecord> UpdateStatic(const Actor& actor, std::string_view id,
                                     const StaticChange& change);
  Outcome<StaticRecord> DeleteStatic(const Actor& actor, std::string_view id);  // as it was
  Outcome<StaticRecord> GetStatic(const Actor& actor, std::string_view id);
  Outcome<Page<StaticRecord>> ListStatic(const Actor& actor, const ListQuery& query);
  // Newest first. A system policy has its one version, made up from the catalogue.
  Outcome<std::vector<PolicyVersion>> StaticVersions(const Actor& actor, std::string_view id,
                                                     std::size_t limit = kVersionsMax);

  // --- dynamic policies
  Outcome<DynamicRecord> CreateDynamic(const Actor& actor, const DynamicChange& change);
  Outcome<DynamicRecord> UpdateDynamic(const Actor& actor, std::string_view id,
                                       const DynamicChange& change);
  Outcome<DynamicRecord> DeleteDynamic(const Actor& actor, std::string_view id);
  Outcome<DynamicRecord> GetDynamic(const Actor& actor, std::string_view id);
  Outcome<Page<DynamicRecord>> ListDynamic(const Actor& actor, const ListQuery& query);
  Outcome<std::vector<PolicyVersion>> DynamicVersions(const Actor& actor, std::string_view id,
                                                      std::size_t limit = kVersionsMax);
  // Matches by name among the tenant's own. All rows are validated before the first is written; a
  // bad one refuses all, with fields "policies[3].name". 1 to kImportMax rows. A name that exists
  // counts as skipped, updated or failed, by the mode.
  Outcome<ImportReport> ImportDynamic(const Actor& actor, const std::vector<DynamicChange>& rows,
                                      ImportMode mode);

  // --- everything that applies
  // All tiers, disabled policies too (the caller filters), with the overrides of the actor's tenant
  // and organization. Sorted system, organization, tenant; then priority descending, then slug.
  Outcome<EffectiveView> Effective(const Actor& actor);
  // The overrides that touch one policy; empty when there is none or no such policy.
  Outcome<OverrideState> OverridesOf(const Actor& actor, PolicyKind kind, std::string_view slug);

  // --- overrides by administrators (policies of the system, and for a tenant those of its
  // organization). `tier` says for whom: kTenant, or kOrganization, which needs the authority.
  // Sets, or replaces (version + 1), the one override of that scope; `created` tells which.
  struct OverrideSet {
    OverrideRecord record;
    bool created = true;
  };
  Outcome<OverrideSet> SetOverride(const Actor& actor, PolicyKind kind, std::string_view policy,
                                   policy::Tier tier, const OverrideChange& change);
  // The tenant's, else the organization's; kNotFound when neither exists or both have expired.
  Outcome<OverrideRecord> GetOverride(const Actor& actor, PolicyKind kind, std::string_view policy);
  Outcome<OverrideRecord> DeleteOverride(const Actor& actor, PolicyKind kind,
                                         std::string_view policy, policy::Tier tier);
  // Of the tenant and its organization, newest first.
  Outcome<std::vector<OverrideRecord>> ListOverrides(const Actor& actor, bool include_expired);

  // --- session overrides. `actor.user` is the user they are for; never empty (kUnauthenticated).
  // kPermissionDenied with kNotOverridable for a policy of critical risk or without allow_override.
  Outcome<SessionOverrideGrant> CreateSessionOverride(const Actor& actor,
                                                      const SessionOverrideRequest& request);
  // Newest first, at most kSessionOverridesMax; the user's own, or all of the tenant for an admin.
  Outcome<std::vector<SessionOverrideRecord>> ListSessionOverrides(
      const Actor& actor, const SessionOverrideQuery& query);
  Outcome<SessionOverrideRecord> GetSessionOverride(const Actor& actor, std::string_view id);
  // kNotFound also when it is revoked already, or another user's and the actor is no admin.
  Outcome<SessionOverrideRecord> RevokeSessionOverride(const Actor& actor, std::string_view id);

  // --- posture of the organization
  Outcome<std::vector<PostureEntry>> GetPosture(const Actor& actor);  // in order of group
  // `action` as the group's variable takes it (posture.h); needs organization_authority.
  Outcome<PostureEntry> SetPosture(const Actor& actor, std::string_view group,
                                   std::string_view action, std::string_view reason);
  Outcome<PostureEntry> DeletePosture(const Actor& actor, std::string_view group);

  // --- templates
  Outcome<TemplateUse> RecordTemplateUse(const Actor& actor, std::string_view template_id,
                                         std::string_view template_name,
                                         std::string_view policy_uuid);
  Outcome<std::vector<TemplateStatistic>> TemplateStatistics(const Actor& actor);

  // --- policy as code: the own policies of the tenant (kTenant) or of the organization
  Outcome<OwnedPolicies> Export(const Actor& actor, policy::Tier tier);
  // What Apply would do. Writes nothing. Problems are named "static_policies[2].pattern".
  Outcome<Diff> Plan(const Actor& actor, policy::Tier tier, const DesiredSet& desired);
  // Does it in one transaction: all of it or nothing. An absent member of a row means its default
  // here, also for a policy that exists, so that the set says everything.
  Outcome<Diff> Apply(const Actor& actor, policy::Tier tier, const DesiredSet& desired);

 private:
  // What one transaction changed.
  struct Changes {
    std::vector<TenantId> owners;    // scopes whose views it concerns; empty id: the organization
    std::optional<Refusal> refusal;  // why the body gave up, when it was not the store

    void Touch(const TenantId& owner);
    Status Refuse(Refusal why);
  };
  using Body = std::function<Status(store::Transaction&, Changes&)>;
  using ReadFields = std::function<std::vector<FieldProblem>(PolicyRow&)>;

  // Runs `body` in one transaction of the owner's scope, counts the change of every scope it
  // touched and tells the listener. Nothing when all went well.
  std::optional<Refusal> Commit(const OrgId& org, const TenantId& owner, const Body& body);

  const PolicyRow* FindSystem(PolicyKind kind, std::string_view id) const;
  Outcome<PolicyRow> Create(const Actor& actor, PolicyRow row, bool slug_given);
  Outcome<PolicyRow> Update(const Actor& actor, PolicyKind kind, std::string_view id,
                            const ReadFields& read_fields);
  Outcome<PolicyRow> Delete(const Actor& actor, PolicyKind kind, std::string_view id);
  Outcome<PolicyRow> Get(const Actor& actor, PolicyKind kind, std::string_view id);
  // Get, and refuses what the actor may not change.
  Outcome<PolicyRow> GetForWrite(const Actor& actor, PolicyKind kind, std::string_view id);
  // System policies first when asked for, then the organization's and the tenant's.
  Outcome<std::vector<PolicyRow>> Rows(const Actor& actor, PolicyKind kind, bool include_system);
  Outcome<Page<PolicyRow>> List(const Actor& actor, PolicyKind kind, const ListQuery& query);
  Outcome<std::vector<PolicyVersion>> Versions(const Actor& actor, PolicyKind kind,
                                               std::string_view id, std::size_t limit);
  Outcome<PolicyRow> FindByAnyName(const Actor& actor, PolicyKind kind, std::string_view name);
  Status CheckLimit(store::Transaction& transaction, const OrgId& org, const TenantId& owner,
                    PolicyKind kind, Changes& changes) const;
  Status WritePlanned(store::Transaction& transaction, const Actor& actor, const TenantId& owner,
                      PlannedChange& change, Changes& changes) const;
  Status ImportRow(store::Transaction& transaction, const Actor& actor, PolicyRow row,
                   PolicyRow* existing, ImportMode mode, ImportReport& report,
                   Changes& changes) const;

  store::Database& database_;
  const SystemPolicies system_;
  const Limits limits_;
  ChangeListener* const listener_;
  std::vector<PolicyRow> system_rows_;  // static, then dynamic
};

}  // namespace axonflow::policy_admin

#include "policy_admin/scope_policies.h"

#include <algorithm>
#include <utility>

#include "policy_admin/overrides_store.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/scopes_store.h"

namespace axonflow::policy_admin {
namespace {

struct Stored {
  std::vector<PolicyRow> static_rows;
  std::vector<PolicyRow> dynamic_rows;
};

Status ReadOverrides(store::Transaction& transaction, const OrgId& org, const TenantId& owner,
                     Time now, ScopePolicies& scope) {
  auto overrides = SelectOwnOverrides(transaction, org, owner);
  if (!overrides) return overrides.error();
  for (OverrideRecord& each : *overrides) {
    if (!each.ExpiredAt(now)) scope.overrides.push_back(std::move(each.rule));
  }
  if (owner.empty()) return {};
  SessionOverrideFilter filter;
  filter.living_at = now;
  filter.limit = kLiveSessionOverridesMax;
  auto sessions = SelectSessionOverrides(transaction, org, owner, filter);
  if (!sessions) return sessions.error();
  for (SessionOverrideRecord& each : *sessions) {
    scope.session_overrides.push_back(std::move(each.rule));
  }
  return {};
}

Status ReadAll(store::Transaction& transaction, const OrgId& org, const TenantId& owner,
               Stored& stored, ScopePolicies& scope) {
  const auto generation = FindGeneration(transaction, org, owner);
  if (!generation) return generation.error();
  scope.generation = *generation;
  auto static_rows = SelectOwnPolicies(transaction, org, owner, PolicyKind::kStatic);
  if (!static_rows) return static_rows.error();
  stored.static_rows = std::move(*static_rows);
  auto dynamic_rows = SelectOwnPolicies(transaction, org, owner, PolicyKind::kDynamic);
  if (!dynamic_rows) return dynamic_rows.error();
  stored.dynamic_rows = std::move(*dynamic_rows);
  if (owner.empty()) {
    auto posture = SelectPosture(transaction, org);
    if (!posture) return posture.error();
    scope.posture = std::move(*posture);
  }
  return ReadOverrides(transaction, org, owner, Now(), scope);
}

std::string MarksOf(const std::vector<PolicyRow>& rows) {
  std::string marks;
  for (const PolicyRow& row : rows) {
    marks += row.uuid + ":" + std::to_string(row.policy.version) + "\n";
  }
  return marks;
}

Status CompileStatic(std::vector<PolicyRow> rows, const ScopePolicies* previous,
                     ScopePolicies& scope) {
  scope.static_marks = MarksOf(rows);
  if (rows.empty()) return {};
  if (previous != nullptr && previous->static_marks == scope.static_marks) {
    scope.static_policies = previous->static_policies;
    return {};
  }
  std::vector<policy::Policy> policies;
  policies.reserve(rows.size());
  for (PolicyRow& row : rows) {
    // Texts that try a pattern are for those who write it.
    row.policy.must_match.clear();
    row.policy.must_not_match.clear();
    policies.push_back(std::move(row.policy));
  }
  auto set = policy::PolicySet::Compile(std::move(policies), policy::PolicySet::Kind::kCustom);
  if (!set) return set.error();
  scope.static_policies = std::move(*set);
  return {};
}

Status CompileDynamic(std::vector<PolicyRow> rows, const ScopePolicies* previous,
                      ScopePolicies& scope) {
  scope.dynamic_marks = MarksOf(rows);
  if (rows.empty()) return {};
  if (previous != nullptr && previous->dynamic_marks == scope.dynamic_marks) {
    scope.dynamic_policies = previous->dynamic_policies;
    return {};
  }
  std::vector<policy::DynamicPolicy> policies;
  policies.reserve(rows.size());
  for (PolicyRow& row : rows) {
    auto record = ToDynamicRecord(std::move(row));
    if (!record) return record.error();
    policy::DeriveFromActions(record->policy);
    policies.push_back(std::move(record->policy));
  }
  auto set = policy::DynamicSet::Compile(std::move(policies));
  if (!set) return set.error();
  scope.dynamic_policies = std::move(*set);
  return {};
}

}  // namespace

Result<std::shared_ptr<const ScopePolicies>> LoadScope(store::Database& database, const OrgId& org,
                                                       const TenantId& owner,
                                                       const ScopePolicies* previous) {
  const auto where =
      owner.empty() ? store::OrgScope::OrgWide(org) : store::OrgScope::ForTenant(org, owner);
  if (!where) return where.error();
  auto scope = std::make_shared<ScopePolicies>();
  Stored stored;
  const Status read = database.Read(*where, [&](store::Transaction& transaction) {
    return ReadAll(transaction, org, owner, stored, *scope);
  });
  if (!read) return read.error();
  if (auto done = CompileStatic(std::move(stored.static_rows), previous, *scope); !done) {
    return done.error();
  }
  if (auto done = CompileDynamic(std::move(stored.dynamic_rows), previous, *scope); !done) {
    return done.error();
  }
  return std::shared_ptr<const ScopePolicies>(std::move(scope));
}

}  // namespace axonflow::policy_admin

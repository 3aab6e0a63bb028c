#include "policy_admin/policy_directory.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy_admin/directory_rules.h"
#include "policy_admin/directory_writes.h"
#include "policy_admin/overrides_store.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/policy_fields.h"
#include "policy_admin/scopes_store.h"

namespace axonflow::policy_admin {
namespace {

// How often a change is made before the store's lock is taken, when somebody else changed the same
// policy in between. The last attempt makes it under the lock, where nobody comes between.
constexpr int kAttemptsMax = 3;

PolicyRow SystemRow(PolicyKind kind, const policy::Policy& policy) {
  PolicyRow row;
  row.kind = kind;
  row.policy = policy;
  row.uuid = SystemPolicyUuid(kind, policy.id);
  row.created_at = kSystemPoliciesSince;
  row.updated_at = kSystemPoliciesSince;
  return row;
}

PolicyRow SystemRow(const policy::DynamicPolicy& policy) {
  PolicyRow row = SystemRow(PolicyKind::kDynamic, policy.policy);
  row.type = policy.type;
  JsonWriter conditions;
  policy::WriteConditions(policy.conditions, conditions);
  row.conditions = std::move(conditions).Take();
  JsonWriter actions;
  policy::WriteActions(policy.actions, actions);
  row.actions = std::move(actions).Take();
  return row;
}

Result<store::OrgScope> ScopeOf(const OrgId& org, const TenantId& owner) {
  return owner.empty() ? store::OrgScope::OrgWide(org) : store::OrgScope::ForTenant(org, owner);
}

}  // namespace

PolicyDirectory::PolicyDirectory(store::Database& database, SystemPolicies system, Limits limits,
                                 ChangeListener* listener)
    : database_(database), system_(std::move(system)), limits_(limits), listener_(listener) {
  for (const auto& policy : system_.static_policies->policies()) {
    system_rows_.push_back(SystemRow(PolicyKind::kStatic, policy));
  }
  if (system_.dynamic_policies == nullptr) return;
  for (const auto& policy : system_.dynamic_policies->policies()) {
    system_rows_.push_back(SystemRow(policy));
  }
}

void PolicyDirectory::Changes::Touch(const TenantId& owner) {
  if (std::ranges::find(owners, owner) == owners.end()) owners.push_back(owner);
}

Status PolicyDirectory::Changes::Refuse(Refusal why) {
  refusal = std::move(why);
  return refusal->error;
}

std::optional<Refusal> PolicyDirectory::Commit(const OrgId& org, const TenantId& owner,
                                               const Body& body) {
  const auto scope = ScopeOf(org, owner);
  if (!scope) return Refusal{scope.error(), Reason::kNone, {}};
  Changes changes;
  std::vector<std::int64_t> generations;
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    if (auto done = body(transaction, changes); !done) return done;
    for (const TenantId& touched : changes.owners) {
      const auto generation = BumpGeneration(transaction, org, touched);
      if (!generation) return generation.error();
      generations.push_back(*generation);
    }
    return {};
  });
  if (!written) {
    if (changes.refusal) return std::move(changes.refusal);
    return Refusal{written.error(), Reason::kNone, {}};
  }
  for (std::size_t i = 0; listener_ != nullptr && i < generations.size(); ++i) {
    listener_->PoliciesChanged(org, changes.owners[i], generations[i]);
  }
  return std::nullopt;
}

const PolicyRow* PolicyDirectory::FindSystem(PolicyKind kind, std::string_view id) const {
  const auto found = std::ranges::find_if(system_rows_, [&](const PolicyRow& row) {
    return row.kind == kind && (row.policy.id == id || row.uuid == id);
  });
  return found == system_rows_.end() ? nullptr : &*found;
}

Outcome<PolicyRow> PolicyDirectory::Get(const Actor& actor, PolicyKind kind, std::string_view id) {
  if (const PolicyRow* row = FindSystem(kind, id)) return *row;
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::optional<PolicyRow> found;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto row = FindPolicy(transaction, actor.org, actor.tenant, kind, id);
    if (!row) return row.error();
    found = std::move(*row);
    return {};
  });
  if (!read) return read.error();
  if (!found) return NoSuchPolicy();
  return std::move(*found);
}

Outcome<PolicyRow> PolicyDirectory::GetForWrite(const Actor& actor, PolicyKind kind,
                                                std::string_view id) {
  auto row = Get(actor, kind, id);
  if (!row) return row;
  if (auto why = WhyNotWritable(actor, row->policy.tier)) return std::move(*why);
  return row;
}

Status PolicyDirectory::CheckLimit(store::Transaction& transaction, const OrgId& org,
                                   const TenantId& owner, PolicyKind kind, Changes& changes) const {
  const auto count = CountOwnPolicies(transaction, org, owner, kind);
  if (!count) return count.error();
  const std::size_t limit =
      owner.empty() ? limits_.organization_policies_max : limits_.tenant_policies_max;
  if (limit > 0 && static_cast<std::size_t>(*count) > limit) {
    return changes.Refuse(Denied(Reason::kPolicyLimit, "at most " + std::to_string(limit) + " " +
                                                           std::string(ToString(kind)) +
                                                           " policies are allowed here"));
  }
  if (static_cast<std::size_t>(*count) > kScopePoliciesMax) {
    return Error{ErrorCode::kTooLarge,
                 "at most " + std::to_string(kScopePoliciesMax) + " policies of a kind"};
  }
  return {};
}

Outcome<PolicyRow> PolicyDirectory::Create(const Actor& actor, PolicyRow row, bool slug_given) {
  if (auto why = WhyNotWritable(actor, row.policy.tier)) return std::move(*why);
  row.org = actor.org;
  row.tenant = OwnerFor(actor, row.policy.tier);
  row.uuid = NewUuid();
  if (!slug_given) row.policy.id = NewSlug(row.kind);
  row.policy.version = 1;
  row.created_at = row.updated_at = Now();
  row.created_by = row.updated_by = actor.user;
  auto refused =
      Commit(row.org, row.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        const auto taken = IsSlugTaken(transaction, row.org, row.tenant, row.policy.id);
        if (!taken) return taken.error();
        if (*taken) {
          return changes.Refuse(
              {Error{ErrorCode::kConflict, "the policy_id '" + row.policy.id + "' is taken"},
               Reason::kDuplicate,
               {}});
        }
        if (auto written = WriteNewPolicy(transaction, row); !written) return written;
        changes.Touch(row.tenant);
        return CheckLimit(transaction, row.org, row.tenant, row.kind, changes);
      });
  if (refused) return std::move(*refused);
  return row;
}

Outcome<PolicyRow> PolicyDirectory::Update(const Actor& actor, PolicyKind kind, std::string_view id,
                                           const ReadFields& read_fields) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto before = GetForWrite(actor, kind, id);
    if (!before) return before;
    PolicyRow after = *before;
    if (auto problems = read_fields(after); !problems.empty()) return Invalid(std::move(problems));
    if (DifferencesOf(*before, after).empty()) return before;
    const bool last = attempt + 1 == kAttemptsMax;
    bool moved = false;
    auto refused = Commit(
        after.org, after.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
          const auto current = FindPolicy(transaction, after.org, after.tenant, kind, after.uuid);
          if (!current) return current.error();
          if (!current->has_value()) return changes.Refuse(NoSuchPolicy());
          moved = (*current)->policy.version != before->policy.version;
          if (moved && !last) return {};
          if (moved) {
            *before = after = **current;
            auto problems = read_fields(after);
            if (!problems.empty()) return changes.Refuse(Invalid(std::move(problems)));
            if (DifferencesOf(*before, after).empty()) return {};
          }
          after.policy.version += 1;
          after.updated_at = Now();
          after.updated_by = actor.user;
          changes.Touch(after.tenant);
          return WriteChangedPolicy(transaction, *before, after);
        });
    if (refused) return std::move(*refused);
    if (!moved || last) return after;
  }
  return Error{ErrorCode::kInternal, "a policy was neither changed nor refused"};
}

Outcome<PolicyRow> PolicyDirectory::Delete(const Actor& actor, PolicyKind kind,
                                           std::string_view id) {
  const auto known = GetForWrite(actor, kind, id);
  if (!known) return known;
  PolicyRow row;
  auto refused = Commit(
      known->org, known->tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        auto current = FindPolicy(transaction, known->org, known->tenant, kind, known->uuid);
        if (!current) return current.error();
        if (!current->has_value()) return changes.Refuse(NoSuchPolicy());
        row = std::move(**current);
        row.policy.version += 1;
        row.updated_at = Now();
        row.updated_by = actor.user;
        row.deleted_at = row.updated_at;
        const auto owners = OwnersOfOverridesOn(transaction, row.org, row.uuid);
        if (!owners) return owners.error();
        changes.Touch(row.tenant);
        for (const TenantId& owner : *owners) changes.Touch(owner);
        return WriteDeletedPolicy(transaction, row);
      });
  if (refused) return std::move(*refused);
  return row;
}

Outcome<std::vector<PolicyRow>> PolicyDirectory::Rows(const Actor& actor, PolicyKind kind,
                                                      bool include_system) {
  std::vector<PolicyRow> rows;
  for (const PolicyRow& row : system_rows_) {
    if (include_system && row.kind == kind) rows.push_back(row);
  }
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto visible = SelectVisiblePolicies(transaction, actor.org, actor.tenant, kind);
    if (!visible) return visible.error();
    std::ranges::move(*visible, std::back_inserter(rows));
    return {};
  });
  if (!read) return read.error();
  return rows;
}

Outcome<Page<PolicyRow>> PolicyDirectory::List(const Actor& actor, PolicyKind kind,
                                               const ListQuery& query) {
  auto rows = Rows(actor, kind, query.include_system);
  if (!rows) return rows.refusal();
  std::erase_if(*rows, [&](const PolicyRow& row) { return !Fits(row, query); });
  std::ranges::sort(
      *rows, [&](const PolicyRow& a, const PolicyRow& b) { return ComesBefore(a, b, query); });
  Page<PolicyRow> page;
  page.total = rows->size();
  const std::size_t first = std::min(query.offset, rows->size());
  const std::size_t count = std::min(query.limit, rows->size() - first);
  const auto begin = rows->begin() + static_cast<std::ptrdiff_t>(first);
  page.rows.assign(std::make_move_iterator(begin),
                   std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
  return page;
}

Outcome<std::vector<PolicyVersion>> PolicyDirectory::Versions(const Actor& actor, PolicyKind kind,
                                                              std::string_view id,
                                                              std::size_t limit) {
  const auto row = Get(actor, kind, id);
  if (!row) return row.refusal();
  if (row->policy.tier == policy::Tier::kSystem) {
    return std::vector<PolicyVersion>{VersionOf(*row, ChangeType::kCreated, "built in")};
  }
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::vector<PolicyVersion> versions;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectVersions(transaction, row->org, row->tenant, row->uuid,
                                   std::min(limit, kVersionsMax));
    if (!selected) return selected.error();
    versions = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return versions;
}

}  // namespace axonflow::policy_admin

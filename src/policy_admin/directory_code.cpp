// Many policies at a time: policy as code, export and import.

#include <algorithm>
#include <map>
#include <utility>

#include "base/crypto.h"
#include "policy_admin/desired_rows.h"
#include "policy_admin/directory_rules.h"
#include "policy_admin/directory_writes.h"
#include "policy_admin/overrides_store.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

constexpr PolicyKind kKinds[] = {PolicyKind::kStatic, PolicyKind::kDynamic};

Result<std::vector<PolicyRow>> SelectOwn(store::Transaction& transaction, const OrgId& org,
                                         const TenantId& owner) {
  std::vector<PolicyRow> rows;
  for (const PolicyKind kind : kKinds) {
    auto selected = SelectOwnPolicies(transaction, org, owner, kind);
    if (!selected) return selected.error();
    std::ranges::move(*selected, std::back_inserter(rows));
  }
  return rows;
}

Result<std::vector<PolicyRow>> ReadOwn(store::Database& database, const OrgId& org,
                                       const TenantId& owner) {
  const auto scope =
      owner.empty() ? store::OrgScope::OrgWide(org) : store::OrgScope::ForTenant(org, owner);
  if (!scope) return scope.error();
  std::vector<PolicyRow> rows;
  const Status read = database.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectOwn(transaction, org, owner);
    if (!selected) return selected.error();
    rows = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return rows;
}

Refusal Taken(const std::string& slug) {
  return {
      Error{ErrorCode::kConflict, "the policy_id '" + slug + "' is taken"}, Reason::kDuplicate, {}};
}

// Gives a new row what only the directory knows.
void Establish(PolicyRow& row, const Actor& actor, const TenantId& owner, Time now) {
  row.org = actor.org;
  row.tenant = owner;
  row.uuid = NewUuid();
  row.policy.version = 1;
  row.created_at = row.updated_at = now;
  row.created_by = row.updated_by = actor.user;
}

Diff DiffOf(std::vector<PlannedChange> changes) {
  Diff diff;
  for (PlannedChange& change : changes) diff.entries.push_back(std::move(change.entry));
  return diff;
}

// By name, for imports.
std::map<std::string, PolicyRow, std::less<>> ByName(std::vector<PolicyRow> rows) {
  std::map<std::string, PolicyRow, std::less<>> by_name;
  for (PolicyRow& row : rows) by_name.emplace(row.policy.name, std::move(row));
  return by_name;
}

}  // namespace

Outcome<OwnedPolicies> PolicyDirectory::Export(const Actor& actor, policy::Tier tier) {
  if (tier == policy::Tier::kSystem) return *WhyNotWritable(actor, tier);
  auto rows = ReadOwn(database_, actor.org, OwnerFor(actor, tier));
  if (!rows) return rows.error();
  OwnedPolicies owned;
  for (PolicyRow& row : *rows) {
    if (row.kind == PolicyKind::kStatic) {
      owned.static_policies.push_back(ToStaticRecord(std::move(row)));
      continue;
    }
    auto record = ToDynamicRecord(std::move(row));
    if (!record) return record.error();
    owned.dynamic_policies.push_back(std::move(*record));
  }
  return owned;
}

Outcome<Diff> PolicyDirectory::Plan(const Actor& actor, policy::Tier tier,
                                    const DesiredSet& desired) {
  if (auto why = WhyNotWritable(actor, tier)) return std::move(*why);
  const auto wanted = RowsOf(desired, tier);
  if (!wanted) return wanted.refusal();
  const auto living = ReadOwn(database_, actor.org, OwnerFor(actor, tier));
  if (!living) return living.error();
  return DiffOf(Compare(*living, *wanted, desired.delete_absent));
}

Status PolicyDirectory::WritePlanned(store::Transaction& transaction, const Actor& actor,
                                     const TenantId& owner, PlannedChange& change,
                                     Changes& changes) const {
  PolicyRow& row = change.after;
  const Time now = Now();
  if (change.entry.kind == DiffKind::kUnchanged) return {};
  changes.Touch(owner);
  if (change.entry.kind == DiffKind::kCreate) {
    const auto taken = IsSlugTaken(transaction, actor.org, owner, row.policy.id);
    if (!taken) return taken.error();
    if (*taken) return changes.Refuse(Taken(row.policy.id));
    Establish(row, actor, owner, now);
    return WriteNewPolicy(transaction, row);
  }
  row.updated_at = now;
  row.updated_by = actor.user;
  if (change.entry.kind == DiffKind::kUpdate) {
    return WriteChangedPolicy(transaction, change.before, row);
  }
  row.deleted_at = now;
  const auto owners = OwnersOfOverridesOn(transaction, actor.org, row.uuid);
  if (!owners) return owners.error();
  for (const TenantId& each : *owners) changes.Touch(each);
  return WriteDeletedPolicy(transaction, row);
}

Outcome<Diff> PolicyDirectory::Apply(const Actor& actor, policy::Tier tier,
                                     const DesiredSet& desired) {
  if (auto why = WhyNotWritable(actor, tier)) return std::move(*why);
  const auto wanted = RowsOf(desired, tier);
  if (!wanted) return wanted.refusal();
  const TenantId owner = OwnerFor(actor, tier);
  std::vector<PlannedChange> planned;
  auto refused =
      Commit(actor.org, owner, [&](store::Transaction& transaction, Changes& changes) -> Status {
        const auto living = SelectOwn(transaction, actor.org, owner);
        if (!living) return living.error();
        planned = Compare(*living, *wanted, desired.delete_absent);
        // What goes makes room for what comes: a slug may pass from one kind to the other.
        std::ranges::stable_partition(planned, [](const PlannedChange& change) {
          return change.entry.kind == DiffKind::kDelete;
        });
        for (PlannedChange& change : planned) {
          if (auto done = WritePlanned(transaction, actor, owner, change, changes); !done) {
            return done;
          }
        }
        for (const PolicyKind kind : kKinds) {
          if (auto fits = CheckLimit(transaction, actor.org, owner, kind, changes); !fits) {
            return fits;
          }
        }
        return {};
      });
  if (refused) return std::move(*refused);
  std::ranges::sort(planned, {}, [](const PlannedChange& change) {
    return std::pair(change.entry.policy_kind, change.entry.slug);
  });
  return DiffOf(std::move(planned));
}

Status PolicyDirectory::ImportRow(store::Transaction& transaction, const Actor& actor,
                                  PolicyRow row, PolicyRow* existing, ImportMode mode,
                                  ImportReport& report, Changes& changes) const {
  if (existing == nullptr) {
    const auto taken = IsSlugTaken(transaction, actor.org, actor.tenant, row.policy.id);
    if (!taken) return taken.error();
    if (*taken) {
      ++report.failed;
      report.errors.push_back(row.policy.name + ": the policy_id '" + row.policy.id + "' is taken");
      return {};
    }
    ++report.created;
    changes.Touch(actor.tenant);
    Establish(row, actor, actor.tenant, Now());
    return WriteNewPolicy(transaction, row);
  }
  if (mode == ImportMode::kSkip) {
    ++report.skipped;
    return {};
  }
  if (mode == ImportMode::kError) {
    ++report.failed;
    report.errors.push_back(row.policy.name + ": a policy of this name exists");
    return {};
  }
  ++report.updated;
  auto change = Compare({*existing}, {[&] {
                          row.policy.id = existing->policy.id;
                          return row;
                        }()},
                        false);
  auto written = WritePlanned(transaction, actor, actor.tenant, change.front(), changes);
  *existing = change.front().after;
  return written;
}

Outcome<ImportReport> PolicyDirectory::ImportDynamic(const Actor& actor,
                                                     const std::vector<DynamicChange>& rows,
                                                     ImportMode mode) {
  if (auto why = WhyNotWritable(actor, policy::Tier::kTenant)) return std::move(*why);
  if (rows.empty() || rows.size() > kImportMax) {
    return Invalid(
        {{"policies", "an import holds 1 to " + std::to_string(kImportMax) + " policies"}});
  }
  std::vector<PolicyRow> wanted;
  std::vector<FieldProblem> problems;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    PolicyRow row;
    for (auto& problem : ReadDynamic(rows[i], true, row)) {
      problems.push_back(
          {"policies[" + std::to_string(i) + "]." + problem.field, std::move(problem.message)});
    }
    row.policy.tier = policy::Tier::kTenant;
    if (!rows[i].slug) row.policy.id = NewSlug(PolicyKind::kDynamic);
    wanted.push_back(std::move(row));
  }
  if (!problems.empty()) return Invalid(std::move(problems));
  ImportReport report;
  auto refused = Commit(
      actor.org, actor.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        report = {};
        auto own = SelectOwnPolicies(transaction, actor.org, actor.tenant, PolicyKind::kDynamic);
        if (!own) return own.error();
        auto by_name = ByName(std::move(*own));
        for (const PolicyRow& row : wanted) {
          const auto found = by_name.find(row.policy.name);
          PolicyRow* existing = found == by_name.end() ? nullptr : &found->second;
          auto done = ImportRow(transaction, actor, row, existing, mode, report, changes);
          if (!done) return done;
        }
        return CheckLimit(transaction, actor.org, actor.tenant, PolicyKind::kDynamic, changes);
      });
  if (refused) return std::move(*refused);
  return report;
}

}  // namespace axonflow::policy_admin

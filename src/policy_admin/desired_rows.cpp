#include "policy_admin/desired_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

using Key = std::pair<PolicyKind, std::string>;

Key KeyOf(const PolicyRow& row) { return {row.kind, row.policy.id}; }

// Reads one list of a desired set.
template <typename Change, typename Read>
void ReadList(std::string_view list, const std::vector<Change>& changes, policy::Tier tier,
              Read read, std::set<std::string>& slugs, std::vector<PolicyRow>& rows,
              std::vector<FieldProblem>& problems) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string place = std::string(list) + "[" + std::to_string(i) + "].";
    PolicyRow row;
    for (auto& problem : read(changes[i], row)) {
      problems.push_back({place + problem.field, std::move(problem.message)});
    }
    if (!changes[i].slug) {
      problems.push_back({place + "policy_id", "policy_id is required"});
    } else if (!slugs.insert(*changes[i].slug).second) {
      problems.push_back({place + "policy_id", "the policy_id stands twice"});
    }
    if (changes[i].tier && *changes[i].tier != policy::ToString(tier)) {
      problems.push_back(
          {place + "tier", "tier must be " + std::string(policy::ToString(tier)) + " in this set"});
    }
    row.policy.tier = tier;
    rows.push_back(std::move(row));
  }
}

DiffEntry EntryOf(DiffKind kind, const PolicyRow& row) {
  DiffEntry entry;
  entry.kind = kind;
  entry.policy_kind = row.kind;
  entry.slug = row.policy.id;
  entry.name = row.policy.name;
  entry.version = row.policy.version;
  return entry;
}

PlannedChange Change(const PolicyRow& living, const PolicyRow& wanted) {
  PlannedChange change;
  change.before = living;
  change.after = wanted;
  static_cast<RowFacts&>(change.after) = living;
  change.after.tags = wanted.tags;
  change.after.metadata = wanted.metadata;
  change.after.policy.version = living.policy.version;
  auto differences = DifferencesOf(living, change.after);
  if (differences.empty()) {
    change.entry = EntryOf(DiffKind::kUnchanged, living);
    return change;
  }
  change.after.policy.version += 1;
  change.entry = EntryOf(DiffKind::kUpdate, change.after);
  change.entry.fields = std::move(differences);
  return change;
}

}  // namespace

Outcome<std::vector<PolicyRow>> RowsOf(const DesiredSet& desired, policy::Tier tier) {
  if (desired.static_policies.size() + desired.dynamic_policies.size() > kDesiredMax) {
    return Error{ErrorCode::kTooLarge,
                 "a set holds at most " + std::to_string(kDesiredMax) + " policies"};
  }
  std::vector<PolicyRow> rows;
  std::vector<FieldProblem> problems;
  std::set<std::string> slugs;
  ReadList(
      "static_policies", desired.static_policies, tier,
      [](const StaticChange& change, PolicyRow& row) { return ReadStatic(change, true, row); },
      slugs, rows, problems);
  ReadList(
      "dynamic_policies", desired.dynamic_policies, tier,
      [](const DynamicChange& change, PolicyRow& row) { return ReadDynamic(change, true, row); },
      slugs, rows, problems);
  if (!problems.empty()) return Invalid(std::move(problems));
  return rows;
}

std::vector<PlannedChange> Compare(const std::vector<PolicyRow>& living,
                                   const std::vector<PolicyRow>& wanted, bool delete_absent) {
  std::map<Key, PlannedChange> changes;
  for (const PolicyRow& row : living) {
    PlannedChange change;
    change.before = change.after = row;
    change.entry = EntryOf(delete_absent ? DiffKind::kDelete : DiffKind::kUnchanged, row);
    if (delete_absent) change.entry.version = ++change.after.policy.version;
    changes.emplace(KeyOf(row), std::move(change));
  }
  for (const PolicyRow& row : wanted) {
    const auto found = changes.find(KeyOf(row));
    if (found != changes.end()) {
      found->second = Change(PolicyRow(found->second.before), row);
      continue;
    }
    PlannedChange change;
    change.after = row;
    change.entry = EntryOf(DiffKind::kCreate, row);
    changes.emplace(KeyOf(row), std::move(change));
  }
  std::vector<PlannedChange> ordered;
  for (auto& [key, change] : changes) ordered.push_back(std::move(change));
  return ordered;
}

}  // namespace axonflow::policy_admin

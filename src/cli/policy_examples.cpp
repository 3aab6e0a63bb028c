// What a set of policies is worth: fields, words, patterns and examples.

#include <utility>

#include "cli/policy_files.h"
#include "policy/dynamic/dynamic_set.h"
#include "policy_admin/desired_rows.h"

namespace axonflow::cli {
namespace {

using policy_admin::FieldProblem;

// The policy by itself, on every plane, for every caller, switched on.
Result<std::shared_ptr<const policy::DynamicSet>> Alone(const policy_admin::PolicyRow& row) {
  auto record = policy_admin::ToDynamicRecord(row);
  if (!record) return record.error();
  policy::DynamicPolicy policy = std::move(record->policy);
  policy.policy.enabled = true;
  policy.policy.segment.clear();
  return policy::DynamicSet::Compile({std::move(policy)});
}

void TryTexts(const policy::DynamicSet& set, const std::string& list,
              const std::vector<std::string>& texts, bool wanted,
              std::vector<FieldProblem>& problems) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    policy::Facts facts;
    facts.query = texts[i];
    std::vector<std::uint32_t> matched;
    set.Match(facts, matched);
    if (matched.empty() != wanted) continue;
    problems.push_back({list + "[" + std::to_string(i) + "]",
                        wanted ? "the conditions do not hold for this text as a query of which "
                                 "nothing else is known"
                               : "the conditions hold for this text"});
  }
}

}  // namespace

Result<std::vector<FieldProblem>> ProblemsOf(const PolicyFiles& files, policy::Tier tier) {
  const auto rows = policy_admin::RowsOf(files.desired, tier);
  if (!rows) {
    if (rows.refusal().fields.empty()) return rows.error();
    return rows.refusal().fields;
  }
  std::vector<FieldProblem> problems;
  const std::size_t first = files.desired.static_policies.size();
  for (std::size_t i = 0; i < files.dynamic_examples.size(); ++i) {
    const Examples& examples = files.dynamic_examples[i];
    if (examples.must_match.empty() && examples.must_not_match.empty()) continue;
    const std::string path = "dynamic_policies[" + std::to_string(i) + "].";
    const auto set = Alone((*rows)[first + i]);
    if (!set) {
      problems.push_back({path + "conditions", set.error().message});
      continue;
    }
    TryTexts(**set, path + "must_match", examples.must_match, true, problems);
    TryTexts(**set, path + "must_not_match", examples.must_not_match, false, problems);
  }
  return problems;
}

}  // namespace axonflow::cli

#include "policy_admin/draft_view.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy_admin/desired_rows.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

struct Own {
  std::vector<policy::Policy> patterns;
  std::vector<policy::DynamicPolicy> dynamic;
};

// The policies of `current` that are not the system's, without those in `gone`.
Own Living(const policy::PolicyView& current, const std::set<std::string>& gone) {
  Own own;
  for (const auto& set : current.parts().own) {
    for (const policy::Policy& policy : set->policies()) {
      if (!gone.contains(policy.id)) own.patterns.push_back(policy);
    }
  }
  for (const auto& set : current.parts().dynamic) {
    for (const policy::DynamicPolicy& policy : set->policies()) {
      if (policy.policy.tier == policy::Tier::kSystem || gone.contains(policy.policy.id)) continue;
      own.dynamic.push_back(policy);
    }
  }
  return own;
}

std::vector<FieldProblem> Unknown(const policy::PolicyView& current, const Draft& draft) {
  std::vector<FieldProblem> problems;
  for (std::size_t i = 0; i < draft.removed.size(); ++i) {
    const auto* policy = current.Find(draft.removed[i]);
    if (policy == nullptr || policy->tier == policy::Tier::kSystem) {
      problems.push_back({"remove[" + std::to_string(i) + "]", "names none of your policies"});
    }
  }
  for (std::size_t i = 0; i < draft.overrides.size(); ++i) {
    if (current.Find(draft.overrides[i].policy_id) == nullptr) {
      problems.push_back({"overrides[" + std::to_string(i) + "].policy_id", "names no policy"});
    }
  }
  return problems;
}

}  // namespace

Outcome<governance::View> DraftView(const policy::PolicyView& current, const Draft& draft) {
  if (auto problems = Unknown(current, draft); !problems.empty()) {
    return Invalid(std::move(problems));
  }
  auto rows = RowsOf(draft.policies, policy::Tier::kTenant);
  if (!rows) return rows.refusal();
  std::set<std::string> gone(draft.removed.begin(), draft.removed.end());
  for (const PolicyRow& row : *rows) gone.insert(row.policy.id);
  Own own = Living(current, gone);
  for (PolicyRow& row : *rows) {
    if (row.kind == PolicyKind::kStatic) {
      own.patterns.push_back(std::move(row.policy));
      continue;
    }
    auto record = ToDynamicRecord(std::move(row));
    if (!record) return record.error();
    own.dynamic.push_back(std::move(record->policy));
  }
  policy::PolicyView::Parts parts = current.parts();
  parts.own.clear();
  std::erase_if(parts.dynamic, [](const auto& set) {
    return std::ranges::none_of(set->policies(), [](const policy::DynamicPolicy& each) {
      return each.policy.tier == policy::Tier::kSystem;
    });
  });
  if (!own.patterns.empty()) {
    auto set =
        policy::PolicySet::Compile(std::move(own.patterns), policy::PolicySet::Kind::kCustom);
    if (!set) return set.error();
    parts.own.push_back(std::move(*set));
  }
  if (!own.dynamic.empty()) {
    auto set = policy::DynamicSet::Compile(std::move(own.dynamic));
    if (!set) return set.error();
    parts.dynamic.push_back(std::move(*set));
  }
  parts.overrides.insert(parts.overrides.end(), draft.overrides.begin(), draft.overrides.end());
  auto view = policy::PolicyView::Make(std::move(parts));
  if (!view) return view.error();
  return *view;
}

}  // namespace axonflow::policy_admin

#include "policy/resolver.h"

#include <algorithm>
#include <utility>

namespace axonflow::policy {
namespace {

std::string ReasonOf(const Policy& policy) {
  return policy.description.empty() ? "Blocked by policy: " + policy.name : policy.description;
}

Outcome OutcomeOf(Action strictest) {
  switch (strictest) {
    case Action::kBlock:
      return Outcome::kBlocked;
    case Action::kRequireApproval:
      return Outcome::kNeedsApproval;
    case Action::kRedact:
      return Outcome::kRedacted;
    case Action::kAllow:
    case Action::kLog:
    case Action::kWarn:
      return Outcome::kAllowed;
  }
  return Outcome::kError;
}

}  // namespace

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAllowed:
      return "allowed";
    case Outcome::kRedacted:
      return "redacted";
    case Outcome::kNeedsApproval:
      return "needs_approval";
    case Outcome::kBlocked:
      return "blocked";
    case Outcome::kError:
      return "error";
  }
  return "error";
}

Verdict Resolve(const PolicySet& set, std::span<const Finding> findings, const Posture& posture,
                Plane plane, Phase phase) {
  Verdict verdict;
  const auto policies = set.policies();
  for (const auto& finding : findings) {
    if (finding.policy >= policies.size()) {
      // A finding from another set says that set and findings were mixed up; fail closed.
      return Verdict{.outcome = Outcome::kError,
                     .matches = {},
                     .redact = false,
                     .reason = "Policy engine unavailable",
                     .risk_level = Severity::kLow};
    }
    const auto& policy = policies[finding.policy];
    verdict.matches.push_back(
        {finding.policy, posture.ActionFor(policy, plane, phase), finding.count});
    verdict.risk_level = std::max(verdict.risk_level, policy.severity);
  }
  if (verdict.matches.empty()) return verdict;

  // The index into the set is the order of evaluation.
  std::sort(verdict.matches.begin(), verdict.matches.end(),
            [](const Match& a, const Match& b) { return a.policy < b.policy; });
  // Findings of several texts (a prompt and its parameters) may name a policy twice.
  std::vector<Match> unique;
  for (const Match& match : verdict.matches) {
    if (!unique.empty() && unique.back().policy == match.policy) {
      unique.back().count += match.count;
    } else {
      unique.push_back(match);
    }
  }
  verdict.matches = std::move(unique);

  const auto deciding = std::max_element(
      verdict.matches.begin(), verdict.matches.end(),
      [](const Match& a, const Match& b) { return a.action < b.action; });  // the first of equals
  std::rotate(verdict.matches.begin(), deciding, deciding + 1);

  const Match& first = verdict.matches.front();
  verdict.outcome = OutcomeOf(first.action);
  verdict.reason = ReasonOf(policies[first.policy]);
  const bool allowed =
      verdict.outcome == Outcome::kAllowed || verdict.outcome == Outcome::kRedacted;
  verdict.redact = allowed && first.action == Action::kRedact;
  return verdict;
}

}  // namespace axonflow::policy

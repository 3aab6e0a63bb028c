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

bool Stops(Action action) { return action >= Action::kRequireApproval; }

// Whether somebody else than its owner may make a policy weaker.
bool MayBeWeakened(const Policy& policy) {
  return policy.allow_override && policy.risk_level != Severity::kCritical;
}

// Whether `policy` judges such an exchange at all.
bool Concerns(const Policy& policy, const Circumstances& circumstances) {
  if (!policy.planes.Has(circumstances.plane)) return false;
  return policy.segment.empty() ||
         std::ranges::find(circumstances.segments, policy.segment) != circumstances.segments.end();
}

// Sorts into the order of evaluation. Findings of several texts (a prompt and its parameters) may
// name a policy twice.
void MergeEqual(std::vector<Match>& matches) {
  std::ranges::sort(matches, {}, &Match::policy);
  std::vector<Match> unique;
  for (const Match& match : matches) {
    if (!unique.empty() && unique.back().policy == match.policy) {
      unique.back().count += match.count;
    } else {
      unique.push_back(match);
    }
  }
  matches = std::move(unique);
}

// The session override that lets this caller past `policy` now; of several the one for this tool,
// then the newest. Null when there is none.
const SessionOverride* PassFor(const PolicyView& view, const Policy& policy,
                               const Circumstances& circumstances) {
  if (!MayBeWeakened(policy) || circumstances.user_email.empty()) return nullptr;
  const SessionOverride* best = nullptr;
  for (const SessionOverride& each : view.parts().session_overrides) {
    if (each.policy_id != policy.id || each.user_email != circumstances.user_email) continue;
    if (circumstances.now < each.created_at || each.expires_at <= circumstances.now) continue;
    if (!each.tool_signature.empty() && each.tool_signature != circumstances.tool_signature) {
      continue;
    }
    const auto rank = [](const SessionOverride& it) {
      return std::pair(!it.tool_signature.empty(), it.created_at);
    };
    if (best == nullptr || rank(*best) < rank(each)) best = &each;
  }
  return best;
}

// Fills the verdict from its matches, which are in order of evaluation.
void Decide(const PolicyView& view, const Circumstances& circumstances, Verdict& verdict) {
  for (Match& match : verdict.matches) {
    const Policy& policy = view.policy(match.policy);
    verdict.risk_level = std::max(verdict.risk_level, policy.severity);
    if (!Stops(match.action)) continue;
    if (const auto* pass = PassFor(view, policy, circumstances)) {
      match.overridden = true;
      if (verdict.override_id.empty()) verdict.override_id = pass->id;
    }
  }
  const auto weight = [](const Match& match) {
    return match.overridden ? Action::kAllow : match.action;
  };
  const auto deciding = std::ranges::max_element(verdict.matches, {}, weight);  // first of equals
  std::rotate(verdict.matches.begin(), deciding, deciding + 1);
  const Match& first = verdict.matches.front();
  const Action strictest = weight(first);
  verdict.outcome = OutcomeOf(strictest);
  verdict.reason = ReasonOf(view.policy(first.policy));
  verdict.redact = strictest == Action::kRedact;
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

Standing StandingOf(const PolicyView& view, std::uint32_t index, Plane plane, Phase phase,
                    Time now) {
  const Policy& policy = view.policy(index);
  const Standing own{policy.enabled, view.posture().ActionFor(policy, plane, phase)};
  std::optional<Action> action;
  std::optional<bool> enabled;
  for (const AdminOverride& each : view.OverridesOf(index)) {
    if (each.tier <= policy.tier && policy.tier != Tier::kSystem) continue;  // his own policy
    if (each.expires_at && *each.expires_at <= now) continue;
    // The organization's comes first; the tenant's may then only add to it.
    if (each.action) action = action ? std::max(*action, *each.action) : *each.action;
    if (each.enabled) enabled = enabled.value_or(false) || *each.enabled;
  }
  Standing standing{enabled.value_or(own.enabled), action.value_or(own.action)};
  if (!MayBeWeakened(policy)) {
    standing.enabled = standing.enabled || own.enabled;
    standing.action = std::max(standing.action, own.action);
  }
  return standing;
}

Verdict Resolve(const PolicyView& view, std::span<const Finding> findings,
                const Circumstances& circumstances) {
  Verdict verdict;
  std::vector<Match> shadows;
  for (const auto& finding : findings) {
    if (finding.policy >= view.size()) {
      // A finding from another view says that view and findings were mixed up; fail closed.
      return Verdict{.outcome = Outcome::kError,
                     .matches = {},
                     .redact = false,
                     .reason = "Policy engine unavailable",
                     .risk_level = Severity::kLow,
                     .override_id = {}};
    }
    const Policy& policy = view.policy(finding.policy);
    if (!Concerns(policy, circumstances)) continue;
    const Standing standing = StandingOf(view, finding.policy, circumstances.plane,
                                         circumstances.phase, circumstances.now);
    if (!standing.enabled) continue;
    Match match{.policy = finding.policy, .action = standing.action, .count = finding.count};
    match.shadow = policy.mode == Mode::kShadow;
    (match.shadow ? shadows : verdict.matches).push_back(match);
  }
  MergeEqual(verdict.matches);
  MergeEqual(shadows);
  if (!verdict.matches.empty()) Decide(view, circumstances, verdict);
  verdict.matches.insert(verdict.matches.end(), shadows.begin(), shadows.end());
  return verdict;
}

}  // namespace axonflow::policy

#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/policy_set.h"
#include "policy/posture.h"
#include "policy/types.h"

namespace axonflow::policy {

// Stored spelling of an outcome: allowed, blocked, redacted, needs_approval, error.
enum class Outcome : std::uint8_t { kAllowed, kRedacted, kNeedsApproval, kBlocked, kError };
std::string_view ToString(Outcome outcome);

struct Match {
  std::uint32_t policy = 0;  // index into the set
  Action action = Action::kLog;
  std::uint32_t count = 1;
};

// What the policies say about one text. Obligations are left to the plane: `redact` is set when an
// allowed text must be redacted first.
struct Verdict {
  Outcome outcome = Outcome::kAllowed;
  std::vector<Match> matches;  // the deciding one first, then in order of evaluation
  bool redact = false;
  std::string reason;  // of the deciding match: its description, else "Blocked by policy: <name>"
  Severity risk_level = Severity::kLow;  // highest severity of the matches; low when none
};

// Turns facts into one verdict. Total and deterministic: the same set, findings, posture, plane and
// phase give the same verdict everywhere. Strictest wins: block > require_approval > redact > warn
// > log; among equals the first in order of evaluation decides.
Verdict Resolve(const PolicySet& set, std::span<const Finding> findings, const Posture& posture,
                Plane plane, Phase phase);

}  // namespace axonflow::policy

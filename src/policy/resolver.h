#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "policy/policy_view.h"
#include "policy/types.h"

namespace axonflow::policy {

// Stored spelling of an outcome: allowed, blocked, redacted, needs_approval, error.
enum class Outcome : std::uint8_t { kAllowed, kRedacted, kNeedsApproval, kBlocked, kError };
std::string_view ToString(Outcome outcome);

struct Match {
  std::uint32_t policy = 0;  // index into the view
  Action action = Action::kLog;
  std::uint32_t count = 1;
  bool shadow = false;      // watched only: it had no part in the verdict
  bool overridden = false;  // a session override let the stop pass
};

// What the policies say about one text. Obligations are left to the plane: `redact` is set when an
// allowed text must be redacted first.
struct Verdict {
  Outcome outcome = Outcome::kAllowed;
  // The deciding one first, then in order of evaluation; those of shadow policies after all others.
  std::vector<Match> matches;
  bool redact = false;
  std::string reason;  // of the deciding match: its description, else "Blocked by policy: <name>"
  Severity risk_level = Severity::kLow;  // highest severity of the matches; low when none
  std::string override_id;  // of the session override that let a stop pass; the first one
};

// Who asks, where and when.
struct Circumstances {
  Plane plane = Plane::kGateway;
  Phase phase = Phase::kRequest;
  Time now = {};
  std::string_view user_email = {};            // authenticated; empty when unknown
  std::string_view tool_signature = {};        // empty when no tool is called
  std::span<const std::string> segments = {};  // of which the caller is a known member
};

// What the administrators' overrides leave of a policy at `now`.
struct Standing {
  bool enabled = true;
  Action action = Action::kLog;
};

// Tenant before organization for each of the two attributes, but never weaker than what the
// organization demands; weaker than the policy itself only where the policy allows overrides.
Standing StandingOf(const PolicyView& view, std::uint32_t index, Plane plane, Phase phase,
                    Time now);

// Turns facts into one verdict. Total and deterministic: the same view, findings and circumstances
// give the same verdict everywhere. Strictest wins: block > require_approval > redact > warn > log;
// among equals the first in order of evaluation decides.
Verdict Resolve(const PolicyView& view, std::span<const Finding> findings,
                const Circumstances& circumstances);

}  // namespace axonflow::policy

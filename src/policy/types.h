#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::policy {

// Ordered by restrictiveness: the strictest of several actions is the greatest value.
enum class Action : std::uint8_t { kAllow, kLog, kWarn, kRedact, kRequireApproval, kBlock };
enum class Severity : std::uint8_t { kLow, kMedium, kHigh, kCritical };
enum class Tier : std::uint8_t { kSystem, kOrganization, kTenant };
enum class Phase : std::uint8_t { kRequest, kResponse };

// How far the place of a finding reaches: as far as the pattern matches, or, when the pattern
// matches the BEGIN line of a key, to the end of the key (pem.h).
enum class SpanTo : std::uint8_t { kMatch, kPemEnd };

// Which door the text came through. Decides which posture variables apply (GATEWAY_*, MCP_*).
enum class Plane : std::uint8_t { kGateway, kDecision, kMcp, kProxy };

// Wire spelling ("require_approval", "critical", ...) and back; nothing for an unknown word.
std::string_view ToString(Action action);
std::string_view ToString(Severity severity);
std::string_view ToString(Tier tier);
std::string_view ToString(Plane plane);
std::optional<Action> ParseAction(std::string_view text);
std::optional<Severity> ParseSeverity(std::string_view text);

// One static policy as it stands in the catalogue (or, later, in a tenant's own set).
struct Policy {
  std::string id;           // slug, unique: "sys_sqli_union_select"
  std::string name;         // 1 to 255 characters
  std::string description;  // one sentence; becomes the block reason
  std::string category;  // "security-sqli", "pii-global", ...; see catalogue.h for the closed set
  Tier tier = Tier::kSystem;
  Severity severity = Severity::kMedium;
  int priority = 50;  // higher first
  bool on_request = true;
  bool on_response = true;
  Action action = Action::kLog;          // stored action
  std::optional<Action> action_request;  // overrides `action` in that phase
  std::optional<Action> action_response;
  Severity risk_level = Severity::kMedium;  // defaults to `severity`
  bool allow_override = true;               // never true for critical ones
  bool enabled = true;
  int version = 1;
  // Exactly one of the two: an RE2 expression, or the name of a detector in code
  // ("sql.union_select", "pii.credit_card").
  std::string pattern;
  std::string detector;
  // With `pattern` only: a second expression that must follow it on the same line within `gap_max`
  // bytes (policies/README.md says why this is not one expression).
  std::string tail;
  std::uint32_t gap_max = 0;
  SpanTo span_to = SpanTo::kMatch;  // with `pattern` only
  // The data is the test: `axonflow policy lint` fails when one of these does not hold.
  std::vector<std::string> must_match;
  std::vector<std::string> must_not_match;
};

// Half-open range of bytes in the evaluated text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// A fact that a detector reports: this policy's subject stands in the text. Never a verdict.
struct Finding {
  std::uint32_t policy = 0;  // index into PolicySet::policies()
  std::uint32_t count = 1;   // occurrences; 1 for detectors that stop at the first
  std::vector<Span> spans;   // empty when spans were not asked for; at most kSpansMax
  float confidence = 1.0F;   // 0 to 1
};

}  // namespace axonflow::policy

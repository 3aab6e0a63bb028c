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

// Whether a policy decides, or is only watched: a shadow policy is evaluated and recorded, and
// changes no verdict.
enum class Mode : std::uint8_t { kEnforce, kShadow };

// The planes that a policy judges on, one bit a plane.
class PlaneSet {
 public:
  static constexpr PlaneSet All() { return PlaneSet(0xFF); }
  static constexpr PlaneSet None() { return PlaneSet(0); }
  constexpr PlaneSet With(Plane plane) const {
    return PlaneSet(static_cast<std::uint8_t>(bits_ | (1U << static_cast<unsigned>(plane))));
  }
  constexpr bool Has(Plane plane) const {
    return ((bits_ >> static_cast<unsigned>(plane)) & 1U) != 0;
  }
  constexpr std::uint8_t bits() const { return bits_; }

 private:
  explicit constexpr PlaneSet(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_;
};

// What redaction does to a finding (redaction/strategy.h). Ordered by how much goes away, so that
// the strictest of several that overlap is the greatest.
enum class Strategy : std::uint8_t {
  kNone,
  kPartial,
  kMask,
  kTokenize,
  kHash,
  kRemove,
  kRemoveStatement,
};

// Wire spelling ("require_approval", "critical", ...) and back; nothing for an unknown word.
std::string_view ToString(Action action);
std::string_view ToString(Severity severity);
std::string_view ToString(Tier tier);
std::string_view ToString(Plane plane);
std::optional<Action> ParseAction(std::string_view text);
std::optional<Severity> ParseSeverity(std::string_view text);
std::optional<Tier> ParseTier(std::string_view text);
std::string_view ToString(Mode mode);  // "enforce", "shadow"
std::optional<Mode> ParseMode(std::string_view text);
std::optional<Plane> ParsePlane(std::string_view text);
// "none", "partial", "mask", "tokenize", "hash", "remove", "remove_statement"
std::string_view ToString(Strategy strategy);
std::optional<Strategy> ParseStrategy(std::string_view text);

// One static policy as it stands in the catalogue or among the policies of an organization or a
// tenant. A dynamic policy (dynamic/dynamic_policy.h) has one too, without pattern and detector, so
// that verdicts and records speak of both kinds in the same way.
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
  Mode mode = Mode::kEnforce;
  // How its findings are redacted; absent: as its category and severity have it. Never kNone, and
  // only where redaction changes anything (IsRedactable).
  std::optional<Strategy> strategy;
  std::string segment;  // empty, or: judges only callers who are known members of this segment
  PlaneSet planes = PlaneSet::All();
  bool builtin = false;  // of the catalogue: the deployment's posture governs its action
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

inline constexpr std::size_t kSpansMax = 10'000;  // a finding; more are counted, not placed

// A fact that a detector reports: this policy's subject stands in the text. Never a verdict.
struct Finding {
  std::uint32_t policy = 0;  // index into PolicySet::policies()
  std::uint32_t count = 1;   // occurrences; 1 for detectors that stop at the first
  std::vector<Span> spans;   // empty when spans were not asked for; at most kSpansMax
  float confidence = 1.0F;   // 0 to 1
};

}  // namespace axonflow::policy

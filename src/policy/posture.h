#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/types.h"

namespace axonflow::policy {

// The six groups whose action an operator sets as a whole.
enum class PostureGroup : std::uint8_t {
  kPii,
  kSqli,
  kSensitiveData,
  kHighRisk,
  kDangerousQueries,
  kDangerousCommands,
  kCount,
};

std::string_view ToString(PostureGroup group);  // "pii", "sqli", "sensitive_data", ...
std::optional<PostureGroup> ParsePostureGroup(std::string_view text);

// Which group governs `category`, or nothing when the stored action of the policy stands
// (security-admin, pii-indonesia, compliance-*, fincrime).
std::optional<PostureGroup> GroupOf(std::string_view category);

// Whether a group takes `action`: only personal data may be redacted, and none waits for approval.
bool Takes(PostureGroup group, Action action);

struct PostureChoice {
  Action action = Action::kLog;
  std::string source;  // where it came from: "GATEWAY_PII_ACTION", "AXONFLOW_ENFORCE", "profile
                       // default", ...
};

// The deployment's choice of action for each group and plane, resolved once at start.
class Posture {
 public:
  Posture();  // AXONFLOW_PROFILE=default, nothing else set

  // `variables` holds those of the posture variables that are set (names as in the environment:
  // AXONFLOW_PROFILE, AXONFLOW_ENFORCE, PII_ACTION, GATEWAY_PII_ACTION, MCP_SQLI_ACTION, ...).
  // Precedence: plane variable, global variable, AXONFLOW_ENFORCE, AXONFLOW_PROFILE, default.
  // An unknown profile, an unknown word in AXONFLOW_ENFORCE or an action that its variable does not
  // take is an error that names variable, value and the accepted words.
  static Result<Posture> FromVariables(const std::map<std::string, std::string>& variables);

  const PostureChoice& Choice(PostureGroup group, Plane plane) const;
  const std::string& profile() const { return profile_; }

  // The same with one group's action replaced on every plane, as an organization recorded it.
  Posture With(PostureGroup group, Action action, std::string source) const;

  // The action that a match of `policy` asks for on this plane and in this phase: the group's
  // choice where a group governs it (built-in policies only: who writes a policy of his own means
  // its action), else the phase's stored action, else the stored action.
  Action ActionFor(const Policy& policy, Plane plane, Phase phase) const;

 private:
  static constexpr std::size_t kPlanes = 4;
  std::array<std::array<PostureChoice, kPlanes>, static_cast<std::size_t>(PostureGroup::kCount)>
      choices_;
  std::string profile_ = "default";
};

}  // namespace axonflow::policy

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// What conditions can read. Texts stay with the caller. An absent fact is an empty optional, and no
// condition on it holds, whatever its operator.
struct Facts {
  std::optional<std::string_view> query = {};
  std::optional<std::string_view> response = {};
  std::optional<std::string_view> request_type = {};
  std::optional<std::string_view> request_id = {};
  // Of the authenticated user, never of a request's body.
  std::optional<std::string_view> user_id = {};
  std::optional<std::string_view> user_email = {};
  std::optional<std::string_view> user_role = {};
  std::optional<std::string_view> user_department = {};
  std::optional<std::string_view> user_region = {};
  std::optional<std::string_view> user_tenant = {};
  // Absent is not empty: an authenticated user without permissions has an empty list.
  std::optional<std::span<const std::string>> user_permissions = {};
  std::span<const std::string> segments = {};  // of which the caller is a known member
  std::optional<std::string_view> client_id = {};
  std::optional<std::string_view> client_name = {};
  std::optional<std::string_view> client_org = {};
  std::optional<std::string_view> client_tenant = {};
  std::optional<std::string_view> connector = {};
  std::optional<std::string_view> environment = {};
  std::optional<double> risk_score = {};     // 0 to 1
  std::optional<double> cost_estimate = {};  // USD
  // Of the request: dotted keys, sorted. Read as context.<key>; step_input.<key> as it stands.
  std::span<const std::pair<std::string, std::string>> context = {};
  // What this server found out itself, by whole field name, sorted: media.<key>, step.<key>,
  // user.access_pattern, user.monthly_llm_usage. Nothing of a request's body may come here.
  std::span<const std::pair<std::string, std::string>> signals = {};
  Plane plane = Plane::kGateway;
};

// What the matched dynamic policies ask for beside their verdict.
struct Consequences {
  double risk_score = 0;                      // after modify_risk, 0 to 1
  std::vector<std::string> required_actions;  // wire: "blocked: <reason>", "redact: [a b]", ...
  std::vector<std::string> redact_fields;     // names, in order, each once
  std::optional<std::vector<std::string>> allowed_providers;  // intersection; absent: any
  std::string preferred_provider;                             // of the last that names one
};

// An immutable, compiled set of dynamic policies, in order of evaluation (priority descending, then
// id). Evaluation is total: it never throws, allocates little and does work linear in the texts.
class DynamicSet {
 public:
  static constexpr std::size_t kPoliciesMax = 10'000;
  static constexpr std::size_t kConditionsMax = 50;     // a policy
  static constexpr std::size_t kActionsMax = 20;        // a policy
  static constexpr std::size_t kValuesMax = 1'000;      // of a list value
  static constexpr std::size_t kValueBytesMax = 4'096;  // of one text value

  // Fails (kInvalidArgument) with the policy id and the reason when one is malformed: no condition,
  // no action, an unknown field, a value that the operator cannot take, a pattern that is refused
  // (CheckPatternShape), a duplicate id, more than a bound above. Derives `policy.action` and the
  // reason from the actions (DeriveFromActions).
  static Result<std::shared_ptr<const DynamicSet>> Compile(std::vector<DynamicPolicy> policies);
  ~DynamicSet();

  std::span<const DynamicPolicy> policies() const;
  const std::string& version() const;  // 16 hex digits over the set

  // Appends the places in policies() of those that are enabled, judge on the plane and for the
  // segments of `facts`, and whose conditions all hold.
  void Match(const Facts& facts, std::vector<std::uint32_t>& matched) const;

 private:
  struct Impl;
  explicit DynamicSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Adds up what `matched` policies (in order of evaluation) ask for, starting from `risk_score`.
Consequences AddUp(std::span<const DynamicPolicy* const> matched, double risk_score);

}  // namespace axonflow::policy

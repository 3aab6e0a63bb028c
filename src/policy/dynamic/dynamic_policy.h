#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/types.h"

namespace axonflow::policy {

enum class Operator : std::uint8_t {
  kEquals,
  kNotEquals,
  kContains,
  kNotContains,
  kContainsAny,
  kRegex,
  kGreaterThan,
  kLessThan,
  kGreaterOrEqual,
  kLessOrEqual,
  kIn,
  kNotIn,
};

std::string_view ToString(Operator op);  // wire spelling: "not_equals"
// Takes the aliases ==, !=, >, <, >=, <= and matches too; nothing for an unknown word.
std::optional<Operator> ParseOperator(std::string_view text);

// What a condition compares with, as the wire carries it.
using ConditionValue = std::variant<std::string, double, bool, std::vector<std::string>>;

struct Condition {
  std::string field;  // "query", "user.role", "context.a.b", ...; see IsField
  Operator op = Operator::kEquals;
  ConditionValue value;
};

// Whether a condition may name `field`.
bool IsField(std::string_view field);

enum class DynamicAction : std::uint8_t {
  kAllow,
  kLog,
  kAlert,
  kWarn,
  kRoute,
  kModifyRisk,
  kRateLimit,
  kRedact,
  kRequireApproval,
  kBlock,
};

std::string_view ToString(DynamicAction action);
std::optional<DynamicAction> ParseDynamicAction(std::string_view text);

struct ActionStep {
  DynamicAction type = DynamicAction::kLog;
  std::string config = "{}";  // a JSON object, kept as it was written
};

// What a step's configuration says, as far as this engine reads it. Absent fields are empty.
struct StepConfig {
  std::string reason;               // "reason", else "message"
  std::vector<std::string> fields;  // redact; a single text counts as a list of one
  std::string preferred_provider;   // route
  std::optional<std::vector<std::string>> allowed_providers;  // route
  std::optional<double> add;                                  // modify_risk
  std::optional<double> modifier;                             // modify_risk, multiplies
};

// Reads `step.config`; what does not have its type counts as absent. Costs a JSON parse.
StepConfig ReadConfig(const ActionStep& step);

// A policy by conditions. `policy` is what verdicts and records show; its `action` is the strictest
// of `actions` (alert counts as warn; route, modify_risk and rate_limit as log), its `description`
// the reason that a stop gives.
struct DynamicPolicy {
  Policy policy;
  std::string type;                   // content, user, risk, cost, media
  std::vector<Condition> conditions;  // all must hold; never empty
  std::vector<ActionStep> actions;    // never empty
};

// The weight of one step in a verdict.
Action VerdictOf(DynamicAction action);

// Sets `policy.action` to the strictest of the steps, and `policy.description` to the reason that
// the first step of this strictness gives, if it gives one and stops. Idempotent.
void DeriveFromActions(DynamicPolicy& policy);

}  // namespace axonflow::policy

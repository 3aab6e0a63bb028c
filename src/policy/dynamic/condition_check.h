#pragma once

#include <optional>
#include <string>

#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// Why a condition cannot be compiled, and which of its members is at fault ("field" or "value").
struct ConditionProblem {
  std::string member;
  std::string message;
};

// How thoroughly a pattern is checked: by its shape, or also on trial texts (pattern_check.h).
enum class PatternCheck { kShape, kTrial };

// Checks that the field is known and that the operator can take the value: a text for regex, a
// number or a text that is one for the comparisons, a list for contains_any, in and not_in (1 to
// DynamicSet::kValuesMax texts), else a single value; no text longer than
// DynamicSet::kValueBytesMax, and none empty that is searched for.
std::optional<ConditionProblem> CheckCondition(const Condition& condition, PatternCheck patterns);

}  // namespace axonflow::policy

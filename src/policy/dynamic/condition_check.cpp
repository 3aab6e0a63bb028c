#include "policy/dynamic/condition_check.h"

#include <cmath>
#include <vector>

#include "policy/dynamic/dynamic_set.h"
#include "policy/dynamic/text_form.h"
#include "policy/pattern_check.h"

namespace axonflow::policy {
namespace {

std::optional<ConditionProblem> OfValue(std::string message) {
  return ConditionProblem{"value", std::move(message)};
}

std::optional<ConditionProblem> CheckText(const std::string& text, bool may_be_empty) {
  if (text.empty() && !may_be_empty) return OfValue("must not be empty");
  if (text.size() > DynamicSet::kValueBytesMax) {
    return OfValue("has more than " + std::to_string(DynamicSet::kValueBytesMax) + " bytes");
  }
  return std::nullopt;
}

std::optional<ConditionProblem> CheckList(const Condition& condition) {
  const auto* list = std::get_if<std::vector<std::string>>(&condition.value);
  if (list == nullptr) {
    return OfValue("must be a list for " + std::string(ToString(condition.op)));
  }
  if (list->empty()) return OfValue("must not be an empty list");
  if (list->size() > DynamicSet::kValuesMax) {
    return OfValue("has more than " + std::to_string(DynamicSet::kValuesMax) + " elements");
  }
  for (const std::string& text : *list) {
    if (auto problem = CheckText(text, condition.op != Operator::kContainsAny)) return problem;
  }
  return std::nullopt;
}

std::optional<ConditionProblem> CheckSingle(const Condition& condition) {
  const auto text = TextForm(condition.value);
  if (!text) {
    return OfValue("must be a single value for " + std::string(ToString(condition.op)));
  }
  const bool is_equality =
      condition.op == Operator::kEquals || condition.op == Operator::kNotEquals;
  return CheckText(*text, is_equality);
}

std::optional<ConditionProblem> CheckNumber(const Condition& condition) {
  if (const auto* number = std::get_if<double>(&condition.value)) {
    if (std::isfinite(*number)) return std::nullopt;
  } else if (const auto* text = std::get_if<std::string>(&condition.value)) {
    if (ParseNumber(*text)) return std::nullopt;
  }
  return OfValue("must be a number for " + std::string(ToString(condition.op)));
}

std::optional<ConditionProblem> CheckPattern(const Condition& condition, PatternCheck patterns) {
  const auto* pattern = std::get_if<std::string>(&condition.value);
  if (pattern == nullptr) return OfValue("must be a text for regex");
  const Status status =
      patterns == PatternCheck::kTrial ? CheckTenantPattern(*pattern) : CheckPatternShape(*pattern);
  if (!status) return OfValue(status.error().message);
  return std::nullopt;
}

}  // namespace

std::optional<ConditionProblem> CheckCondition(const Condition& condition, PatternCheck patterns) {
  if (!IsField(condition.field)) {
    return ConditionProblem{"field", "unknown field \"" + condition.field + "\""};
  }
  switch (condition.op) {
    case Operator::kContainsAny:
    case Operator::kIn:
    case Operator::kNotIn:
      return CheckList(condition);
    case Operator::kGreaterThan:
    case Operator::kLessThan:
    case Operator::kGreaterOrEqual:
    case Operator::kLessOrEqual:
      return CheckNumber(condition);
    case Operator::kRegex:
      return CheckPattern(condition, patterns);
    case Operator::kEquals:
    case Operator::kNotEquals:
    case Operator::kContains:
    case Operator::kNotContains:
      return CheckSingle(condition);
  }
  return OfValue("unknown operator");
}

}  // namespace axonflow::policy

#include "policy/dynamic/dynamic_policy.h"

#include "base/json.h"
#include "policy/dynamic/field.h"
#include "policy/dynamic/words.h"

namespace axonflow::policy {
namespace {

constexpr WordTable<Operator, 12> kOperators{{{Operator::kEquals, "equals"},
                                              {Operator::kNotEquals, "not_equals"},
                                              {Operator::kContains, "contains"},
                                              {Operator::kNotContains, "not_contains"},
                                              {Operator::kContainsAny, "contains_any"},
                                              {Operator::kRegex, "regex"},
                                              {Operator::kGreaterThan, "greater_than"},
                                              {Operator::kLessThan, "less_than"},
                                              {Operator::kGreaterOrEqual, "greater_or_equal"},
                                              {Operator::kLessOrEqual, "less_or_equal"},
                                              {Operator::kIn, "in"},
                                              {Operator::kNotIn, "not_in"}}};
constexpr WordTable<Operator, 9> kOperatorAliases{
    {{Operator::kEquals, "=="},
     {Operator::kNotEquals, "!="},
     {Operator::kGreaterThan, ">"},
     {Operator::kLessThan, "<"},
     {Operator::kGreaterOrEqual, ">="},
     {Operator::kLessOrEqual, "<="},
     {Operator::kRegex, "matches"},
     {Operator::kGreaterOrEqual, "greater_than_or_equal"},
     {Operator::kLessOrEqual, "less_than_or_equal"}}};
constexpr WordTable<DynamicAction, 10> kActions{
    {{DynamicAction::kAllow, "allow"},
     {DynamicAction::kLog, "log"},
     {DynamicAction::kAlert, "alert"},
     {DynamicAction::kWarn, "warn"},
     {DynamicAction::kRoute, "route"},
     {DynamicAction::kModifyRisk, "modify_risk"},
     {DynamicAction::kRateLimit, "rate_limit"},
     {DynamicAction::kRedact, "redact"},
     {DynamicAction::kRequireApproval, "require_approval"},
     {DynamicAction::kBlock, "block"}}};

std::string TextMember(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return {};
  const auto text = member->AsString();
  return text ? std::string(*text) : std::string();
}

// The texts of a list, or the one text.
std::optional<std::vector<std::string>> TextsMember(const JsonValue& object,
                                                    std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return std::nullopt;
  std::vector<std::string> texts;
  if (const auto text = member->AsString()) {
    texts.emplace_back(*text);
    return texts;
  }
  if (member->type() != JsonType::kArray) return std::nullopt;
  member->ForEachElement([&](JsonValue element) {
    if (const auto text = element.AsString()) texts.emplace_back(*text);
  });
  return texts;
}

std::optional<double> NumberMember(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  return member ? member->AsDouble() : std::nullopt;
}

}  // namespace

std::string_view ToString(Operator op) { return WordIn(kOperators, op); }

std::optional<Operator> ParseOperator(std::string_view text) {
  if (const auto op = ValueIn(kOperators, text)) return op;
  return ValueIn(kOperatorAliases, text);
}

std::string_view ToString(DynamicAction action) { return WordIn(kActions, action); }

std::optional<DynamicAction> ParseDynamicAction(std::string_view text) {
  return ValueIn(kActions, text);
}

bool IsField(std::string_view field) { return ResolveField(field).has_value(); }

StepConfig ReadConfig(const ActionStep& step) {
  StepConfig config;
  JsonDocument document;
  const auto root = document.Parse(step.config);
  if (!root) return config;
  config.reason = TextMember(*root, "reason");
  if (config.reason.empty()) config.reason = TextMember(*root, "message");
  config.fields = TextsMember(*root, "fields").value_or(std::vector<std::string>());
  config.preferred_provider = TextMember(*root, "preferred_provider");
  config.allowed_providers = TextsMember(*root, "allowed_providers");
  config.add = NumberMember(*root, "add");
  config.modifier = NumberMember(*root, "modifier");
  return config;
}

Action VerdictOf(DynamicAction action) {
  switch (action) {
    case DynamicAction::kAllow:
      return Action::kAllow;
    case DynamicAction::kLog:
    case DynamicAction::kRoute:
    case DynamicAction::kModifyRisk:
    case DynamicAction::kRateLimit:
      return Action::kLog;
    case DynamicAction::kAlert:
    case DynamicAction::kWarn:
      return Action::kWarn;
    case DynamicAction::kRedact:
      return Action::kRedact;
    case DynamicAction::kRequireApproval:
      return Action::kRequireApproval;
    case DynamicAction::kBlock:
      return Action::kBlock;
  }
  return Action::kBlock;
}

void DeriveFromActions(DynamicPolicy& policy) {
  const ActionStep* strictest = nullptr;
  for (const ActionStep& step : policy.actions) {
    if (strictest == nullptr || VerdictOf(step.type) > VerdictOf(strictest->type)) {
      strictest = &step;
    }
  }
  if (strictest == nullptr) return;
  policy.policy.action = VerdictOf(strictest->type);
  if (policy.policy.action < Action::kRequireApproval) return;
  std::string reason = ReadConfig(*strictest).reason;
  if (!reason.empty()) policy.policy.description = std::move(reason);
}

}  // namespace axonflow::policy

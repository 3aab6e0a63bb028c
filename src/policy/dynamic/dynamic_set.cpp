#include "policy/dynamic/dynamic_set.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "policy/dynamic/condition_check.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy/dynamic/fact_probe.h"
#include "policy/dynamic/text_form.h"

namespace axonflow::policy {
namespace {

// A condition, compiled. Which members are used depends on `op`.
struct Test {
  Operator op = Operator::kEquals;
  std::uint32_t probe = 0;
  double number = 0;                   // the comparisons
  std::vector<std::string> texts;      // equals: one; in: sorted
  std::vector<std::uint32_t> needles;  // contains, contains_any
  std::uint32_t expression = 0;        // regex
};

// What an evaluation costs at most, for the order of the conditions of one policy.
int Cost(Operator op) {
  if (op == Operator::kRegex) return 2;
  const bool searches =
      op == Operator::kContains || op == Operator::kNotContains || op == Operator::kContainsAny;
  return searches ? 1 : 0;
}

struct Rule {
  std::uint32_t policy = 0;
  PlaneSet planes = PlaneSet::All();
  std::string segment;
  std::vector<Test> tests;  // cheapest first: all must hold, so their order changes nothing
};

Error Malformed(const DynamicPolicy& policy, const std::string& why) {
  return Error{ErrorCode::kInvalidArgument, policy.policy.id + ": " + why};
}

Status CheckPolicy(const DynamicPolicy& policy) {
  if (policy.policy.id.empty()) return Error{ErrorCode::kInvalidArgument, "a policy has no id"};
  if (policy.conditions.empty()) return Malformed(policy, "has no condition");
  if (policy.actions.empty()) return Malformed(policy, "has no action");
  if (policy.conditions.size() > DynamicSet::kConditionsMax) {
    return Malformed(policy, "has too many conditions");
  }
  if (policy.actions.size() > DynamicSet::kActionsMax) {
    return Malformed(policy, "has too many actions");
  }
  for (std::size_t i = 0; i < policy.conditions.size(); ++i) {
    const auto problem = CheckCondition(policy.conditions[i], PatternCheck::kShape);
    if (!problem) continue;
    return Malformed(policy, "conditions[" + std::to_string(i) + "]." + problem->member + ": " +
                                 problem->message);
  }
  return {};
}

std::string VersionOf(const std::vector<DynamicPolicy>& policies) {
  JsonWriter json;
  json.BeginArray();
  for (const DynamicPolicy& policy : policies) {
    const Policy& head = policy.policy;
    json.BeginArray().String(head.id).String(head.name).String(head.description);
    json.Int(head.version).Int(head.priority).Bool(head.enabled).String(ToString(head.mode));
    json.String(head.segment).Uint(head.planes.bits()).String(ToString(head.risk_level));
    json.String(ToString(head.tier)).String(ToString(head.severity)).Bool(head.allow_override);
    json.String(head.category).String(policy.type);
    WriteConditions(policy.conditions, json);
    WriteActions(policy.actions, json);
    json.EndArray();
  }
  json.EndArray();
  constexpr std::size_t kVersionBytes = 8;
  const Digest256 digest = Sha256(json.text());
  return HexEncode(std::span(digest).first(kVersionBytes));
}

bool Compare(Operator op, double fact, double limit) {
  switch (op) {
    case Operator::kGreaterThan:
      return fact > limit;
    case Operator::kLessThan:
      return fact < limit;
    case Operator::kGreaterOrEqual:
      return fact >= limit;
    default:
      return fact <= limit;
  }
}

bool IsAmong(const std::vector<std::string>& sorted, std::string_view text) {
  return std::ranges::binary_search(sorted, text, std::less<>());
}

// Whether the fact, or one of a list, has a text form among the texts.
bool HasTextForm(const Test& test, const FactValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return IsAmong(test.texts, *text);
  if (const auto* number = std::get_if<double>(&value)) {
    return IsAmong(test.texts, NumberText(*number));
  }
  const auto* list = std::get_if<std::span<const std::string>>(&value);
  return list != nullptr && std::ranges::any_of(*list, [&](const std::string& text) {
           return IsAmong(test.texts, text);
         });
}

bool HoldsAgainst(const Test& test, const FactValue& value) {
  const auto holds = [&](std::string_view text) {
    const auto number = ParseNumber(text);
    return number && Compare(test.op, *number, test.number);
  };
  if (const auto* number = std::get_if<double>(&value)) {
    return Compare(test.op, *number, test.number);
  }
  if (const auto* text = std::get_if<std::string_view>(&value)) return holds(*text);
  const auto* list = std::get_if<std::span<const std::string>>(&value);
  return list != nullptr && std::ranges::any_of(*list, holds);
}

bool Holds(const Test& test, const FactProbe& probe, const Facts& facts, ProbeState& state) {
  const FactValue& value = probe.Value(facts, state);
  if (std::holds_alternative<std::monostate>(value)) return false;
  const auto stands = [&](std::uint32_t needle) { return probe.HasNeedle(needle, state); };
  switch (test.op) {
    case Operator::kEquals:
    case Operator::kIn:
      return HasTextForm(test, value);
    case Operator::kNotEquals:
    case Operator::kNotIn:
      return !HasTextForm(test, value);
    case Operator::kContains:
    case Operator::kContainsAny:
      return std::ranges::any_of(test.needles, stands);
    case Operator::kNotContains:
      return std::ranges::none_of(test.needles, stands);
    case Operator::kRegex:
      return probe.HasMatch(test.expression, state);
    case Operator::kGreaterThan:
    case Operator::kLessThan:
    case Operator::kGreaterOrEqual:
    case Operator::kLessOrEqual:
      return HoldsAgainst(test, value);
  }
  return false;
}

}  // namespace

struct DynamicSet::Impl {
  std::vector<DynamicPolicy> policies;
  std::vector<Rule> rules;                         // of the enabled policies
  std::vector<std::unique_ptr<FactProbe>> probes;  // one a field that is asked for
  std::string version;

  Test CompileTest(const Condition& condition, std::map<FieldRef, std::uint32_t>& numbers);
  void CompileRules();
};

Test DynamicSet::Impl::CompileTest(const Condition& condition,
                                   std::map<FieldRef, std::uint32_t>& numbers) {
  const FieldRef ref = *ResolveField(condition.field);
  const auto [place, inserted] = numbers.emplace(ref, static_cast<std::uint32_t>(probes.size()));
  if (inserted) probes.push_back(std::make_unique<FactProbe>(ref));
  FactProbe& probe = *probes[place->second];

  Test test;
  test.op = condition.op;
  test.probe = place->second;
  if (const auto* list = std::get_if<std::vector<std::string>>(&condition.value)) {
    test.texts = *list;
  } else {
    test.texts.push_back(*TextForm(condition.value));
  }
  if (condition.op == Operator::kRegex) {
    test.expression = probe.AddExpression(test.texts.front());
    test.texts.clear();
  } else if (Cost(condition.op) > 0) {
    for (const std::string& text : test.texts) test.needles.push_back(probe.AddNeedle(text));
    test.texts.clear();
  } else if (const auto number = ParseNumber(test.texts.front())) {
    test.number = *number;
  }
  std::ranges::sort(test.texts);
  return test;
}

void DynamicSet::Impl::CompileRules() {
  std::map<FieldRef, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < policies.size(); ++i) {
    const DynamicPolicy& policy = policies[i];
    if (!policy.policy.enabled) continue;
    Rule rule;
    rule.policy = i;
    rule.planes = policy.policy.planes;
    rule.segment = policy.policy.segment;
    for (const Condition& condition : policy.conditions) {
      rule.tests.push_back(CompileTest(condition, numbers));
    }
    std::ranges::sort(rule.tests, {}, [](const Test& test) { return Cost(test.op); });
    rules.push_back(std::move(rule));
  }
  for (const auto& probe : probes) probe->Build();
}

DynamicSet::DynamicSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DynamicSet::~DynamicSet() = default;

Result<std::shared_ptr<const DynamicSet>> DynamicSet::Compile(std::vector<DynamicPolicy> policies) {
  if (policies.size() > kPoliciesMax) {
    return Error{ErrorCode::kInvalidArgument,
                 "more than " + std::to_string(kPoliciesMax) + " policies by conditions"};
  }
  std::ranges::sort(policies, [](const DynamicPolicy& a, const DynamicPolicy& b) {
    return std::tuple(-a.policy.priority, std::string_view(a.policy.id)) <
           std::tuple(-b.policy.priority, std::string_view(b.policy.id));
  });
  std::map<std::string_view, bool> ids;
  for (DynamicPolicy& policy : policies) {
    if (const Status status = CheckPolicy(policy); !status) return status.error();
    if (!ids.emplace(policy.policy.id, true).second)
      return Malformed(policy, "the id stands twice");
    DeriveFromActions(policy);
  }
  auto impl = std::make_unique<Impl>();
  impl->policies = std::move(policies);
  impl->version = VersionOf(impl->policies);
  impl->CompileRules();
  return std::shared_ptr<const DynamicSet>(new DynamicSet(std::move(impl)));
}

std::span<const DynamicPolicy> DynamicSet::policies() const { return impl_->policies; }
const std::string& DynamicSet::version() const { return impl_->version; }

void DynamicSet::Match(const Facts& facts, std::vector<std::uint32_t>& matched) const {
  static thread_local std::vector<ProbeState> states;
  const auto& probes = impl_->probes;
  if (states.size() < probes.size()) states.resize(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) probes[i]->Reset(states[i]);
  for (const Rule& rule : impl_->rules) {
    if (!rule.planes.Has(facts.plane)) continue;
    if (!rule.segment.empty() &&
        std::ranges::find(facts.segments, rule.segment) == facts.segments.end()) {
      continue;
    }
    const bool all_hold = std::ranges::all_of(rule.tests, [&](const Test& test) {
      return Holds(test, *probes[test.probe], facts, states[test.probe]);
    });
    if (all_hold) matched.push_back(rule.policy);
  }
}

}  // namespace axonflow::policy

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "policy/dynamic/dynamic_set.h"

namespace axonflow::policy {
namespace {

// The rules of conditions once more, slow and without any of the evaluator's code: every fact is
// spelled as a list of texts, every condition is looked at by itself.
namespace model {

using Texts = std::vector<std::string>;

std::string Lower(std::string text) {
  // The two-byte capitals that the random texts use, and ASCII.
  static const std::pair<std::string, std::string> kPairs[] = {
      {"Ä", "ä"}, {"É", "é"}, {"Ж", "ж"}, {"Σ", "σ"}, {"ς", "σ"}, {"\u212A", "k"}};
  for (const auto& [capital, small] : kPairs) {
    for (auto at = text.find(capital); at != std::string::npos; at = text.find(capital)) {
      text.replace(at, capital.size(), small);
    }
  }
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Spell(double number) {
  std::string text = std::to_string(number);  // six decimals, which the random numbers fit in
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

Texts Spell(const ConditionValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return {*text};
  if (const auto* number = std::get_if<double>(&value)) return {Spell(*number)};
  if (const auto* boolean = std::get_if<bool>(&value)) return {*boolean ? "true" : "false"};
  return std::get<Texts>(value);
}

std::optional<Texts> FactOf(const Facts& facts, const std::string& field) {
  const auto text = [](const auto& fact) {
    return fact ? std::optional<Texts>({std::string(*fact)}) : std::nullopt;
  };
  if (field == "query") return text(facts.query);
  if (field == "response") return text(facts.response);
  if (field == "user.role") return text(facts.user_role);
  if (field == "connector") return text(facts.connector);
  if (field == "risk_score" && facts.risk_score) return Texts{Spell(*facts.risk_score)};
  if (field == "user.permissions" && facts.user_permissions) {
    return Texts(facts.user_permissions->begin(), facts.user_permissions->end());
  }
  for (const auto& [key, value] : facts.context) {
    if (field == "context." + key) return Texts{value};
  }
  for (const auto& [key, value] : facts.signals) {
    if (field == key) return Texts{value};
  }
  return std::nullopt;
}

bool IsNumber(const std::string& text) {
  static const RE2 kNumber(R"(-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)");
  return RE2::FullMatch(text, kNumber);
}

bool Compare(Operator op, const std::string& text, const std::string& limit) {
  if (!IsNumber(text)) return false;
  const double a = std::stod(text);
  const double b = std::stod(limit);
  if (op == Operator::kGreaterThan) return a > b;
  if (op == Operator::kLessThan) return a < b;
  if (op == Operator::kGreaterOrEqual) return a >= b;
  return a <= b;
}

// Whether the positive form of the operator holds for one text of the fact and one of the value.
bool HoldsForOne(Operator op, const std::string& text, const std::string& value) {
  switch (op) {
    case Operator::kEquals:
    case Operator::kNotEquals:
    case Operator::kIn:
    case Operator::kNotIn:
      return text == value;
    case Operator::kContains:
    case Operator::kNotContains:
    case Operator::kContainsAny:
      return Lower(text).find(Lower(value)) != std::string::npos;
    case Operator::kRegex:
      return RE2::PartialMatch(text, value);
    default:
      return Compare(op, text, value);
  }
}

bool Holds(const Condition& condition, const Facts& facts) {
  const auto fact = FactOf(facts, condition.field);
  if (!fact) return false;
  bool some = false;
  for (const auto& text : *fact) {
    for (const auto& value : Spell(condition.value)) {
      some = some || HoldsForOne(condition.op, text, value);
    }
  }
  const bool negative = condition.op == Operator::kNotEquals || condition.op == Operator::kNotIn ||
                        condition.op == Operator::kNotContains;
  return negative ? !some : some;
}

bool Matches(const DynamicPolicy& policy, const Facts& facts) {
  if (!policy.policy.enabled || !policy.policy.planes.Has(facts.plane)) return false;
  const std::string& segment = policy.policy.segment;
  if (!segment.empty() && std::ranges::find(facts.segments, segment) == facts.segments.end()) {
    return false;
  }
  for (const auto& condition : policy.conditions) {
    if (!Holds(condition, facts)) return false;
  }
  return true;
}

std::vector<std::string> Matches(std::vector<DynamicPolicy> policies, const Facts& facts) {
  std::sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) {
    if (a.policy.priority != b.policy.priority) return a.policy.priority > b.policy.priority;
    return a.policy.id < b.policy.id;
  });
  std::vector<std::string> ids;
  for (const auto& policy : policies) {
    if (Matches(policy, facts)) ids.push_back(policy.policy.id);
  }
  return ids;
}

}  // namespace model

// Few words, so that conditions hold often.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t Below(std::size_t bound) { return engine_() % bound; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

  std::string Word() {
    static const char* const kWords[] = {
        "salary", "SALARY", "Sal", "ary",      "patient", "Ärzte", "ärzte", "É",   "Жук", "жук",
        "Σας",    "σασ",    "key", "\u212Aey", "admin",   "0",     "1",     "2.5", "-3",  "1e2",
        "true",   "false",  "10",  "a",        "aa",      "aaa",   "",      "abc", "xyz", "debug"};
    return kWords[Below(std::size(kWords))];
  }

  std::string Text() {
    std::string text = Word();
    for (std::size_t i = Below(4); i > 0; --i) text += (OneIn(2) ? " " : "") + Word();
    return text;
  }

  std::string Pattern() {
    static const char* const kPatterns[] = {
        "salary",      "(?i)salary", "^admin$", "[0-9]+",   "sal|debug|abc",   "a{2,3}",
        "(?i)\\bkey",  "(?i)ärzte",  "Жук",     "x.z",      "(?:abc|xyz) key", "patient.*key",
        "(?i)DEBUG a", "[aä]r",      "true|1",  "\\x{416}", "(?i)k",           "salary|[0-9]"};
    return kPatterns[Below(std::size(kPatterns))];
  }

  std::string FieldName() {
    static const char* const kFields[] = {
        "query",       "query",     "query",       "response",
        "user.role",   "connector", "risk_score",  "user.permissions",
        "context.a.b", "context.z", "media.score", "user.access_pattern"};
    return kFields[Below(std::size(kFields))];
  }

  double Number() { return static_cast<double>(Below(9)) / 2 - 1; }

  Condition MakeCondition() {
    Condition condition{FieldName(), static_cast<Operator>(Below(12)), {}};
    const auto not_empty = [this] {
      std::string word = Word();
      return word.empty() ? std::string("a") : word;
    };
    switch (condition.op) {
      case Operator::kRegex:
        condition.value = Pattern();
        break;
      case Operator::kGreaterThan:
      case Operator::kLessThan:
      case Operator::kGreaterOrEqual:
      case Operator::kLessOrEqual:
        if (OneIn(2)) {
          condition.value = Number();
        } else {
          condition.value = model::Spell(Number());
        }
        break;
      case Operator::kContainsAny:
      case Operator::kIn:
      case Operator::kNotIn: {
        std::vector<std::string> list;
        for (std::size_t i = 1 + Below(4); i > 0; --i) list.push_back(not_empty());
        condition.value = list;
        break;
      }
      default:
        if (OneIn(5)) {
          condition.value = Number();
        } else if (OneIn(8)) {
          condition.value = OneIn(2);
        } else {
          condition.value = not_empty();
        }
    }
    return condition;
  }

  DynamicPolicy MakePolicy(std::size_t number) {
    DynamicPolicy policy;
    policy.policy.id = "p" + std::to_string(number);
    policy.policy.priority = static_cast<int>(Below(3));
    policy.policy.enabled = !OneIn(10);
    if (OneIn(6)) policy.policy.segment = OneIn(2) ? "sales" : "finance";
    if (OneIn(6)) policy.policy.planes = PlaneSet::None().With(Plane::kProxy);
    for (std::size_t i = 1 + Below(3); i > 0; --i) policy.conditions.push_back(MakeCondition());
    policy.actions = {{DynamicAction::kLog, "{}"}};
    return policy;
  }

 private:
  std::mt19937 engine_;
};

// Owns what Facts only points to.
struct OwnedFacts {
  std::string query, response, role, connector;
  std::vector<std::string> permissions, segments;
  std::vector<std::pair<std::string, std::string>> context, signals;
  Facts facts;

  explicit OwnedFacts(Random& random) {
    const auto maybe = [&](std::string& text, std::optional<std::string_view>& fact) {
      text = random.Text();
      if (!random.OneIn(5)) fact = text;
    };
    maybe(query, facts.query);
    maybe(response, facts.response);
    maybe(role, facts.user_role);
    maybe(connector, facts.connector);
    if (!random.OneIn(5)) facts.risk_score = random.Number();
    for (std::size_t i = random.Below(3); i > 0; --i) permissions.push_back(random.Word());
    if (!random.OneIn(3)) facts.user_permissions = permissions;
    if (random.OneIn(2)) segments = {"sales"};
    facts.segments = segments;
    if (random.OneIn(2)) context.emplace_back("a.b", random.Text());
    if (random.OneIn(2)) context.emplace_back("z", random.Word());
    facts.context = context;
    if (random.OneIn(2)) signals.emplace_back("media.score", random.Word());
    if (random.OneIn(2)) signals.emplace_back("user.access_pattern", random.Word());
    facts.signals = signals;
    facts.plane = random.OneIn(2) ? Plane::kProxy : Plane::kGateway;
  }
};

// 250,000 pairs of a policy and an exchange.
TEST(DynamicSetModel, TheEvaluatorAgreesWithTheModel) {
  constexpr int kSets = 500;
  constexpr int kExchanges = 50;
  constexpr std::size_t kPolicies = 10;
  Random random(20'240'501);
  std::size_t matches = 0;
  for (int s = 0; s < kSets; ++s) {
    std::vector<DynamicPolicy> policies;
    for (std::size_t i = 0; i < kPolicies; ++i) policies.push_back(random.MakePolicy(i));
    const auto set = DynamicSet::Compile(policies);
    ASSERT_TRUE(set) << set.error().message;
    for (int e = 0; e < kExchanges; ++e) {
      const OwnedFacts owned(random);
      std::vector<std::uint32_t> matched;
      (*set)->Match(owned.facts, matched);
      std::vector<std::string> ids;
      for (const auto index : matched) ids.push_back((*set)->policies()[index].policy.id);
      const auto expected = model::Matches(policies, owned.facts);
      ASSERT_EQ(ids, expected) << "query: " << owned.query << " set " << s;
      matches += ids.size();
    }
  }
  // The cases are worth something only when policies match often, and often do not.
  EXPECT_GT(matches, 10'000U);
  EXPECT_LT(matches, 150'000U);
}

}  // namespace
}  // namespace axonflow::policy

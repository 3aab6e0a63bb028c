#include "policy/dynamic/dynamic_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace axonflow::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using List = std::vector<std::string>;

DynamicPolicy When(std::vector<Condition> conditions, std::string id = "p") {
  DynamicPolicy policy;
  policy.policy.id = std::move(id);
  policy.conditions = std::move(conditions);
  policy.actions = {{DynamicAction::kBlock, "{}"}};
  return policy;
}

std::shared_ptr<const DynamicSet> Compiled(std::vector<DynamicPolicy> policies) {
  auto set = DynamicSet::Compile(std::move(policies));
  EXPECT_TRUE(set) << (set ? "" : set.error().message);
  return set ? *set : nullptr;
}

std::vector<std::string> Matches(const DynamicSet& set, const Facts& facts) {
  std::vector<std::uint32_t> matched;
  set.Match(facts, matched);
  std::vector<std::string> ids;
  for (const auto index : matched) ids.push_back(set.policies()[index].policy.id);
  return ids;
}

bool Holds(const Condition& condition, const Facts& facts) {
  return !Matches(*Compiled({When({condition})}), facts).empty();
}

bool HoldsFor(std::string_view query, Operator op, ConditionValue value) {
  return Holds({"query", op, std::move(value)}, {.query = query});
}

std::string Refusal(std::vector<DynamicPolicy> policies) {
  const auto set = DynamicSet::Compile(std::move(policies));
  EXPECT_FALSE(set);
  return set ? "" : set.error().message;
}

TEST(DynamicSet, ContainsIgnoresCase) {
  EXPECT_TRUE(HoldsFor("Show the SALARY list", Operator::kContains, "salary"));
  EXPECT_TRUE(HoldsFor("show the salary list", Operator::kContains, "SALARY"));
  EXPECT_FALSE(HoldsFor("show the list", Operator::kContains, "salary"));
  EXPECT_TRUE(HoldsFor("GEHÄLTER DER MÜLLERS", Operator::kContains, "gehälter"));
  EXPECT_TRUE(HoldsFor("room 101", Operator::kContains, 10.0));
  EXPECT_FALSE(HoldsFor("salary", Operator::kNotContains, "Salary"));
  EXPECT_TRUE(HoldsFor("wage", Operator::kNotContains, "Salary"));
}

TEST(DynamicSet, ContainsAnyTakesOneOfTheList) {
  const List words{"diagnosis", "Patient"};
  EXPECT_TRUE(HoldsFor("PATIENT 7", Operator::kContainsAny, words));
  EXPECT_TRUE(HoldsFor("the diagnosis", Operator::kContainsAny, words));
  EXPECT_FALSE(HoldsFor("the weather", Operator::kContainsAny, words));
}

TEST(DynamicSet, EqualityComparesTextForms) {
  EXPECT_TRUE(HoldsFor("1", Operator::kEquals, 1.0));
  EXPECT_TRUE(HoldsFor("0.1", Operator::kEquals, 0.1));
  EXPECT_TRUE(HoldsFor("1000000", Operator::kEquals, 1e6));
  EXPECT_TRUE(HoldsFor("true", Operator::kEquals, true));
  EXPECT_FALSE(HoldsFor("1.0", Operator::kEquals, 1.0));
  EXPECT_FALSE(HoldsFor("TRUE", Operator::kEquals, true));
  EXPECT_TRUE(HoldsFor("a", Operator::kNotEquals, "b"));
  EXPECT_FALSE(HoldsFor("a", Operator::kNotEquals, "a"));
  EXPECT_TRUE(HoldsFor("b", Operator::kIn, List{"c", "b", "a"}));
  EXPECT_FALSE(HoldsFor("B", Operator::kIn, List{"c", "b", "a"}));
  EXPECT_TRUE(HoldsFor("d", Operator::kNotIn, List{"c", "b", "a"}));
  EXPECT_TRUE(Holds({"risk_score", Operator::kEquals, "0.5"}, {.risk_score = 0.5}));
  EXPECT_TRUE(Holds({"cost_estimate", Operator::kIn, List{"3"}}, {.cost_estimate = 3.0}));
}

TEST(DynamicSet, ComparesNumbersAndNumericTextsOnly) {
  EXPECT_TRUE(Holds({"risk_score", Operator::kGreaterThan, 0.8}, {.risk_score = 0.81}));
  EXPECT_FALSE(Holds({"risk_score", Operator::kGreaterThan, 0.8}, {.risk_score = 0.8}));
  EXPECT_TRUE(Holds({"risk_score", Operator::kGreaterOrEqual, "0.8"}, {.risk_score = 0.8}));
  EXPECT_TRUE(Holds({"risk_score", Operator::kLessThan, 0.8}, {.risk_score = 0.0}));
  EXPECT_TRUE(Holds({"risk_score", Operator::kLessOrEqual, 0.0}, {.risk_score = 0.0}));
  EXPECT_TRUE(HoldsFor("12", Operator::kGreaterThan, 9.0));
  EXPECT_TRUE(HoldsFor("-1e2", Operator::kLessThan, 0.0));
  for (const char* text : {"", "many", "12 ", " 12", "12x", "0x20", "inf", "nan", "--1", "1e999"}) {
    EXPECT_FALSE(HoldsFor(text, Operator::kGreaterThan, -1.0)) << text;
    EXPECT_FALSE(HoldsFor(text, Operator::kLessThan, 1e9)) << text;
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(Holds({"risk_score", Operator::kLessOrEqual, 1.0}, {.risk_score = nan}));
}

TEST(DynamicSet, RegexKeepsCaseAsWritten) {
  EXPECT_TRUE(HoldsFor("order 1234", Operator::kRegex, R"(\border \d{4}\b)"));
  EXPECT_FALSE(HoldsFor("Order 1234", Operator::kRegex, R"(\border \d{4}\b)"));
  EXPECT_TRUE(HoldsFor("Order 1234", Operator::kRegex, R"((?i)\border \d{4}\b)"));
  // A letter that ignoring case maps to an ASCII one from beyond ASCII.
  EXPECT_TRUE(HoldsFor("\u212Aeyword", Operator::kRegex, "(?i)keyword"));
  EXPECT_TRUE(HoldsFor("ΣΟΦΙΑ 12", Operator::kRegex, "ΣΟΦΙΑ [0-9]+"));
  EXPECT_TRUE(HoldsFor("\u01C4amija", Operator::kRegex, R"(\x{1C4}amija)"));
  EXPECT_TRUE(HoldsFor("say alpha or beta", Operator::kRegex, "alpha|beta"));
  EXPECT_TRUE(HoldsFor("7", Operator::kRegex, "[0-9]"));
}

TEST(DynamicSet, NoOperatorHoldsOnAnAbsentFact) {
  const std::vector<Condition> conditions = {
      {"user.role", Operator::kEquals, "admin"},
      {"user.role", Operator::kNotEquals, "admin"},
      {"user.role", Operator::kContains, "a"},
      {"user.role", Operator::kNotContains, "a"},
      {"user.role", Operator::kContainsAny, List{"a"}},
      {"user.role", Operator::kRegex, "a"},
      {"user.role", Operator::kGreaterThan, 0.0},
      {"user.role", Operator::kLessThan, 0.0},
      {"user.role", Operator::kGreaterOrEqual, 0.0},
      {"user.role", Operator::kLessOrEqual, 0.0},
      {"user.role", Operator::kIn, List{"a"}},
      {"user.role", Operator::kNotIn, List{"a"}},
  };
  for (const Condition& condition : conditions) {
    EXPECT_FALSE(Holds(condition, {.query = "a"})) << ToString(condition.op);
    Condition elsewhere = condition;
    for (const char* field : {"context.a.b", "media.x", "user.permissions", "risk_score"}) {
      elsewhere.field = field;
      EXPECT_FALSE(Holds(elsewhere, {.query = "a"})) << field << ToString(condition.op);
    }
  }
}

TEST(DynamicSet, ListsHoldByOneElementAndNegativesByNone) {
  const std::vector<std::string> permissions{"read:orders", "write"};
  const Facts facts{.user_permissions = permissions};
  const Facts none{.user_permissions = std::span<const std::string>()};
  const std::string field = "user.permissions";
  EXPECT_TRUE(Holds({field, Operator::kContains, "ORDERS"}, facts));
  EXPECT_TRUE(Holds({field, Operator::kEquals, "write"}, facts));
  EXPECT_FALSE(Holds({field, Operator::kNotEquals, "write"}, facts));
  EXPECT_TRUE(Holds({field, Operator::kIn, List{"x", "write"}}, facts));
  EXPECT_FALSE(Holds({field, Operator::kNotContains, "orders"}, facts));
  EXPECT_TRUE(Holds({field, Operator::kNotContains, "admin"}, facts));
  EXPECT_TRUE(Holds({field, Operator::kNotContains, "admin"}, none));
  EXPECT_FALSE(Holds({field, Operator::kContains, "admin"}, none));
  EXPECT_TRUE(Holds({field, Operator::kRegex, "^write$"}, facts));
}

TEST(DynamicSet, ReadsEveryField) {
  const std::vector<std::string> permissions{"v11"};
  const std::vector<std::pair<std::string, std::string>> context{{"a.b", "v12"},
                                                                 {"step_input.to", "v13"}};
  const std::vector<std::pair<std::string, std::string>> signals{
      {"media.has_pii", "v14"}, {"step.gate_count", "v15"}, {"user.access_pattern", "v16"}};
  const Facts facts{.query = "v0",
                    .response = "v1",
                    .request_type = "v2",
                    .request_id = "v3",
                    .user_id = "v4",
                    .user_email = "v5",
                    .user_role = "v6",
                    .user_department = "v7",
                    .user_region = "v8",
                    .user_tenant = "v9",
                    .user_permissions = permissions,
                    .client_id = "v17",
                    .client_name = "v18",
                    .client_org = "v19",
                    .client_tenant = "v20",
                    .connector = "v21",
                    .environment = "v22",
                    .risk_score = 23,
                    .cost_estimate = 24,
                    .context = context,
                    .signals = signals};
  const std::pair<const char*, const char*> fields[] = {
      {"query", "v0"},
      {"response", "v1"},
      {"request_type", "v2"},
      {"request_id", "v3"},
      {"user.id", "v4"},
      {"user.email", "v5"},
      {"user.role", "v6"},
      {"user.department", "v7"},
      {"user.region", "v8"},
      {"user.tenant_id", "v9"},
      {"user.permissions", "v11"},
      {"context.a.b", "v12"},
      {"step_input.to", "v13"},
      {"media.has_pii", "v14"},
      {"step.gate_count", "v15"},
      {"user.access_pattern", "v16"},
      {"client.id", "v17"},
      {"client.name", "v18"},
      {"client.org_id", "v19"},
      {"client.tenant_id", "v20"},
      {"connector", "v21"},
      {"environment", "v22"},
      {"risk_score", "23"},
      {"cost_estimate", "24"},
  };
  for (const auto& [field, value] : fields) {
    EXPECT_TRUE(Holds({field, Operator::kEquals, value}, facts)) << field;
  }
}

// Otherwise a caller could declare an image harmless, or a step its first try.
TEST(DynamicSet, NothingOfTheContextBecomesASignal) {
  const std::vector<std::pair<std::string, std::string>> context{
      {"media.has_pii", "true"}, {"step.gate_count", "1"}, {"user.role", "admin"}};
  for (const auto& [key, value] : context) {
    EXPECT_FALSE(Holds({key, Operator::kEquals, value}, {.context = context})) << key;
  }
}

TEST(DynamicSet, AllConditionsMustHold) {
  const auto set = Compiled({When({{"query", Operator::kContains, "debug"},
                                   {"environment", Operator::kNotEquals, "development"}})});
  EXPECT_THAT(Matches(*set, {.query = "debug", .environment = "production"}), ElementsAre("p"));
  EXPECT_THAT(Matches(*set, {.query = "debug", .environment = "development"}), IsEmpty());
  EXPECT_THAT(Matches(*set, {.query = "x", .environment = "production"}), IsEmpty());
  EXPECT_THAT(Matches(*set, {.query = "debug"}), IsEmpty());
}

TEST(DynamicSet, MatchesInOrderOfPriorityThenId) {
  const auto policy = [](const char* id, int priority) {
    auto made = When({{"query", Operator::kContains, "x"}}, id);
    made.policy.priority = priority;
    return made;
  };
  const auto set = Compiled({policy("c", 1), policy("b", 9), policy("a", 1)});
  EXPECT_THAT(Matches(*set, {.query = "x"}), ElementsAre("b", "a", "c"));
}

TEST(DynamicSet, LeavesOutDisabledOnesOtherPlanesAndOtherSegments) {
  const Condition any{"query", Operator::kContains, "x"};
  auto disabled = When({any}, "disabled");
  disabled.policy.enabled = false;
  auto proxy = When({any}, "proxy");
  proxy.policy.planes = PlaneSet::None().With(Plane::kProxy);
  auto finance = When({any}, "finance");
  finance.policy.segment = "finance";
  const auto set = Compiled({disabled, proxy, finance});
  EXPECT_EQ(set->policies().size(), 3U);
  EXPECT_THAT(Matches(*set, {.query = "x", .plane = Plane::kGateway}), IsEmpty());
  EXPECT_THAT(Matches(*set, {.query = "x", .plane = Plane::kProxy}), ElementsAre("proxy"));
  const std::vector<std::string> segments{"sales", "finance"};
  EXPECT_THAT(Matches(*set, {.query = "x", .segments = segments}), ElementsAre("finance"));
}

TEST(DynamicSet, RefusesWhatItCannotEvaluate) {
  const Condition good{"query", Operator::kContains, "x"};
  EXPECT_THAT(Refusal({When({})}), HasSubstr("p: has no condition"));
  auto idle = When({good});
  idle.actions.clear();
  EXPECT_THAT(Refusal({idle}), HasSubstr("p: has no action"));
  EXPECT_THAT(Refusal({When({good}), When({good})}), HasSubstr("p: the id stands twice"));
  const std::pair<Condition, const char*> cases[] = {
      {{"user.password", Operator::kEquals, "x"}, "conditions[0].field: unknown field"},
      {{"context.", Operator::kEquals, "x"}, "field"},
      {{"context.a..b", Operator::kEquals, "x"}, "field"},
      {{"query", Operator::kRegex, "(a"}, "conditions[0].value: the pattern is malformed"},
      {{"query", Operator::kRegex, 1.0}, "must be a text"},
      {{"query", Operator::kGreaterThan, "many"}, "must be a number"},
      {{"query", Operator::kLessThan, true}, "must be a number"},
      {{"query", Operator::kIn, "x"}, "must be a list"},
      {{"query", Operator::kContainsAny, List{}}, "empty list"},
      {{"query", Operator::kContainsAny, List{""}}, "empty"},
      {{"query", Operator::kContains, ""}, "empty"},
      {{"query", Operator::kEquals, List{"x"}}, "single value"},
      {{"query", Operator::kContains, std::string(4'097, 'x')}, "more than 4096 bytes"},
      {{"query", Operator::kIn, List(1'001, "x")}, "more than 1000 elements"},
  };
  for (const auto& [condition, message] : cases) {
    EXPECT_THAT(Refusal({When({condition})}), HasSubstr(message));
  }
  EXPECT_THAT(Refusal({When(std::vector<Condition>(51, good))}), HasSubstr("too many conditions"));
}

TEST(DynamicSet, VersionChangesWithAnyPartOfAPolicy) {
  const auto version = [](auto&& change) {
    auto policy = When({{"query", Operator::kContains, "x"}});
    change(policy);
    return Compiled({policy})->version();
  };
  const std::string before = version([](DynamicPolicy&) {});
  EXPECT_EQ(before.size(), 16U);
  EXPECT_EQ(version([](DynamicPolicy&) {}), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.conditions[0].value = "y"; }), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.actions[0].config = R"({"reason":"r"})"; }), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.policy.enabled = false; }), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.policy.priority = 51; }), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.policy.mode = Mode::kShadow; }), before);
  EXPECT_NE(version([](DynamicPolicy& p) { p.policy.segment = "s"; }), before);
}

// The states of one thread serve many sets in turn.
TEST(DynamicSet, SetsDoNotSeeEachOthersEvaluations) {
  const auto one = Compiled({When({{"query", Operator::kContains, "alpha"}}, "one")});
  const auto two = Compiled({When({{"query", Operator::kRegex, "beta[0-9]"}}, "two"),
                             When({{"response", Operator::kContains, "alpha"}}, "three")});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Matches(*one, {.query = "alpha"}), ElementsAre("one"));
    EXPECT_THAT(Matches(*two, {.query = "alpha", .response = "beta1"}), IsEmpty());
    EXPECT_THAT(Matches(*two, {.query = "beta1", .response = "alpha"}),
                ElementsAre("three", "two"));
  }
}

}  // namespace
}  // namespace axonflow::policy

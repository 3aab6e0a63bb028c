#include "policy/dynamic/conflicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <string>
#include <vector>

namespace axonflow::policy {
namespace {

const Condition kSalary{"query", Operator::kContains, "salary"};
const Condition kWage{"query", Operator::kContains, "wage"};
const Condition kAdmin{"user.role", Operator::kEquals, "admin"};
const Condition kGuest{"user.role", Operator::kEquals, "guest"};
const ActionStep kBlock{DynamicAction::kBlock, R"({"reason":"no","n":1})"};
const ActionStep kLog{DynamicAction::kLog, "{}"};
const ActionStep kAlert{DynamicAction::kAlert, "{}"};
const ActionStep kRoute{DynamicAction::kRoute, "{}"};

DynamicPolicy Make(std::string id, int priority, std::vector<Condition> conditions,
                   std::vector<ActionStep> actions) {
  DynamicPolicy policy;
  policy.policy.id = id;
  policy.policy.name = "Name of " + id;
  policy.policy.priority = priority;
  policy.conditions = std::move(conditions);
  policy.actions = std::move(actions);
  return policy;
}

// "a>b type field" of each conflict.
std::vector<std::string> Found(const std::vector<DynamicPolicy>& policies,
                               std::optional<std::string_view> id = std::nullopt) {
  std::vector<std::string> found;
  for (const Conflict& conflict : FindConflicts(policies, id).conflicts) {
    found.push_back(policies[conflict.a].policy.id + ">" + policies[conflict.b].policy.id + " " +
                    std::string(ToString(conflict.type)) + " " + conflict.overlapping_field);
  }
  return found;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Conflicts, OneBlocksWhatTheOtherOnlyNotes) {
  EXPECT_THAT(
      Found({Make("a", 1, {kAdmin, kSalary}, {kBlock}), Make("b", 1, {kSalary, kGuest}, {kLog})}),
      ElementsAre("a>b contradictory_action user.role"));
  EXPECT_THAT(Found({Make("a", 1, {kSalary}, {kAlert}), Make("b", 1, {kSalary}, {kBlock})}),
              ElementsAre("a>b contradictory_action query"));
  // Blocking and logging is no contradiction to blocking, and routing lets nothing pass.
  EXPECT_THAT(Found({Make("a", 1, {kSalary}, {kBlock}), Make("b", 1, {kSalary}, {kBlock, kLog})}),
              IsEmpty());
  EXPECT_THAT(Found({Make("a", 1, {kSalary}, {kBlock}), Make("b", 1, {kSalary}, {kRoute})}),
              IsEmpty());
  // The same field with another value is another condition.
  EXPECT_THAT(Found({Make("a", 1, {kSalary}, {kBlock}), Make("b", 1, {kWage}, {kLog})}), IsEmpty());
}

TEST(Conflicts, TheSameTwiceIsRedundantInAnyOrder) {
  const ActionStep block_again{DynamicAction::kBlock, R"({ "n": 1, "reason": "no" })"};
  EXPECT_THAT(Found({Make("a", 1, {kSalary, kAdmin}, {kBlock, kRoute}),
                     Make("b", 7, {kAdmin, kSalary}, {kRoute, block_again})}),
              ElementsAre("a>b redundant query"));
  const ActionStep other{DynamicAction::kBlock, R"({"reason":"yes","n":1})"};
  EXPECT_THAT(Found({Make("a", 1, {kSalary}, {kBlock}), Make("b", 1, {kSalary}, {other})}),
              IsEmpty());
}

TEST(Conflicts, TheWiderAndStrongerShadowsTheNarrower) {
  EXPECT_THAT(Found({Make("a", 1, {kSalary, kAdmin}, {kLog}), Make("b", 9, {kSalary}, {kLog})}),
              ElementsAre("b>a shadow query"));
  EXPECT_THAT(Found({Make("a", 9, {kSalary, kAdmin}, {kLog}), Make("b", 1, {kSalary}, {kLog})}),
              IsEmpty());
  EXPECT_THAT(Found({Make("a", 5, {kSalary, kAdmin}, {kLog}), Make("b", 5, {kSalary}, {kLog})}),
              IsEmpty());
}

TEST(Conflicts, APairConflictsOnceByTheMostSevereType) {
  EXPECT_THAT(Found({Make("a", 9, {kSalary}, {kBlock}), Make("b", 1, {kSalary, kAdmin}, {kLog})}),
              ElementsAre("a>b contradictory_action query"));
}

TEST(Conflicts, ComeInOrderOfSeverity) {
  const std::vector<DynamicPolicy> policies = {
      Make("a", 1, {kAdmin}, {kRoute}), Make("b", 2, {kAdmin}, {kRoute}),
      Make("c", 1, {kAdmin, kSalary}, {kLog}), Make("d", 1, {kWage, kSalary}, {kBlock})};
  EXPECT_THAT(Found(policies), ElementsAre("c>d contradictory_action query", "b>c shadow user.role",
                                           "a>b redundant user.role"));
  EXPECT_EQ(SeverityOf(ConflictType::kContradictoryAction), Severity::kHigh);
  EXPECT_EQ(SeverityOf(ConflictType::kShadow), Severity::kMedium);
  EXPECT_EQ(SeverityOf(ConflictType::kRedundant), Severity::kLow);
}

TEST(Conflicts, LeaveOutDisabledOnesAndOtherSegments) {
  auto a = Make("a", 1, {kSalary}, {kBlock});
  auto b = Make("b", 1, {kSalary}, {kLog});
  b.policy.enabled = false;
  EXPECT_THAT(Found({a, b}), IsEmpty());
  EXPECT_EQ(FindConflicts(std::vector{a, b}).policy_count, 1U);
  b.policy.enabled = true;
  a.policy.segment = "sales";
  EXPECT_THAT(Found({a, b}), ElementsAre("a>b contradictory_action query"));
  b.policy.segment = "finance";
  EXPECT_THAT(Found({a, b}), IsEmpty());
  // A policy for some callers does not make one for all of them pointless.
  auto narrow = Make("narrow", 9, {kSalary}, {kRoute});
  narrow.policy.segment = "sales";
  EXPECT_THAT(Found({narrow, Make("wide", 1, {kSalary, kAdmin}, {kRoute})}), IsEmpty());
}

TEST(Conflicts, OfOnePolicyAreThePairsWithIt) {
  const std::vector<DynamicPolicy> policies = {Make("a", 1, {kSalary}, {kRoute}),
                                               Make("b", 1, {kSalary}, {kRoute}),
                                               Make("c", 1, {kSalary}, {kRoute})};
  EXPECT_THAT(Found(policies, "b"), ElementsAre("a>b redundant query", "b>c redundant query"));
  EXPECT_THAT(Found(policies, "unknown"), IsEmpty());
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

TEST(Conflicts, OfAThousandPoliciesTakeAFractionOfASecond) {
  std::vector<DynamicPolicy> policies;
  for (int i = 0; i < 1'200; ++i) {
    const Condition topic{"query", Operator::kContains, "topic" + std::to_string(i % 40)};
    policies.push_back(Make("p" + std::to_string(i), i % 7, {topic, i % 2 == 0 ? kAdmin : kGuest},
                            {i % 3 == 0 ? kBlock : kLog}));
  }
  const double begin = CpuSeconds();
  const auto report = FindConflicts(policies);
  const double seconds = CpuSeconds() - begin;
  EXPECT_EQ(report.policy_count, kConflictPoliciesMax);
  EXPECT_EQ(report.conflicts.size(), kConflictsMax);
  EXPECT_GT(report.conflict_count, kConflictsMax);
  EXPECT_LT(seconds, 2.0);  // 0.2 as released; this also runs under sanitizers
}

}  // namespace
}  // namespace axonflow::policy

#include "policy/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "policy/testing.h"

namespace axonflow::policy {
namespace {

Policy Stored(std::string id, Action action, Severity severity, int priority) {
  Policy policy;
  policy.id = std::move(id);
  policy.name = "Name of " + policy.id;
  policy.description = "Reason of " + policy.id + ".";
  policy.category = "security-admin";  // no posture group: the stored action stands
  policy.action = action;
  policy.severity = severity;
  policy.priority = priority;
  policy.pattern = "\\b" + policy.id + "\\b";
  return policy;
}

std::shared_ptr<const PolicyView> Set(const Posture& posture = Posture()) {
  Policy unnamed = Stored("silent", Action::kBlock, Severity::kLow, 5);
  unnamed.description.clear();
  auto set = PolicySet::Compile({Stored("log", Action::kLog, Severity::kCritical, 90),
                                 Stored("warn", Action::kWarn, Severity::kMedium, 80),
                                 Stored("redact", Action::kRedact, Severity::kHigh, 70),
                                 Stored("approve", Action::kRequireApproval, Severity::kLow, 60),
                                 Stored("block", Action::kBlock, Severity::kMedium, 50),
                                 Stored("block2", Action::kBlock, Severity::kMedium, 40), unnamed});
  EXPECT_TRUE(set) << (set ? "" : set.error().message);
  return testing::ViewOf(*set, posture);
}

std::uint32_t Index(const PolicyView& view, std::string_view id) {
  std::uint32_t index = 0;
  while (index < view.size() && view.policy(index).id != id) ++index;
  return index;
}

Verdict Of(const PolicyView& set, const std::vector<std::string_view>& ids) {
  std::vector<Finding> findings;
  for (const auto id : ids) findings.push_back({.policy = Index(set, id), .spans = {}});
  return Resolve(set, findings, {.plane = Plane::kDecision});
}

TEST(Resolver, AllowsWhenNothingMatched) {
  const Verdict verdict = Of(*Set(), {});
  EXPECT_EQ(verdict.outcome, Outcome::kAllowed);
  EXPECT_TRUE(verdict.matches.empty());
  EXPECT_TRUE(verdict.reason.empty());
  EXPECT_EQ(verdict.risk_level, Severity::kLow);
}

TEST(Resolver, StrictestActionDecidesTheOutcome) {
  const auto set = Set();
  EXPECT_EQ(Of(*set, {"log"}).outcome, Outcome::kAllowed);
  EXPECT_EQ(Of(*set, {"log", "warn"}).outcome, Outcome::kAllowed);
  EXPECT_EQ(Of(*set, {"log", "warn", "redact"}).outcome, Outcome::kRedacted);
  EXPECT_EQ(Of(*set, {"redact", "approve"}).outcome, Outcome::kNeedsApproval);
  EXPECT_EQ(Of(*set, {"log", "approve", "block"}).outcome, Outcome::kBlocked);
}

TEST(Resolver, DecidingMatchComesFirstAndGivesTheReason) {
  const auto set = Set();
  const Verdict verdict = Of(*set, {"log", "redact", "block", "block2"});
  ASSERT_EQ(verdict.matches.size(), 4U);
  EXPECT_EQ(verdict.matches[0].policy, Index(*set, "block"));
  EXPECT_EQ(verdict.matches[1].policy, Index(*set, "log"));
  EXPECT_EQ(verdict.matches[3].policy, Index(*set, "block2"));
  EXPECT_EQ(verdict.reason, "Reason of block.");
  EXPECT_EQ(Of(*set, {"silent"}).reason, "Blocked by policy: Name of silent");
}

TEST(Resolver, RiskIsTheHighestSeverityWhateverTheAction) {
  const auto set = Set();
  EXPECT_EQ(Of(*set, {"log", "block"}).risk_level, Severity::kCritical);
  EXPECT_EQ(Of(*set, {"approve"}).risk_level, Severity::kLow);
}

TEST(Resolver, RedactIsAskedForOnlyWhenTheTextMayPass) {
  const auto set = Set();
  EXPECT_TRUE(Of(*set, {"redact"}).redact);
  EXPECT_FALSE(Of(*set, {"warn"}).redact);
  EXPECT_FALSE(Of(*set, {"redact", "block"}).redact);
  EXPECT_FALSE(Of(*set, {"redact", "approve"}).redact);
}

TEST(Resolver, PolicyThatIsNamedTwiceIsListedOnceWithBothCounts) {
  const auto set = Set();
  const Verdict verdict = Of(*set, {"warn", "warn"});
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].count, 2U);
}

TEST(Resolver, FindingOfAnotherSetIsAnErrorAndNeverAnAllow) {
  const auto set = Set();
  const std::vector<Finding> findings = {{.policy = 99, .spans = {}}};
  const Verdict verdict = Resolve(*set, findings, {.plane = Plane::kMcp});
  EXPECT_EQ(verdict.outcome, Outcome::kError);
  EXPECT_FALSE(verdict.reason.empty());
}

TEST(Resolver, PostureReplacesTheStoredActionOfItsGroup) {
  Policy policy = Stored("sqli", Action::kLog, Severity::kHigh, 50);
  policy.category = "security-sqli";
  policy.builtin = true;
  const auto set = PolicySet::Compile({policy});
  ASSERT_TRUE(set);
  const auto posture = Posture::FromVariables({{"GATEWAY_SQLI_ACTION", "block"}});
  ASSERT_TRUE(posture);
  const auto view = testing::ViewOf(*set, *posture);
  const std::vector<Finding> findings = {{.policy = 0, .spans = {}}};
  EXPECT_EQ(Resolve(*view, findings, {.plane = Plane::kGateway}).outcome, Outcome::kBlocked);
  EXPECT_EQ(Resolve(*view, findings, {.plane = Plane::kMcp}).outcome, Outcome::kAllowed);
}

TEST(Resolver, VerdictDoesNotDependOnTheOrderOfFindings) {
  const auto set = Set();
  std::mt19937 random(20'240'229);  // NOLINT(cert-msc51-cpp): the same cases in every run
  for (int round = 0; round < 300; ++round) {
    std::vector<Finding> findings;
    for (std::uint32_t i = 0; i < set->size(); ++i) {
      if (random() % 2 == 0) findings.push_back({.policy = i, .count = i + 1, .spans = {}});
    }
    const Verdict expected = Resolve(*set, findings, {.plane = Plane::kMcp});
    Action strictest = Action::kAllow;
    for (const Finding& f : findings) strictest = std::max(strictest, set->policy(f.policy).action);
    if (!findings.empty()) {
      EXPECT_EQ(expected.matches[0].action, strictest);
    }

    std::shuffle(findings.begin(), findings.end(), random);
    const Verdict shuffled = Resolve(*set, findings, {.plane = Plane::kMcp});
    EXPECT_EQ(shuffled.outcome, expected.outcome);
    EXPECT_EQ(shuffled.reason, expected.reason);
    EXPECT_EQ(shuffled.risk_level, expected.risk_level);
    ASSERT_EQ(shuffled.matches.size(), expected.matches.size());
    for (std::size_t i = 0; i < expected.matches.size(); ++i) {
      EXPECT_EQ(shuffled.matches[i].policy, expected.matches[i].policy);
      EXPECT_EQ(shuffled.matches[i].count, expected.matches[i].count);
    }
  }
}

}  // namespace
}  // namespace axonflow::policy

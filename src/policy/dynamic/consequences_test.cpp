#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/dynamic/dynamic_set.h"

namespace axonflow::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

DynamicPolicy WithActions(std::vector<ActionStep> actions) {
  DynamicPolicy policy;
  policy.policy.name = "Name";
  policy.actions = std::move(actions);
  return policy;
}

Consequences Of(const std::vector<DynamicPolicy>& policies, double risk_score = 0.5) {
  std::vector<const DynamicPolicy*> matched;
  for (const auto& policy : policies) matched.push_back(&policy);
  return AddUp(matched, risk_score);
}

TEST(Consequences, SpellRequiredActionsAsTheWireDoes) {
  const auto sum = Of({WithActions({{DynamicAction::kBlock, R"({"reason":"Too risky"})"},
                                    {DynamicAction::kRedact, R"({"fields":["ssn","email"]})"},
                                    {DynamicAction::kRequireApproval, R"({"reason":"Ask"})"},
                                    {DynamicAction::kLog, R"({"x":1})"},
                                    {DynamicAction::kAlert, R"({"severity":"warning"})"}}),
                       WithActions({{DynamicAction::kRedact, R"({"fields":["email","phone"]})"},
                                    {DynamicAction::kBlock, R"({"message":"Second"})"}})});
  EXPECT_THAT(sum.required_actions,
              ElementsAre("blocked: Too risky", "redact: [ssn email]", "require_approval",
                          "approval_reason: Ask", "redact: [email phone]", "blocked: Second"));
  EXPECT_THAT(sum.redact_fields, ElementsAre("ssn", "email", "phone"));
}

TEST(Consequences, TakeTheReasonFromThePolicyWhenTheStepGivesNone) {
  auto policy = WithActions({{DynamicAction::kBlock, "{}"}});
  EXPECT_THAT(Of({policy}).required_actions, ElementsAre("blocked: Name"));
  policy.policy.description = "Described";
  EXPECT_THAT(Of({policy}).required_actions, ElementsAre("blocked: Described"));
}

TEST(Consequences, IntersectProvidersAndPreferTheLast) {
  const auto route = [](const char* config) {
    return WithActions({{DynamicAction::kRoute, config}});
  };
  const auto one = route(R"({"allowed_providers":["a","b","c"],"preferred_provider":"a"})");
  const auto two = route(R"({"allowed_providers":["c","b"],"preferred_provider":"b"})");
  const auto three = route(R"({"allowed_providers":["d"]})");
  EXPECT_THAT(Of({one}).allowed_providers, Optional(ElementsAre("a", "b", "c")));
  EXPECT_THAT(Of({one, two}).allowed_providers, Optional(ElementsAre("b", "c")));
  EXPECT_EQ(Of({one, two, three}).preferred_provider, "b");
  // Nobody is left, which is not the same as anybody.
  EXPECT_THAT(Of({one, two, three}).allowed_providers, Optional(IsEmpty()));
  EXPECT_FALSE(Of({WithActions({{DynamicAction::kRoute, "{}"}})}).allowed_providers);
}

TEST(Consequences, ModifyRiskWithinItsBounds) {
  const auto modify = [](const char* config) {
    return WithActions({{DynamicAction::kModifyRisk, config}});
  };
  EXPECT_DOUBLE_EQ(Of({modify(R"({"add":0.2})")}).risk_score, 0.7);
  EXPECT_DOUBLE_EQ(Of({modify(R"({"modifier":0.5})")}).risk_score, 0.25);
  EXPECT_DOUBLE_EQ(Of({modify(R"({"add":9})"), modify(R"({"add":-0.25})")}).risk_score, 0.75);
  EXPECT_DOUBLE_EQ(Of({modify(R"({"add":-3})")}).risk_score, 0);
  EXPECT_DOUBLE_EQ(Of({modify(R"({"add":"x"})")}).risk_score, 0.5);
}

TEST(DeriveFromActions, TakesTheStrictestStepAndItsReason) {
  auto policy = WithActions({{DynamicAction::kLog, R"({"message":"logged"})"},
                             {DynamicAction::kRequireApproval, R"({"reason":"ask"})"},
                             {DynamicAction::kBlock, R"({"message":"stop"})"},
                             {DynamicAction::kBlock, R"({"message":"second"})"}});
  DeriveFromActions(policy);
  EXPECT_EQ(policy.policy.action, Action::kBlock);
  EXPECT_EQ(policy.policy.description, "stop");
  policy.policy.description = "described";
  policy.actions = {{DynamicAction::kAlert, R"({"message":"heard"})"},
                    {DynamicAction::kRoute, "{}"}};
  DeriveFromActions(policy);
  EXPECT_EQ(policy.policy.action, Action::kWarn);
  EXPECT_EQ(policy.policy.description, "described");
}

}  // namespace
}  // namespace axonflow::policy

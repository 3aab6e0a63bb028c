#include "policy/dynamic/dynamic_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "policy/dynamic/dynamic_set.h"

namespace axonflow::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const DynamicSet& Builtin() {
  static const auto set = [] {
    auto policies = BuiltinDynamicPolicies();
    EXPECT_TRUE(policies) << (policies ? "" : policies.error().message);
    return DynamicSet::Compile(std::move(policies).value()).value();
  }();
  return *set;
}

std::vector<std::string> Matches(Facts facts, Plane plane = Plane::kProxy) {
  facts.plane = plane;
  std::vector<std::uint32_t> matched;
  Builtin().Match(facts, matched);
  std::vector<std::string> ids;
  for (const auto index : matched) ids.push_back(Builtin().policies()[index].policy.id);
  return ids;
}

TEST(DynamicCatalogue, HoldsTheRowsOfTheContractWithTheirPriorities) {
  const std::map<std::string, int> expected = {{"sys_dyn_high_risk_block", 1000},
                                               {"sys_dyn_anomalous_access", 900},
                                               {"sys_dyn_hipaa", 950},
                                               {"sys_dyn_gdpr", 950},
                                               {"sys_dyn_financial", 950},
                                               {"sys_dyn_tenant_isolation", 1000},
                                               {"sys_dyn_debug_restrict", 800},
                                               {"sys_dyn_expensive_query", 700},
                                               {"sys_dyn_llm_cost", 600},
                                               {"sys_dyn_sensitive_data", 900},
                                               {"sys_media_nsfw_block", 1000},
                                               {"sys_media_violence_warn", 950},
                                               {"sys_media_pii_block", 950},
                                               {"sys_media_biometric_log", 900},
                                               {"sys_media_sensitive_doc_warn", 900}};
  std::map<std::string, int> found;
  for (const DynamicPolicy& policy : Builtin().policies()) {
    found[policy.policy.id] = policy.policy.priority;
    EXPECT_EQ(policy.policy.tier, Tier::kSystem);
    EXPECT_TRUE(policy.policy.enabled);
  }
  EXPECT_EQ(found, expected);
}

TEST(DynamicCatalogue, EachRowMatchesItsCase) {
  EXPECT_THAT(Matches({.risk_score = 0.81}), ElementsAre("sys_dyn_high_risk_block"));
  EXPECT_THAT(Matches({.query = "where TENANT_ID = 7"}), ElementsAre("sys_dyn_tenant_isolation"));
  EXPECT_THAT(Matches({.query = "the Diagnosis"}), ElementsAre("sys_dyn_hipaa"));
  EXPECT_THAT(Matches({.user_region = "EEA"}), ElementsAre("sys_dyn_gdpr"));
  EXPECT_THAT(Matches({.query = "credit_score"}), ElementsAre("sys_dyn_financial"));
  EXPECT_THAT(Matches({.query = "list salary"}),
              ElementsAre("sys_dyn_financial", "sys_dyn_sensitive_data"));
  EXPECT_THAT(Matches({.query = "Debug it", .environment = "production"}),
              ElementsAre("sys_dyn_debug_restrict"));
  EXPECT_THAT(Matches({.cost_estimate = 100.5}), ElementsAre("sys_dyn_expensive_query"));
  const Pairs anomalous{{"user.access_pattern", "anomalous"}};
  EXPECT_THAT(Matches({.risk_score = 0.7, .signals = anomalous}),
              ElementsAre("sys_dyn_anomalous_access"));
  const Pairs usage{{"user.monthly_llm_usage", "1001"}};
  EXPECT_THAT(Matches({.request_type = "llm_chat", .signals = usage}),
              ElementsAre("sys_dyn_llm_cost"));
}

TEST(DynamicCatalogue, NoRowMatchesWithoutItsCase) {
  EXPECT_THAT(Matches({.query = "What is the weather in Paris?",
                       .request_type = "llm_chat",
                       .user_region = "US",
                       .environment = "production",
                       .risk_score = 0.8,
                       .cost_estimate = 100}),
              IsEmpty());
  EXPECT_THAT(Matches({.query = "our tenant_id column is an integer"}), IsEmpty());
  EXPECT_THAT(Matches({.query = "debug", .environment = "development"}), IsEmpty());
  EXPECT_THAT(Matches({.query = "debug"}), IsEmpty());
  EXPECT_THAT(Matches({}), IsEmpty());
}

TEST(DynamicCatalogue, JudgesTextsWhereWholeExchangesRun) {
  for (const Plane plane : {Plane::kGateway, Plane::kDecision, Plane::kMcp}) {
    EXPECT_THAT(Matches({.query = "salary", .risk_score = 0.9}, plane), IsEmpty());
  }
}

TEST(DynamicCatalogue, MediaRowsNeedWhatWasFound) {
  const auto found = [](const char* name, const char* value) {
    const Pairs signals{{name, value}};
    return Matches({.signals = signals}, Plane::kGateway);
  };
  EXPECT_THAT(found("media.nsfw_score", "0.9"), ElementsAre("sys_media_nsfw_block"));
  EXPECT_THAT(found("media.nsfw_score", "0.8"), IsEmpty());
  EXPECT_THAT(found("media.violence_score", "0.71"), ElementsAre("sys_media_violence_warn"));
  EXPECT_THAT(found("media.has_pii", "true"), ElementsAre("sys_media_pii_block"));
  EXPECT_THAT(found("media.has_pii", "false"), IsEmpty());
  EXPECT_THAT(found("media.has_biometric_data", "true"), ElementsAre("sys_media_biometric_log"));
  EXPECT_THAT(found("media.is_sensitive_document", "true"),
              ElementsAre("sys_media_sensitive_doc_warn"));
}

TEST(DynamicCatalogue, ActionsCarryWhatTheWireNeeds) {
  std::map<std::string, const DynamicPolicy*> by_id;
  for (const DynamicPolicy& policy : Builtin().policies()) by_id[policy.policy.id] = &policy;
  const DynamicPolicy* matched[] = {by_id["sys_dyn_high_risk_block"], by_id["sys_dyn_hipaa"],
                                    by_id["sys_dyn_llm_cost"]};
  const auto sum = AddUp(matched, 0.5);
  EXPECT_THAT(sum.required_actions,
              ElementsAre("blocked: The risk score of this request is above 0.8.",
                          "redact: [patient_id ssn medical_record_number]"));
  EXPECT_DOUBLE_EQ(sum.risk_score, 0.7);
  EXPECT_EQ(by_id["sys_dyn_high_risk_block"]->policy.action, Action::kBlock);
  EXPECT_EQ(by_id["sys_dyn_hipaa"]->policy.action, Action::kRedact);
  EXPECT_EQ(by_id["sys_dyn_expensive_query"]->policy.action, Action::kWarn);
  EXPECT_EQ(by_id["sys_media_biometric_log"]->policy.action, Action::kLog);
}

std::string FailureOf(std::string_view yaml) {
  const auto policies = ParseDynamicCatalogue(yaml, "file.yaml");
  EXPECT_FALSE(policies) << yaml;
  return policies ? "" : policies.error().message;
}

TEST(DynamicCatalogue, FileErrorsNameTheLine) {
  EXPECT_THAT(FailureOf("policies: 7"), HasSubstr("file.yaml:1: policies must be a list"));
  EXPECT_THAT(FailureOf("other: []"), HasSubstr("key policies alone"));
  EXPECT_THAT(FailureOf("policies:\n  - name: x"), HasSubstr("file.yaml:2: the key \"id\""));
  EXPECT_THAT(FailureOf("policies:\n  - id: x\n    nose: 1"),
              HasSubstr("file.yaml:3: unknown key \"nose\""));
  EXPECT_THAT(FailureOf("policies:\n  - id: x\n    id: y"), HasSubstr("stands twice"));
  EXPECT_THAT(FailureOf("policies:\n  - id: x\n    planes: [moon]"), HasSubstr("planes takes"));
  EXPECT_THAT(FailureOf("policies:\n  - id: x\n    version: one"), HasSubstr("file.yaml:3"));
  EXPECT_THAT(FailureOf("policies:\n  - id: x\n"), HasSubstr("x: name: is required"));
  EXPECT_THAT(FailureOf("policies: [\n"), HasSubstr("file.yaml:"));
}

TEST(DynamicCatalogue, QuotesMakeATextOfANumber) {
  const auto policies = ParseDynamicCatalogue(R"(
policies:
  - id: x
    name: Name
    type: content
    category: dynamic-risk
    conditions:
      - {field: query, operator: equals, value: "1"}
      - {field: query, operator: equals, value: 1}
      - {field: query, operator: equals, value: true}
      - {field: query, operator: equals, value: 'true'}
    actions: [{type: log}]
)",
                                              "file.yaml");
  ASSERT_TRUE(policies) << policies.error().message;
  const auto& conditions = (*policies)[0].conditions;
  EXPECT_EQ(conditions[0].value, ConditionValue("1"));
  EXPECT_EQ(conditions[1].value, ConditionValue(1.0));
  EXPECT_EQ(conditions[2].value, ConditionValue(true));
  EXPECT_EQ(conditions[3].value, ConditionValue("true"));
}

}  // namespace
}  // namespace axonflow::policy

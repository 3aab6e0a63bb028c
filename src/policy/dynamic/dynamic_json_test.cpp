#include "policy/dynamic/dynamic_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace axonflow::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Read {
  DynamicPolicy policy;
  std::vector<FieldProblem> problems;
};

Read ReadBody(std::string_view json, Completeness completeness = Completeness::kCreate,
              DynamicPolicy before = {}) {
  Read read{std::move(before), {}};
  JsonDocument document;
  const auto body = document.Parse(json);
  EXPECT_TRUE(body) << json;
  if (body) {
    ReadDynamicPolicy(*body, completeness, PatternCheck::kTrial, read.policy, read.problems);
  }
  return read;
}

std::vector<std::string> Fields(const std::vector<FieldProblem>& problems) {
  std::vector<std::string> fields;
  for (const auto& problem : problems) fields.push_back(problem.field);
  return fields;
}

constexpr std::string_view kWhole = R"({
  "name": "Block exports", "description": "No exports.", "type": "content",
  "category": "dynamic-security", "tier": "tenant", "priority": 700, "enabled": false,
  "mode": "shadow", "segment_id": "finance", "risk_level": "high", "allow_override": true,
  "tags": ["a"],
  "conditions": [
    {"field": "query", "operator": "contains_any", "value": ["export", 1, true]},
    {"field": "risk_score", "operator": ">", "value": 0.5},
    {"field": "context.a.b", "operator": "equals", "value": true},
    {"field": "user.role", "operator": "!=", "value": "admin"}],
  "actions": [{"type": "block", "config": {"reason": "No exports"}}, {"type": "log"}]})";

TEST(DynamicJson, ReadsAWholePolicy) {
  const auto [policy, problems] = ReadBody(kWhole);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(policy.policy.name, "Block exports");
  EXPECT_EQ(policy.policy.description, "No exports.");
  EXPECT_EQ(policy.type, "content");
  EXPECT_EQ(policy.policy.category, "dynamic-security");
  EXPECT_EQ(policy.policy.tier, Tier::kTenant);
  EXPECT_EQ(policy.policy.priority, 700);
  EXPECT_FALSE(policy.policy.enabled);
  EXPECT_EQ(policy.policy.mode, Mode::kShadow);
  EXPECT_EQ(policy.policy.segment, "finance");
  EXPECT_EQ(policy.policy.risk_level, Severity::kHigh);
  EXPECT_EQ(policy.policy.severity, Severity::kHigh);
  EXPECT_TRUE(policy.policy.allow_override);
  ASSERT_EQ(policy.conditions.size(), 4U);
  EXPECT_EQ(policy.conditions[0].value,
            ConditionValue(std::vector<std::string>{"export", "1", "true"}));
  EXPECT_EQ(policy.conditions[1].op, Operator::kGreaterThan);
  EXPECT_EQ(policy.conditions[2].value, ConditionValue(true));
  EXPECT_EQ(policy.conditions[3].op, Operator::kNotEquals);
  ASSERT_EQ(policy.actions.size(), 2U);
  EXPECT_EQ(policy.actions[0].config, R"({"reason":"No exports"})");
  EXPECT_EQ(policy.actions[1].config, "{}");
}

TEST(DynamicJson, WritesWhatItReads) {
  const auto [policy, problems] = ReadBody(kWhole);
  JsonWriter conditions;
  WriteConditions(policy.conditions, conditions);
  EXPECT_EQ(conditions.text(),
            R"([{"field":"query","operator":"contains_any","value":["export","1","true"]},)"
            R"({"field":"risk_score","operator":"greater_than","value":0.5},)"
            R"({"field":"context.a.b","operator":"equals","value":true},)"
            R"({"field":"user.role","operator":"not_equals","value":"admin"}])");
  JsonWriter actions;
  WriteActions(policy.actions, actions);
  EXPECT_EQ(actions.text(),
            R"([{"type":"block","config":{"reason":"No exports"}},{"type":"log","config":{}}])");
  const auto again = ParseConditions(conditions.text());
  ASSERT_TRUE(again);
  JsonWriter twice;
  WriteConditions(*again, twice);
  EXPECT_EQ(twice.text(), conditions.text());
  ASSERT_TRUE(ParseActions(actions.text()));
}

TEST(DynamicJson, NamesEveryMissingField) {
  EXPECT_THAT(Fields(ReadBody("{}").problems),
              ::testing::ElementsAre("name", "type", "category", "conditions", "actions"));
  EXPECT_THAT(Fields(ReadBody("{}", Completeness::kUpdate).problems), IsEmpty());
  EXPECT_THAT(ReadBody("[]").problems, ::testing::SizeIs(1));
}

TEST(DynamicJson, AnUpdateChangesOnlyWhatItNames) {
  const auto before = ReadBody(kWhole).policy;
  const auto [policy, problems] =
      ReadBody(R"({"enabled": true, "priority": 3})", Completeness::kUpdate, before);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_TRUE(policy.policy.enabled);
  EXPECT_EQ(policy.policy.priority, 3);
  EXPECT_EQ(policy.policy.name, before.policy.name);
  EXPECT_EQ(policy.conditions.size(), 4U);
  EXPECT_TRUE(policy.policy.allow_override);
}

TEST(DynamicJson, ACreationBeginsWithoutPriorityAndOverride) {
  const auto [policy, problems] = ReadBody(
      R"({"name":"abc","type":"user","category":"dynamic-access",
          "conditions":[{"field":"query","operator":"contains","value":"x"}],
          "actions":[{"type":"log"}]})");
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(policy.policy.priority, 0);
  EXPECT_FALSE(policy.policy.allow_override);
  EXPECT_TRUE(policy.policy.enabled);
  EXPECT_EQ(policy.policy.risk_level, Severity::kMedium);
}

TEST(DynamicJson, ACriticalPolicyAdmitsNoOverride) {
  const auto [policy, problems] =
      ReadBody(R"({"risk_level":"critical","allow_override":true})", Completeness::kUpdate);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_FALSE(policy.policy.allow_override);
}

// One wrong member at a time, in a body that changes a policy.
TEST(DynamicJson, TellsFieldAndReason) {
  const auto condition = [](std::string_view inner) {
    return R"({"conditions":[{"field":"query","operator":"contains","value":"ok"},)" +
           std::string(inner) + "]}";
  };
  const auto action = [](std::string_view inner) {
    return R"({"actions":[)" + std::string(inner) + "]}";
  };
  const std::string long_name(101, 'n');
  const struct {
    std::string body, field, message;
  } cases[] = {
      {R"({"name":"ab"})", "name", "3 to 100 characters"},
      {R"({"name":")" + long_name + R"("})", "name", "3 to 100 characters"},
      {R"({"name":7})", "name", "must be a text"},
      {R"({"description":")" + std::string(501, 'd') + R"("})", "description", "0 to 500"},
      {R"({"type":"static"})", "type", "unknown value \"static\"; accepted: content, user"},
      {R"({"category":"pii-us"})", "category", "accepted: dynamic-"},
      {R"({"tier":"system"})", "tier", "accepted: organization, tenant"},
      {R"({"priority":1001})", "priority", "0 to 1000"},
      {R"({"priority":"7"})", "priority", "0 to 1000"},
      {R"({"enabled":"yes"})", "enabled", "true or false"},
      {R"({"mode":"off"})", "mode", "enforce, shadow"},
      {R"({"risk_level":"huge"})", "risk_level", "critical"},
      {R"({"conditions":{}})", "conditions", "must be a list"},
      {R"({"conditions":[]})", "conditions", "at least one"},
      {R"({"actions":[]})", "actions", "at least one"},
      {condition("7"), "conditions[1]", "must be an object"},
      {condition(R"({"operator":"equals","value":1})"), "conditions[1].field", "is required"},
      {condition(R"({"field":"nose","operator":"equals","value":1})"), "conditions[1].field",
       "unknown field \"nose\""},
      {condition(R"({"field":"query","operator":"foo","value":1})"), "conditions[1].operator",
       "unknown operator \"foo\"; accepted: equals, not_equals"},
      {condition(R"({"field":"query","operator":"equals"})"), "conditions[1].value", "is required"},
      {condition(R"({"field":"query","operator":"equals","value":null})"), "conditions[1].value",
       "is required"},
      {condition(R"({"field":"query","operator":"equals","value":{}})"), "conditions[1].value",
       "must be a text"},
      {condition(R"({"field":"query","operator":"in","value":[[1]]})"), "conditions[1].value",
       "must be a text"},
      {condition(R"({"field":"query","operator":"regex","value":"(a+)+"})"), "conditions[1].value",
       "at byte 4"},
      {action(R"({"config":{}})"), "actions[0].type", "is required"},
      {action(R"({"type":"explode"})"), "actions[0].type", "unknown action \"explode\""},
      {action(R"({"type":"block","config":"now"})"), "actions[0].config", "must be an object"},
      {action(R"({"type":"block","config":{"reason":1}})"), "actions[0].config.reason", "a text"},
      {action(R"({"type":"redact","config":{"fields":[1]}})"), "actions[0].config.fields",
       "a list of texts"},
      {action(R"({"type":"route","config":{"allowed_providers":"x"}})"),
       "actions[0].config.allowed_providers", "a list of texts"},
      {action(R"({"type":"modify_risk","config":{"add":"much"}})"), "actions[0].config.add",
       "a number"},
  };
  for (const auto& [body, field, message] : cases) {
    const auto problems = ReadBody(body, Completeness::kUpdate).problems;
    ASSERT_EQ(problems.size(), 1U) << body;
    EXPECT_EQ(problems[0].field, field) << body;
    EXPECT_THAT(problems[0].message, HasSubstr(message)) << body;
  }
}

TEST(DynamicJson, ReportsAllProblemsAtOnce) {
  const auto read = ReadBody(
      R"({"name":"a","type":"x","category":"y","priority":-1,
          "conditions":[{"field":"nope","operator":"nope"}],"actions":[{"type":"nope"}]})");
  EXPECT_THAT(
      Fields(read.problems),
      ::testing::ElementsAre("name", "type", "category", "priority", "conditions[0].operator",
                             "conditions[0].value", "conditions[0].field", "actions[0].type"));
}

TEST(DynamicJson, AcceptsEveryOperatorAndItsAliases) {
  const struct {
    const char *word, *value, *written;
  } cases[] = {{"equals", "1", "equals"},
               {"==", "1", "equals"},
               {"not_equals", "1", "not_equals"},
               {"!=", "1", "not_equals"},
               {"contains", "\"x\"", "contains"},
               {"not_contains", "\"x\"", "not_contains"},
               {"contains_any", "[\"x\"]", "contains_any"},
               {"regex", "\"x\"", "regex"},
               {"matches", "\"x\"", "regex"},
               {"greater_than", "1", "greater_than"},
               {">", "\"1\"", "greater_than"},
               {"<", "1", "less_than"},
               {">=", "1", "greater_or_equal"},
               {"<=", "1", "less_or_equal"},
               {"in", "[1]", "in"},
               {"not_in", "[1]", "not_in"}};
  for (const auto& [word, value, written] : cases) {
    const auto conditions = ParseConditions(R"([{"field":"query","operator":")" +
                                            std::string(word) + R"(","value":)" + value + "}]");
    ASSERT_TRUE(conditions) << word;
    EXPECT_EQ(ToString((*conditions)[0].op), written);
  }
}

TEST(DynamicJson, StoredTextThatIsDamagedIsAnError) {
  EXPECT_FALSE(ParseConditions("[{"));
  EXPECT_FALSE(ParseConditions("[]"));
  EXPECT_FALSE(ParseActions("{}"));
  EXPECT_THAT(ParseActions(R"([{"type":"x"}])").error().message, HasSubstr("actions[0].type: "));
}

}  // namespace
}  // namespace axonflow::policy

#include "policy/catalogue.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "policy/policy_set.h"

namespace axonflow::policy {
namespace {

constexpr std::string_view kOne = R"(terms:
  fruit: '(?:apple|pear)'
policies:
  - id: sys_test_one
    name: Test One
    description: The text names fruit.
    category: sensitive-data
    severity: critical
    priority: 70
    phase: request
    action: warn
    action_response: allow
    pattern: ['(?i)\b%{fruit}s?\b', '(?i)\bplum\b']
    must_match: [an apple, two Pears, plum]
    must_not_match: [a grape, pineapple, nothing]
)";

std::string With(std::string_view from, std::string_view to) {
  std::string yaml(kOne);
  const auto at = yaml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return yaml.replace(at, from.size(), to);
}

TEST(Catalogue, ReadsEveryFieldOfAPolicy) {
  const auto policies = ParseCatalogue(kOne, "one.yaml");
  ASSERT_TRUE(policies) << policies.error().message;
  ASSERT_EQ(policies->size(), 1U);
  const Policy& policy = (*policies)[0];
  EXPECT_EQ(policy.id, "sys_test_one");
  EXPECT_EQ(policy.name, "Test One");
  EXPECT_EQ(policy.category, "sensitive-data");
  EXPECT_EQ(policy.severity, Severity::kCritical);
  EXPECT_EQ(policy.risk_level, Severity::kCritical);
  EXPECT_FALSE(policy.allow_override);
  EXPECT_EQ(policy.priority, 70);
  EXPECT_TRUE(policy.on_request);
  EXPECT_FALSE(policy.on_response);
  EXPECT_EQ(policy.action, Action::kWarn);
  EXPECT_FALSE(policy.action_request);
  EXPECT_EQ(policy.action_response, Action::kAllow);
  EXPECT_EQ(policy.pattern, R"((?:(?i)\b(?:apple|pear)s?\b)|(?:(?i)\bplum\b))");
  EXPECT_EQ(policy.must_match.size(), 3U);
  EXPECT_EQ(policy.tier, Tier::kSystem);
}

TEST(Catalogue, RefusesMistakesAndNamesFileAndLine) {
  struct Row {
    std::string_view from, to, line, why;
  };
  for (const Row& row :
       {Row{"    name: Test One", "    nmae: Test One", ":5:", "unknown key \"nmae\""},
        Row{"    name: Test One\n", "", ":4:", "\"name\" is missing"},
        Row{"    name: Test One", "    id: twice", ":5:", "stands twice"},
        Row{"severity: critical", "severity: huge", ":8:", "low, medium, high or critical"},
        Row{"priority: 70", "priority: 7x", ":9:", "whole number"},
        Row{"phase: request", "phase: never", ":10:", "request, response or both"},
        Row{"action: warn", "action: allow", ":11:", "require_approval or block"},
        Row{"action_response: allow", "action_response: maybe", ":12:", "or allow"},
        Row{"category: sensitive-data", "category: fruit", ":4:", "unknown category"},
        Row{"%{fruit}", "%{fish}", ":13:", "unknown term"},
        Row{"    phase: request", "    detector: sql.sleep\n    phase: request",
            ":4:", "exactly one"},
        Row{"    phase: request", "    span_to: line_end\n    phase: request",
            ":10:", "must be pem_end"},
        Row{"    phase: request", "    gap_max: 5\n    phase: request", ":4:", "go together"},
        Row{"    phase: request", "    allow_override: true\n    phase: request",
            ":4:", "cannot be overridable"},
        Row{"must_match: [an apple", "must_match: {an apple", ":14:", ""},
        Row{"policies:", "polices:", ":3:", "unknown key"}}) {
    const auto policies = ParseCatalogue(With(row.from, row.to), "one.yaml");
    ASSERT_FALSE(policies) << row.to;
    const std::string& message = policies.error().message;
    EXPECT_EQ(policies.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(message.rfind("one.yaml:", 0), 0U) << message;
    if (row.why.empty()) continue;  // the YAML library's own words and line
    EXPECT_NE(message.find(row.line), std::string::npos) << message << " for " << row.to;
    EXPECT_NE(message.find(row.why), std::string::npos) << message;
  }
}

TEST(Catalogue, RefusesTextThatIsNoMapping) {
  for (const char* yaml : {"", "- a", "policies: 3", "policies: [3]", "\xff\xfe"}) {
    EXPECT_FALSE(ParseCatalogue(yaml, "x.yaml")) << yaml;
  }
}

TEST(Catalogue, LintReportsEachTextThatDoesNotHold) {
  auto policies = ParseCatalogue(kOne, "one.yaml");
  ASSERT_TRUE(policies);
  const auto clean = Lint(*policies);
  ASSERT_TRUE(clean) << clean.error().message;
  EXPECT_TRUE(clean->empty());

  (*policies)[0].must_match[0] = "a grape";
  (*policies)[0].must_not_match[1] = "a pear";
  (*policies)[0].must_not_match.pop_back();
  const auto problems = Lint(*policies);
  ASSERT_TRUE(problems);
  ASSERT_EQ(problems->size(), 3U);
  for (const auto& problem : *problems) EXPECT_EQ(problem.policy_id, "sys_test_one");
  EXPECT_NE((*problems)[0].message.find("a grape"), std::string::npos);
}

TEST(Catalogue, LintJudgesDisabledPoliciesToo) {
  auto policies = ParseCatalogue(kOne, "one.yaml");
  ASSERT_TRUE(policies);
  (*policies)[0].enabled = false;
  (*policies)[0].must_match[0] = "a grape";
  const auto problems = Lint(*policies);
  ASSERT_TRUE(problems);
  EXPECT_EQ(problems->size(), 1U);
}

TEST(BuiltinCatalogue, EveryPolicyBehavesOnItsOwnTexts) {
  const auto policies = BuiltinCatalogue();
  ASSERT_TRUE(policies) << policies.error().message;
  const auto problems = Lint(*policies);
  ASSERT_TRUE(problems) << problems.error().message;
  for (const auto& problem : *problems) {
    ADD_FAILURE() << problem.policy_id << ": " << problem.message;
  }
}

TEST(BuiltinCatalogue, HoldsTheTextFamiliesOfTheContract) {
  const auto policies = BuiltinCatalogue();
  ASSERT_TRUE(policies) << policies.error().message;
  std::set<std::string> ids;
  for (const Policy& policy : *policies) {
    EXPECT_TRUE(ids.insert(policy.id).second) << policy.id << " stands twice";
    EXPECT_FALSE(policy.severity == Severity::kCritical && policy.allow_override) << policy.id;
  }
  for (const char* id : {"sys_sensitive_password",
                         "sys_sensitive_api_key",
                         "sys_sensitive_token",
                         "sys_sensitive_secret",
                         "sys_sensitive_credentials",
                         "sys_sensitive_connection",
                         "sys_dangerous_injection_override",
                         "sys_dangerous_injection_role_override",
                         "sys_dangerous_injection_system_exfil",
                         "sys_dangerous_injection_bracket_marker",
                         "sys_dangerous_reverse_shell",
                         "sys_dangerous_destructive_fs",
                         "sys_dangerous_credential_access",
                         "sys_dangerous_shell_download",
                         "sys_dangerous_cloud_metadata",
                         "sys_dangerous_internal_network",
                         "sys_dangerous_agent_config",
                         "sys_dangerous_path_traversal",
                         "sys_dangerous_eval_exec",
                         "sys_dangerous_package_install"}) {
    EXPECT_TRUE(ids.contains(id)) << id;
  }
}

TEST(BuiltinCatalogue, InjectionRowsBlockRequestsAndRedactResponses) {
  const auto policies = BuiltinCatalogue();
  ASSERT_TRUE(policies);
  for (const Policy& policy : *policies) {
    if (policy.category != "security-dangerous") continue;
    const bool injection = policy.id.find("_injection_") != std::string::npos;
    EXPECT_TRUE(policy.on_request) << policy.id;
    EXPECT_EQ(policy.on_response, injection) << policy.id;
    if (injection) {
      EXPECT_EQ(policy.action_request, Action::kBlock) << policy.id;
      EXPECT_EQ(policy.action_response, Action::kRedact) << policy.id;
    }
  }
}

}  // namespace
}  // namespace axonflow::policy

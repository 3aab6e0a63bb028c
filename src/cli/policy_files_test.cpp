#include "cli/policy_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/policy_yaml.h"
#include "policy_admin/desired_rows.h"

namespace axonflow::cli {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kShop = R"(static_policies:
  - id: no_codenames
    name: Names of projects
    category: custom
    pattern: '(?i)\bproject\s+falcon\b'
    action: block
    must_match: [about Project Falcon]
    must_not_match: [a falcon flew]
dynamic_policies:
  - id: no_payroll
    name: Payroll questions
    type: content
    conditions:
      - {field: query, operator: contains, value: payroll}
      - {field: risk_score, operator: less_than, value: 0.5}
    actions:
      - type: block
        config: {reason: Ask the personnel department., code: "7", weight: 7}
)";

PolicyFiles Parsed(std::string_view yaml) {
  PolicyFiles files;
  const Status parsed = ParsePolicyFile(yaml, "shop.yaml", files);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return files;
}

std::string MistakesOf(std::string_view yaml) {
  PolicyFiles files;
  const Status parsed = ParsePolicyFile(yaml, "shop.yaml", files);
  return parsed ? "none" : parsed.error().message;
}

TEST(PolicyFiles, ReadsBothKinds) {
  const PolicyFiles files = Parsed(kShop);
  ASSERT_EQ(files.desired.static_policies.size(), 1U);
  EXPECT_EQ(files.desired.static_policies[0].slug, "no_codenames");
  EXPECT_EQ(files.desired.static_policies[0].must_match->at(0), "about Project Falcon");
  ASSERT_EQ(files.desired.dynamic_policies.size(), 1U);
  EXPECT_EQ(files.desired.dynamic_policies[0].actions,
            R"([{"type":"block","config":{"reason":"Ask the personnel department.",)"
            R"("code":"7","weight":7}}])");
  EXPECT_EQ(files.example_count(), 2U);
  EXPECT_TRUE(ProblemsOf(files, policy::Tier::kTenant)->empty());
}

TEST(PolicyFiles, NamesFileAndLineOfEveryMistakeOfForm) {
  const std::string mistakes = MistakesOf(
      "static_policies:\n  - id: one\n    patern: x\n    enabled: maybe\n  - name: two\n"
      "  - id: one\nmore: 1\n");
  EXPECT_THAT(mistakes, HasSubstr("shop.yaml:3: unknown key \"patern\""));
  EXPECT_THAT(mistakes, HasSubstr("shop.yaml:4: enabled must be true or false"));
  EXPECT_THAT(mistakes, HasSubstr("shop.yaml:5: the key \"id\" is missing"));
  EXPECT_THAT(mistakes, HasSubstr("shop.yaml:6: the id \"one\" stands already in shop.yaml:2"));
  EXPECT_THAT(mistakes, HasSubstr("shop.yaml:7: unknown key \"more\""));
  EXPECT_THAT(MistakesOf("static_policies: [\n"), HasSubstr("shop.yaml:"));
  EXPECT_THAT(MistakesOf(""), HasSubstr("must be a mapping"));
  EXPECT_THAT(MistakesOf("policies: []\n"), HasSubstr("catalogue"));
}

TEST(PolicyFiles, RefusesAnIdThatAnotherFileHas) {
  PolicyFiles files = Parsed(kShop);
  const Status parsed =
      ParsePolicyFile("static_policies:\n  - id: no_codenames\n", "more.yaml", files);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message,
            "more.yaml:2: the id \"no_codenames\" stands already in shop.yaml:2");
}

TEST(PolicyFiles, NamesTheLineOfAProblemWithin) {
  std::string yaml(kShop);
  yaml.replace(yaml.find("a falcon flew"), 13, "project falcon");
  yaml.replace(yaml.find("less_than"), 9, "below_all");
  const PolicyFiles files = Parsed(yaml);
  const auto problems = ProblemsOf(files, policy::Tier::kTenant);
  ASSERT_TRUE(problems);
  const std::string lines = AtTheirPlaces(files, *problems);
  EXPECT_THAT(lines, HasSubstr("shop.yaml:8: must_not_match[0]: "));
  EXPECT_THAT(lines, HasSubstr("shop.yaml:15: conditions[1].operator: "));
}

TEST(PolicyFiles, TriesDynamicPoliciesOnTheirTexts) {
  std::string yaml(kShop.substr(0, kShop.find("      - {field: risk")));
  yaml += kShop.substr(kShop.find("    actions:"));
  yaml += "    must_match: [the payroll of May, the weather]\n    must_not_match: [Payroll]\n";
  const PolicyFiles files = Parsed(yaml);
  const auto problems = ProblemsOf(files, policy::Tier::kTenant);
  ASSERT_TRUE(problems);
  ASSERT_EQ(problems->size(), 2U);
  EXPECT_EQ((*problems)[0].field, "dynamic_policies[0].must_match[1]");
  EXPECT_EQ((*problems)[1].field, "dynamic_policies[0].must_not_match[0]");
}

TEST(PolicyYaml, EveryTextReadsBackAsItself) {
  for (const std::string& text :
       {std::string("plain words"), std::string("true"), std::string("No"), std::string("7"),
        std::string("it's"), std::string("(?i)\\bx\\s+\"y\"#: [a]"), std::string("two\nlines\t!"),
        std::string(" blank "), std::string(""), std::string("- dash"), std::string("\xC3\xA4\x7F"),
        std::string("~"), std::string("a: b"), std::string("%{x}"), std::string("null")}) {
    const PolicyFiles files =
        Parsed("static_policies:\n  - id: x\n    description: " + TextAsYaml(text) + "\n");
    EXPECT_EQ(files.desired.static_policies[0].description, text);
  }
}

TEST(PolicyYaml, AnExportSaysTheSameAsItsRows) {
  std::string yaml(kShop);
  yaml.insert(yaml.find("dynamic_policies:"),
              "    phase: response\n    severity: critical\n    mode: shadow\n    segment: eu\n"
              "    tags: ['yes', b]\n    metadata: {owner: {team: [1, 'two', null]}, none: []}\n"
              "    enabled: false\n    priority: 7\n    action_response: allow\n");
  const auto rows = policy_admin::RowsOf(Parsed(yaml).desired, policy::Tier::kTenant);
  ASSERT_TRUE(rows) << rows.error().message;
  policy_admin::OwnedPolicies owned;
  owned.static_policies.push_back(policy_admin::ToStaticRecord((*rows)[0]));
  owned.dynamic_policies.push_back(*policy_admin::ToDynamicRecord((*rows)[1]));
  const std::string text = PolicyFileText(owned, "Two\nlines");
  const auto again = policy_admin::RowsOf(Parsed(text).desired, policy::Tier::kTenant);
  ASSERT_TRUE(again) << again.error().message << "\n" << text;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto differences = policy_admin::DifferencesOf((*rows)[i], (*again)[i]);
    EXPECT_TRUE(differences.empty()) << policy_admin::SummaryOf(differences) << "\n" << text;
  }
}

}  // namespace
}  // namespace axonflow::cli

#include "api/policy_template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "policy/dynamic/dynamic_json.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kOne = R"({"templates":[{
  "id":"tpl_x","name":"x","display_name":"X","description":"Does x.","category":"custom",
  "template":{"type":"content","category":"dynamic-security","priority":5,
    "conditions":[{"field":"query","operator":"contains_any","value":"{{terms}}"}],
    "actions":[{"type":"block","config":{"reason":"{{why}}: {{level}} {{unknown}}"}}]},
  "variables":[
    {"name":"terms","type":"array","required":true,"description":"Terms."},
    {"name":"why","type":"string","default":"no","description":"Why.","pattern":"[a-z\" ]+"},
    {"name":"level","type":"number","default":0.5,"description":"Level.","min":0,"max":1}],
  "tags":["a"]}]})";

PolicyTemplate One() {
  auto parsed = ParseTemplates(kOne);
  EXPECT_TRUE(parsed.ok());
  return parsed->front();
}

std::vector<policy_admin::FieldProblem> ProblemsOf(std::string_view variables) {
  JsonDocument document;
  const auto given = document.Parse(variables);
  EXPECT_TRUE(given.ok());
  std::vector<policy_admin::FieldProblem> problems;
  (void)BindVariables(One(), *given, problems);
  return problems;
}

TEST(FillPlaces, KeepsTheTypeOfAPlaceThatIsTheWholeText) {
  const auto filled = FillPlaces(R"({"a":"{{list}}","b":["{{number}}","{{flag}}"]})",
                                 {{"list", R"(["x","y"])"}, {"number", "0.5"}, {"flag", "true"}});
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(*filled, R"({"a":["x","y"],"b":[0.5,true]})");
}

TEST(FillPlaces, PutsTextIntoLongerTextsAndLeavesUnknownPlaces) {
  const auto filled = FillPlaces(R"(["is {{word}}, {{n}}; {{other}} {{","{{other}}"])",
                                 {{"word", R"("a \"b\"")"}, {"n", "7"}});
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(*filled, R"(["is a \"b\", 7; {{other}} {{","{{other}}"])");
}

TEST(FillPlaces, CannotBeUsedToAddMembers) {
  const auto filled = FillPlaces(R"({"reason":"{{why}}"})", {{"why", R"("x\",\"type\":\"allow")"}});
  ASSERT_TRUE(filled.ok());
  JsonDocument document;
  const auto root = document.Parse(*filled);
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->size(), 1U);
}

TEST(BindVariables, TakesDefaultsAndNamesWhatIsMissingOrWrong) {
  EXPECT_TRUE(ProblemsOf(R"({"terms":["a"]})").empty());
  const auto missing = ProblemsOf("{}");
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].field, "variables.terms");
  const auto wrong = ProblemsOf(R"({"terms":[1],"why":"UP","level":2})");
  ASSERT_EQ(wrong.size(), 3U);
  EXPECT_EQ(wrong[1].field, "variables.why");
  EXPECT_EQ(wrong[2].message, "is too large");
}

TEST(ParseTemplates, RefusesAVariableThatIsNeitherRequiredNorHasADefault) {
  std::string text(kOne);
  text.replace(text.find(R"("required":true,)"), 16, "");
  EXPECT_FALSE(ParseTemplates(text).ok());
}

TEST(BuiltinTemplates, AreAllReadAndEveryCategoryHasOne) {
  const auto& all = BuiltinTemplates();
  ASSERT_TRUE(all.ok()) << all.error().message;
  std::set<std::string> ids;
  std::set<std::string> categories;
  for (const auto& one : *all) {
    EXPECT_TRUE(ids.insert(one.id).second) << one.id;
    categories.insert(one.category);
  }
  EXPECT_EQ(categories.size(), std::size(kTemplateCategories));
}

// A value that a person could give for a variable without a default.
std::string Sample(const TemplateVariable& variable) {
  if (!variable.default_json.empty()) return variable.default_json;
  return variable.type == VariableType::kArray ? R"(["sample"])" : R"("sample")";
}

TEST(BuiltinTemplates, MakePoliciesThatTheEngineTakesAndUseEveryVariable) {
  for (const auto& one : *BuiltinTemplates()) {
    std::map<std::string, std::string> values;
    for (const auto& variable : one.variables) {
      values.emplace(variable.name, Sample(variable));
      const auto place = "{{" + variable.name + "}}";
      EXPECT_NE((one.conditions_json + one.actions_json).find(place), std::string::npos)
          << one.id << " " << variable.name;
    }
    const auto conditions = FillPlaces(one.conditions_json, values);
    const auto actions = FillPlaces(one.actions_json, values);
    ASSERT_TRUE(conditions.ok() && actions.ok()) << one.id;
    EXPECT_EQ((*conditions + *actions).find("{{"), std::string::npos) << one.id;
    JsonDocument document;
    std::vector<policy::FieldProblem> problems;
    auto root = document.Parse(*conditions);
    (void)policy::ReadConditions(*root, policy::PatternCheck::kTrial, problems);
    JsonDocument other;
    root = other.Parse(*actions);
    (void)policy::ReadActions(*root, problems);
    for (const auto& problem : problems) {
      ADD_FAILURE() << one.id << " " << problem.field << " " << problem.message;
    }
  }
}

}  // namespace
}  // namespace axonflow::api

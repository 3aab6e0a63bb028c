#include "cli/demo_exchange.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace axonflow::cli {
namespace {

TEST(PreCheckBody, IsJsonWithQueryAndClient) {
  JsonDocument document;
  const auto root = document.Parse(PreCheckBody("say \"hi\"", "shop"));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Find("query")->AsString(), "say \"hi\"");
  EXPECT_EQ(root->Find("client_id")->AsString(), "shop");
}

TEST(ReadPreCheckAnswer, NamesTheVerdictAsTheAuditRecordDoes) {
  const auto verdict = [](const char* json) { return ReadPreCheckAnswer(json)->verdict; };
  EXPECT_EQ(verdict(R"({"approved":true,"context_id":"a"})"), "allowed");
  EXPECT_EQ(verdict(R"({"approved":true,"requires_redaction":true,"context_id":"a"})"), "redacted");
  EXPECT_EQ(verdict(R"({"approved":false,"block_reason":"require_approval","context_id":"a"})"),
            "needs_approval");
  EXPECT_EQ(verdict(R"({"approved":false,"block_reason":"x","context_id":"a"})"), "blocked");
}

TEST(ReadPreCheckAnswer, PrefersTheDecisionIdAndReadsPolicies) {
  const auto answer = ReadPreCheckAnswer(
      R"({"approved":true,"context_id":"c","decision_id":"d","policies":["p1","p2"]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->decision_id, "d");
  EXPECT_EQ(answer->policies, (std::vector<std::string>{"p1", "p2"}));
}

TEST(ReadPreCheckAnswer, RefusesOtherShapesAndIdsThatDoNotFitAPath) {
  for (const char* json :
       {"", "[]", "{}", R"({"approved":"yes","context_id":"a"})", R"({"approved":true})",
        R"({"approved":true,"context_id":"a/../b"})", R"({"approved":true,"context_id":"a b"})"}) {
    EXPECT_FALSE(ReadPreCheckAnswer(json)) << json;
  }
}

TEST(JudgeVerdict, AcceptsRedactionAndBlockingOfACard) {
  PreCheckAnswer answer{"redacted", {"sys_pii_credit_card"}, "d"};
  EXPECT_EQ(JudgeVerdict(Expectation::kCardIsKeptBack, answer), std::nullopt);
  answer.verdict = "blocked";
  EXPECT_EQ(JudgeVerdict(Expectation::kCardIsKeptBack, answer), std::nullopt);
}

TEST(JudgeVerdict, NamesTheSettingWhenAFindingOnlyWarns) {
  const auto card = JudgeVerdict(Expectation::kCardIsKeptBack, {"allowed", {"sys_pii_x"}, "d"});
  ASSERT_TRUE(card);
  EXPECT_NE(card->find("PII_ACTION"), std::string::npos);
  const auto sql =
      JudgeVerdict(Expectation::kSqlInjectionIsBlocked, {"allowed", {"sys_sqli_x"}, "d"});
  ASSERT_TRUE(sql);
  EXPECT_NE(sql->find("SQLI_ACTION"), std::string::npos);
}

TEST(JudgeVerdict, ReportsAMissedFindingAndAFalseAlarm) {
  EXPECT_TRUE(JudgeVerdict(Expectation::kPasses, {"blocked", {"p"}, "d"}));
  EXPECT_TRUE(JudgeVerdict(Expectation::kCardIsKeptBack, {"blocked", {}, "d"}));
  EXPECT_TRUE(JudgeVerdict(Expectation::kSqlInjectionIsBlocked, {"blocked", {"sys_pii_x"}, "d"}));
  EXPECT_FALSE(JudgeVerdict(Expectation::kPasses, {"allowed", {}, "d"}));
}

TEST(JudgeRecord, InsistsOnOneRecordAndOneExplanationThatAgree) {
  const PreCheckAnswer answer{"blocked", {"p1"}, "d"};
  const std::vector<AuditEntry> entries = {{"d", "blocked"}};
  const Explanation explanation{"d", "blocked", {"p0", "p1"}};
  EXPECT_EQ(JudgeRecord(answer, entries, explanation), std::nullopt);
  EXPECT_TRUE(JudgeRecord(answer, {}, explanation));
  EXPECT_TRUE(JudgeRecord(answer, {entries[0], entries[0]}, explanation));
  EXPECT_TRUE(JudgeRecord(answer, {{"other", "blocked"}}, explanation));
  EXPECT_TRUE(JudgeRecord(answer, {{"d", "allowed"}}, explanation));
  EXPECT_TRUE(JudgeRecord(answer, entries, {"other", "blocked", {"p1"}}));
  EXPECT_TRUE(JudgeRecord(answer, entries, {"d", "allowed", {"p1"}}));
  EXPECT_TRUE(JudgeRecord(answer, entries, {"d", "blocked", {"p0"}}));
}

TEST(ReadSearchAnswer, ReadsEntriesAndRefusesOtherShapes) {
  const auto entries = ReadSearchAnswer(
      R"({"entries":[{"decision_id":"d","policy_decision":"allowed","x":1}],"total":1})");
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().decision_id, "d");
  EXPECT_EQ(entries->front().verdict, "allowed");
  EXPECT_FALSE(ReadSearchAnswer(R"({"entries":null})"));
  EXPECT_FALSE(ReadSearchAnswer("no"));
}

TEST(ReadExplanation, ReadsVerdictAndPolicyIds) {
  const auto read = ReadExplanation(
      R"({"decision_id":"d","decision":"blocked","policy_matches":[{"policy_id":"p1"}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->verdict, "blocked");
  EXPECT_EQ(read->policies, std::vector<std::string>{"p1"});
  EXPECT_FALSE(ReadExplanation(R"({"decision_id":"d"})"));
}

}  // namespace
}  // namespace axonflow::cli

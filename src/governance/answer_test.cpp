#include "governance/answer.h"

#include <gtest/gtest.h>

#include "policy/testing.h"

namespace axonflow::governance {
namespace {

class AnswerJudgeTest : public testing::Test {
 protected:
  AnswerJudge Under(const std::map<std::string, std::string>& posture) {
    View view = policy::testing::BuiltinView(*policy::Posture::FromVariables(posture));
    auto openness = cache_.Make(view);
    return AnswerJudge(view, openness, {}, policy::Plane::kProxy);
  }
  OpennessCache cache_;
};

constexpr std::string_view kCard = "The card is 4111 1111 1111 1111, as you asked.";

TEST_F(AnswerJudgeTest, LetsAHarmlessTextThroughAsItIs) {
  auto judge = Under({{"PII_ACTION", "redact"}});
  const auto judged = judge.Judge("Paris is the capital of France.", false);
  ASSERT_TRUE(judged);
  EXPECT_EQ(*judged, "Paris is the capital of France.");
  EXPECT_FALSE(judge.redacted());
  EXPECT_FALSE(judge.stopped());
}

TEST_F(AnswerJudgeTest, RedactsWholeAndStreamedTextsAlike) {
  auto judge = Under({{"PII_ACTION", "redact"}});
  const auto judged = judge.Judge(kCard, false);
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->find("4111 1111"), std::string::npos);
  const auto stream = judge.OpenStream();
  std::string out;
  for (const char c : kCard) ASSERT_TRUE(stream->Feed({&c, 1}, out));
  ASSERT_TRUE(stream->Finish(out));
  EXPECT_EQ(out, *judged);
  EXPECT_TRUE(judge.redacted());
  audit::Record record;
  judge.Describe(record);
  EXPECT_EQ(record.verdict, "redacted");
  ASSERT_FALSE(record.matches.empty());
}

TEST_F(AnswerJudgeTest, KeepsArgumentsValidJson) {
  auto judge = Under({{"PII_ACTION", "redact"}});
  const auto judged = judge.Judge(R"({"card": 4111111111111111, "n": 2})", true);
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->find("4111111111"), std::string::npos);
  EXPECT_NE(judged->find(R"("card": ")"), std::string::npos);
  EXPECT_NE(judged->find(R"("n": 2})"), std::string::npos);
}

TEST_F(AnswerJudgeTest, StopsAnAnswerThatThePoliciesBlock) {
  auto judge = Under({{"PII_ACTION", "block"}});
  const auto judged = judge.Judge(kCard, false);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(judge.stopped());
  audit::Record record;
  judge.Describe(record);
  EXPECT_EQ(record.verdict, "blocked");
  EXPECT_FALSE(record.reason.empty());
}

TEST_F(AnswerJudgeTest, StopsWhatWouldHaveToBeRedactedButCannotBe) {
  auto judge = Under({{"PII_ACTION", "redact"}});
  EXPECT_FALSE(judge.JudgeAttached(kCard));
  EXPECT_TRUE(judge.stopped());
}

}  // namespace
}  // namespace axonflow::governance

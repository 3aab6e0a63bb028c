#include "api/decide_context.h"

#include <gtest/gtest.h>

namespace axonflow::api {
namespace {

DecisionContext Read(std::string_view json, const std::vector<std::string>& allowlist) {
  JsonDocument document;
  return ReadDecisionContext(*document.Parse(json), allowlist);
}

TEST(DecisionContext, KeepsAllowListedStringsUnderCanonicalKeys) {
  const auto context = Read(
      R"({"X-AI-Agent":"support","x-session-id":"s1","x-extra-a":"1","x-extra-b":2,"other":"no"})",
      {"x_ai_agent", "x_session_id", "x_extra_*"});
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"x_ai_agent", "support"}, {"x_extra_a", "1"}, {"x_session_id", "s1"}};
  EXPECT_EQ(context.entries, wanted);
  EXPECT_FALSE(context.truncated);
}

TEST(DecisionContext, KeepsTheFirstOfTwoSpellingsOfOneKey) {
  const auto context = Read(R"({"X-Team":"a","x_team":"b"})", {"x_team"});
  const std::vector<std::pair<std::string, std::string>> wanted = {{"x_team", "a"}};
  EXPECT_EQ(context.entries, wanted);
  EXPECT_TRUE(context.truncated);
}

TEST(DecisionContext, CutsLongValuesOnACharacterAndSaysSo) {
  const std::string value = std::string(255, 'a') + "\u20ac";
  const auto context = Read("{\"k\":\"" + value + "\"}", {"k"});
  ASSERT_EQ(context.entries.size(), 1U);
  EXPECT_EQ(context.entries[0].second, std::string(255, 'a'));
  EXPECT_TRUE(context.truncated);
}

TEST(DecisionContext, KeepsAtMostTenKeysAndSaysSo) {
  std::string json = "{";
  for (int i = 0; i < 11; ++i) {
    json += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  }
  const auto context = Read(json + "}", {"k*"});
  EXPECT_EQ(context.entries.size(), kContextKeysMax);
  EXPECT_TRUE(context.truncated);
}

}  // namespace
}  // namespace axonflow::api

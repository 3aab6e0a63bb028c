#include "cli/backtest_input.h"

#include <gtest/gtest.h>

namespace axonflow::cli {
namespace {

TEST(BacktestInput, ReadsWhatALineSays) {
  const auto past = ParseBacktestLine(
      R"({"id":"d1","text":"drop it","was":"deny","plane":"mcp","tenant":"t2",)"
      R"("connector":"postgres","user_email":"a@b.example","user_role":"admin","more":1})",
      4, "shop");
  ASSERT_TRUE(past) << past.error().message;
  EXPECT_EQ(past->id, "d1");
  EXPECT_EQ(past->was, "blocked");
  EXPECT_EQ(past->exchange.text, "drop it");
  EXPECT_EQ(past->exchange.plane, policy::Plane::kMcp);
  EXPECT_EQ(past->exchange.principal.tenant.str(), "t2");
  EXPECT_EQ(past->exchange.principal.user_role, "admin");
  EXPECT_TRUE(past->exchange.sql_capable_target);
}

TEST(BacktestInput, FillsInWhatALineLeavesOpen) {
  const auto past = ParseBacktestLine(R"({"text":""})", 7, "shop");
  ASSERT_TRUE(past) << past.error().message;
  EXPECT_EQ(past->id, "line 7");
  EXPECT_EQ(past->was, "");
  EXPECT_EQ(past->exchange.plane, policy::Plane::kGateway);
  EXPECT_EQ(past->exchange.principal.tenant.str(), "shop");
}

TEST(BacktestInput, RefusesLinesThatCannotBeReplayed) {
  for (const char* line : {"", "[]", "{}", R"({"text":1})", R"({"text":"a","plane":"moon"})",
                           R"({"text":"a","was":"perhaps"})", R"({"text":"a"} {})"}) {
    EXPECT_FALSE(ParseBacktestLine(line, 1, "shop")) << line;
  }
}

TEST(BacktestInput, TakesSpansAndMoments) {
  const Time now = *ParseRfc3339("2026-11-23T12:00:00Z");
  EXPECT_EQ(ParseSince("90m", now), *ParseRfc3339("2026-11-23T10:30:00Z"));
  EXPECT_EQ(ParseSince("24h", now), *ParseRfc3339("2026-11-22T12:00:00Z"));
  EXPECT_EQ(ParseSince("7d", now), *ParseRfc3339("2026-11-16T12:00:00Z"));
  EXPECT_EQ(ParseSince("2026-01-02T03:04:05Z", now), *ParseRfc3339("2026-01-02T03:04:05Z"));
  for (const char* text : {"", "24", "h", "24 h", "-1h", "24w", "99999999999h", "yesterday"}) {
    EXPECT_FALSE(ParseSince(text, now)) << text;
  }
}

}  // namespace
}  // namespace axonflow::cli

#include "settings/value.h"

#include <gtest/gtest.h>

namespace axonflow::settings {
namespace {

using std::chrono::milliseconds;

TEST(ParseDuration, ReadsWhatGoWrites) {
  const struct {
    std::string_view text;
    std::int64_t ms;
  } cases[] = {{"5m", 300'000},
               {"30s", 30'000},
               {"1h30m", 5'400'000},
               {"500ms", 500},
               {"1.5s", 1'500},
               {"0", 0},
               {"0s", 0},
               {"1m0s", 60'000},
               {"0.1s", 100},
               {"2h0m0.25s", 7'200'250},
               {"1500us", 1},
               {"999999ns", 0},
               {"24h", 86'400'000}};
  for (const auto& c : cases) {
    EXPECT_EQ(ParseDuration(c.text), milliseconds(c.ms)) << c.text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "5", "m", "-5m", "5 m", "5m ", " 5m", "5d", "5M", "1.2.3s", "1e3s", "5m5", "nan",
        "infs", "999999999999999999999h", "."}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(ParseInteger, RefusesRestsAndOverflow) {
  EXPECT_EQ(ParseInteger("-12"), -12);
  EXPECT_EQ(ParseInteger("9223372036854775807"), INT64_MAX);
  for (const std::string_view text :
       {"", "1a", " 1", "1 ", "+1", "0x10", "1.0", "9223372036854775808"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(ParseBool, TakesTwoSpellingsOnly) {
  EXPECT_EQ(ParseBool("true"), true);
  EXPECT_EQ(ParseBool("false"), false);
  for (const std::string_view text : {"", "True", "TRUE", "1", "yes", "on", " true"}) {
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
  }
}

TEST(ParseList, TrimsItemsAndLeavesOutEmptyOnes) {
  EXPECT_EQ(ParseList(" a, b ,,c*,"), (std::vector<std::string>{"a", "b", "c*"}));
  EXPECT_TRUE(ParseList("").empty());
  EXPECT_TRUE(ParseList(" , ").empty());
}

}  // namespace
}  // namespace axonflow::settings

#include "policy/pattern_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace axonflow::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

std::string RefusalOf(std::string_view pattern) {
  const Status status = CheckTenantPattern(pattern);
  EXPECT_FALSE(status) << pattern;
  return status ? "" : status.error().message;
}

TEST(PatternCheck, AcceptsWhatPeopleWrite) {
  const std::string patterns[] = {
      "secret",
      R"((?i)\bproject\s+(?:phoenix|atlas)\b)",
      R"(\b\d{3}-\d{2}-\d{4}\b)",
      R"([a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,})",
      R"((?:[a-z0-9-]+\.)+internal\.example\b)",
      R"((?i)(?:\s+\w+){1,3} export)",
      R"(curl.*\|\s*sh)",
      R"(EMP-\d{6})",
      R"(ghp_[A-Za-z0-9]{36})",
      R"(\b(?:sk|pk)_live_[0-9a-zA-Z]{99}\b)",
      R"([A-Za-z0-9_-]{20,60}=)",
      R"((?:x+,)*y)",
      R"(^BEGIN\b.{0,30}END$)",
      R"([[:alpha:]]+\d)",
      R"(\Qa+b\E+c)",
      R"(Größe: \d+)",
      R"(\p{Greek}+\d)",
      "a{3}{",
      R"([]a]+x)",
      R"((?P<year>\d{4})-(?P<month>\d\d))",
  };
  for (const std::string& pattern : patterns) {
    const Status status = CheckTenantPattern(pattern);
    EXPECT_TRUE(status) << pattern << ": " << (status ? "" : status.error().message);
  }
}

TEST(PatternCheck, RefusesWhatRe2DoesNotKnowWithThePlace) {
  EXPECT_EQ(RefusalOf("abc(?=d)"),
            "the pattern uses look-around, which is not supported (at byte 3)");
  EXPECT_THAT(RefusalOf("(?!x)y"), HasSubstr("look-around"));
  EXPECT_THAT(RefusalOf("(?<=x)y"), HasSubstr("look-around"));
  EXPECT_THAT(RefusalOf("(?<!x)y"), HasSubstr("look-around"));
  EXPECT_EQ(RefusalOf(R"((a)b\1)"),
            "the pattern uses a back-reference, which is not supported (at byte 4)");
  EXPECT_THAT(RefusalOf("a(b"), HasSubstr("malformed: missing )"));
  EXPECT_THAT(RefusalOf("ab[c-a]"), HasSubstr("(at byte 3)"));
  EXPECT_THAT(RefusalOf("*a"), HasSubstr("malformed"));
  EXPECT_THAT(RefusalOf("a{1,2000}"), HasSubstr("malformed"));
  EXPECT_THAT(RefusalOf("\xFF"), HasSubstr("malformed"));
}

TEST(PatternCheck, RefusesNestedQuantifiersWithThePlace) {
  const std::pair<std::string, std::size_t> cases[] = {
      {"(.*)+", 4},       {"(a+)+", 4},         {"(a*)*b", 4},          {"(?:a+)*b", 6},
      {"x([a-z]+)*y", 9}, {"((a+))+", 6},       {"((a|b)+)+", 8},       {"(a|b+)+", 6},
      {"(a+b?)+", 6},     {R"((\w+\s?)*x)", 8}, {R"((\w+\w)*x)", 7},    {"(.*,)+x", 5},
      {"(a{2,})+", 7},    {"(a+){3,}", 4},      {"(?:(?:a+)?b*)+", 13}, {"(^a+$)+", 6},
      {"(?i)(K+k)*x", 9}, {"(a+?)+?", 5},       {"(?s:.+)*x", 7},
  };
  for (const auto& [pattern, position] : cases) {
    EXPECT_THAT(RefusalOf(pattern), HasSubstr("repeats without bound")) << pattern;
    EXPECT_THAT(RefusalOf(pattern), HasSubstr("(at byte " + std::to_string(position) + ")"))
        << pattern;
  }
}

// What looks like nesting in the text but is none in the structure.
TEST(PatternCheck, ReadsStructureNotCharacters) {
  for (const char* pattern : {R"(\(.*\)+x)", "[(.*)+]x", R"(\Q(.*)+\E)", "(a+)(b+)", "(ab)+",
                              "(a+|b)c", R"(([^,]+,)+x)", "(?:a+){2}b"}) {
    const Status status = CheckTenantPattern(pattern);
    EXPECT_TRUE(status) << pattern << ": " << (status ? "" : status.error().message);
  }
}

TEST(PatternCheck, RefusesWhatMatchesTheEmptyText) {
  for (const char* pattern : {"a*", "a?", "(a|)", "^$", R"(\b)", "(?:)", "x{0,3}", "(?i)", ".*"}) {
    EXPECT_THAT(RefusalOf(pattern), HasSubstr("matches the empty text")) << pattern;
  }
}

TEST(PatternCheck, RefusesWideGapsOverNearlyEverything) {
  EXPECT_THAT(RefusalOf("ab.{0,60}cd"), HasSubstr("(at byte 3)"));
  EXPECT_THAT(RefusalOf("a[^x]{2,33}b"), HasSubstr("gap of more than 30"));
  EXPECT_THAT(RefusalOf(R"(a(?:.|\n){1,40}b)"), HasSubstr("gap of more than 30"));
  EXPECT_TRUE(CheckTenantPattern("a[^x]{3,33}b"));
}

TEST(PatternCheck, BoundsSizeGroupsAndProgram) {
  EXPECT_THAT(RefusalOf(""), HasSubstr("empty"));
  EXPECT_THAT(RefusalOf(std::string(1'001, 'a')), HasSubstr("more than 1000 characters"));
  std::string umlauts = "x[";
  for (int i = 0; i < 510; ++i) umlauts += "ä";
  EXPECT_TRUE(CheckTenantPattern(umlauts + "]"));  // more than 1000 bytes, half as many characters
  std::string groups;
  for (int i = 0; i < 10; ++i) groups += "(a)";
  EXPECT_TRUE(CheckTenantPattern(groups));
  EXPECT_THAT(RefusalOf(groups + "(a)"), HasSubstr("11 capture groups"));
  EXPECT_THAT(RefusalOf("(?:[a-z0-9]{90}x*){9}"), HasSubstr("too large"));
  // A long exact token may be larger than what varies.
  EXPECT_TRUE(CheckTenantPattern("tok_[0-9A-Za-z]{200}"));
  EXPECT_THAT(RefusalOf("tok_[0-9A-Za-z]{200}x*"), HasSubstr("too large"));
  EXPECT_THAT(RefusalOf("[0-9A-Za-z]{500}"), HasSubstr("too large"));
}

// Thousands of states, each of which another text needs: the automaton does not fit its memory.
TEST(PatternCheck, RefusesWhatIsSlowOnATextOfItsOwnParts) {
  const Status status = CheckTenantPattern("[a-q][^u-z]{20}x");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("too slow"));
  EXPECT_THAT(status.error().message, HasSubstr("microseconds a KiB"));
}

TEST(TestPattern, ReportsMatchesWithTheirGroups) {
  const std::vector<std::string> inputs{"id=12 and id=345", "nothing", "", "ids=7 ä id=9"};
  const PatternTest test = TestPattern(R"((i)(x)?d=(\d+))", inputs);
  ASSERT_TRUE(test.valid) << test.error;
  ASSERT_EQ(test.results.size(), 4U);
  ASSERT_EQ(test.results[0].matches.size(), 2U);
  EXPECT_EQ(test.results[0].matches[1].begin, 10U);
  EXPECT_EQ(test.results[0].matches[1].end, 16U);
  EXPECT_THAT(test.results[0].matches[1].groups,
              ElementsAre(Optional(std::string("i")), std::nullopt, Optional(std::string("345"))));
  EXPECT_FALSE(test.results[1].matched);
  EXPECT_FALSE(test.results[2].matched);
  EXPECT_EQ(test.results[3].matches[0].begin, 9U);
  EXPECT_TRUE(test.results[3].finished);
}

TEST(TestPattern, SaysWhyAPatternIsInvalid) {
  const std::vector<std::string> inputs{"a"};
  const PatternTest test = TestPattern("(a+)+", inputs);
  EXPECT_FALSE(test.valid);
  EXPECT_THAT(test.error, HasSubstr("repeats without bound"));
  EXPECT_TRUE(test.results.empty());
}

TEST(TestPattern, BoundsInputsAndMatches) {
  EXPECT_FALSE(TestPattern("a", std::vector<std::string>(101, "a")).valid);
  EXPECT_FALSE(TestPattern("a", std::vector<std::string>{std::string(100'001, 'a')}).valid);
  const std::vector<std::string> many{std::string(100'000, 'a')};
  EXPECT_EQ(TestPattern("a", many).results.at(0).matches.size(), kPatternTestMatchesMax);
}

}  // namespace
}  // namespace axonflow::policy

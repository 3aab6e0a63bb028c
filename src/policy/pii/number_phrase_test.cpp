#include "policy/pii/number_phrase.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

TEST(ReadNumberPhrase, JoinsGroupsOverSingleSeparatorsAndBrackets) {
  const std::string text = "+41 (0)69-979.80/58";
  const NumberPhrase phrase = ReadNumberPhrase(text, 1);
  ASSERT_EQ(phrase.count, 6U);
  EXPECT_TRUE(phrase.plus);
  EXPECT_EQ(phrase.begin, 0U);
  EXPECT_EQ(phrase.end(), text.size());
  EXPECT_EQ(phrase.groups[1].gap_before, Gap::kOpen);
  EXPECT_EQ(phrase.groups[2].gap_before, Gap::kClose);
  EXPECT_EQ(phrase.groups[3].gap_before, Gap::kHyphen);
  EXPECT_EQ(phrase.groups[4].gap_before, Gap::kDot);
  EXPECT_EQ(phrase.groups[5].gap_before, Gap::kSlash);
  EXPECT_EQ(Join(phrase, text, 0, phrase.count).view(), "410699798058");
}

TEST(ReadNumberPhrase, EndsAtSentencesListsAndLines) {
  for (const char* text : {"12. 34", "12, 34", "12,34", "12\n34", "12  34", "12 - 34", "12:34"}) {
    EXPECT_EQ(ReadNumberPhrase(text, 0).count, 1U) << text;
  }
}

TEST(ReadNumberPhrase, LeavesOutALaterGroupThatALetterTouches) {
  EXPECT_EQ(ReadNumberPhrase("12 34th", 0).count, 1U);
  EXPECT_EQ(ReadNumberPhrase("12-34_5", 0).count, 1U);
  EXPECT_EQ(ReadNumberPhrase("12 34", 0).count, 2U);
}

TEST(ReadNumberPhrase, ReadsExtensionsOfUpToSixDigits) {
  for (const char* text :
       {"555-1234x89", "555-1234 x89", "555-1234 ext 89", "555-1234 ext. 89", "555-1234 Ext89"}) {
    EXPECT_EQ(ReadNumberPhrase(text, 0).extension_end, std::string(text).size()) << text;
  }
  EXPECT_EQ(ReadNumberPhrase("555-1234 x", 0).extension_end, 0U);
  EXPECT_EQ(ReadNumberPhrase("555-1234 x1234567", 0).extension_end, 0U);
  EXPECT_EQ(ReadNumberPhrase("555-1234 extra 1", 0).extension_end, 0U);
}

TEST(ReadNumberPhrase, StopsAtTheBoundAndSaysThatThereIsMore) {
  std::string text;
  for (std::size_t i = 0; i < kGroupsMax; ++i) text += i == 0 ? "1" : " 1";
  EXPECT_FALSE(ReadNumberPhrase(text, 0).more);
  const NumberPhrase phrase = ReadNumberPhrase(text + " 1", 0);
  EXPECT_EQ(phrase.count, kGroupsMax);
  EXPECT_TRUE(phrase.more);
}

TEST(IsDate, TakesEitherOrderAndOneSeparator) {
  for (const char* text : {"1990-12-31", "1990/1/2", "12/31/1990", "31.12.1990", "2-8-2035"}) {
    EXPECT_TRUE(IsDate(ReadNumberPhrase(text, 0), text, 0)) << text;
  }
  for (const char* text : {"1990-13-31", "1990-00-10", "13/32/1990", "12/31/1890", "12-31/1990",
                           "12 31 1990", "12/31", "990-12-31", "12/31/19901"}) {
    EXPECT_FALSE(IsDate(ReadNumberPhrase(text, 0), text, 0)) << text;
  }
}

TEST(Join, DropsWhatGoesBeyondItsBound) {
  const std::string text(100, '7');
  EXPECT_EQ(Join(ReadNumberPhrase(text, 0), text, 0, 1).size, JoinedDigits::kJoinedMax);
}

}  // namespace
}  // namespace axonflow::policy::pii

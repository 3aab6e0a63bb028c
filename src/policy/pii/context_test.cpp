#include "policy/pii/context.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

constexpr std::string_view kValue = "12345678";

Surroundings NearValue(std::string_view text) {
  const std::size_t begin = text.find(kValue);
  return Context(text).Near(begin, begin + kValue.size());
}

Topics LabelOf(std::string_view text) { return LabelBefore(text, text.find(kValue)); }

TEST(Context, CountsAWordThatLiesWhollyWithinFiftyBytes) {
  const std::string fits = "card" + std::string(46, ' ') + "12345678";
  EXPECT_EQ(NearValue(fits).before & kCardWord, kCardWord);
  const std::string cut = "card" + std::string(47, ' ') + "12345678";
  EXPECT_EQ(NearValue(cut).before & kCardWord, 0U);
  const std::string behind = "12345678" + std::string(46, ' ') + "card";
  EXPECT_EQ(NearValue(behind).after & kCardWord, kCardWord);
  const std::string too_far = "12345678" + std::string(47, ' ') + "card";
  EXPECT_EQ(NearValue(too_far).after & kCardWord, 0U);
}

TEST(Context, CountsWholeWordsOnlyInAnyCase) {
  EXPECT_NE(NearValue("CARD 12345678").before & kCardWord, 0U);
  EXPECT_NE(NearValue("Cards 12345678").before & kCardWord, 0U);
  EXPECT_EQ(NearValue("cardigan 12345678").before & kCardWord, 0U);
  EXPECT_EQ(NearValue("discard 12345678").before & kCardWord, 0U);
}

TEST(Context, KnowsWordsOfOtherScripts) {
  EXPECT_NE(NearValue("ТЕЛЕФОН: 12345678").before & kPhoneNoun, 0U);
  EXPECT_NE(NearValue("TÉLÉPHONE 12345678").before & kPhoneNoun, 0U);
  EXPECT_NE(NearValue("我的手机号码是12345678").before & kPhoneNoun, 0U);
  EXPECT_NE(NearValue("전화번호는 12345678").before & kPhoneNoun, 0U);
  EXPECT_EQ(NearValue("価格は12345678円です").both(), 0U);
}

TEST(Context, AnswersTheSameForEveryValueOfALongText) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "card 12345678 and some words that say nothing of it at all, so. ";
  Context context(text);
  for (std::size_t at = text.find(kValue); at != std::string::npos;
       at = text.find(kValue, at + 1)) {
    const Surroundings near = context.Near(at, at + kValue.size());
    EXPECT_NE(near.before & kCardWord, 0U) << at;
    EXPECT_EQ(near.after & kCardWord, 0U) << at;
  }
}

TEST(Context, SaysTheSameWhereverItsReadingCameFrom) {
  // The word lies across the end of what the first value reads, in a run without spaces; and the
  // pair's first word lies before the window of the second value.
  const std::string across = "1234567 " + std::string(28, '.') + " 私のマイナンバーは12345678";
  const std::string behind =
      "1234567 " + std::string(80, '.') + " driving licence " + std::string(71, '.') + "12345678";
  for (const std::string& text : {across, behind}) {
    const std::size_t begin = text.find(kValue, 8);
    Context fresh(text);
    Context used(text);
    used.Near(0, 7);
    const NamesNear expected = fresh.Names(begin, text.size());
    EXPECT_FALSE(expected.near.empty()) << text;
    EXPECT_TRUE(used.NamesBeside(begin).empty() == expected.beside.empty()) << text;
    EXPECT_FALSE(used.Names(begin, text.size()).near.empty()) << text;
  }
}

TEST(LabelBefore, LooksOverSeparatorsAndBridges) {
  for (const char* text :
       {"passport 12345678", "Passport: 12345678", "passport no. 12345678",
        "PASSPORT NUMBER IS 12345678", "passport_number=\"12345678", "travel document no 12345678",
        "护照号码：12345678", "Passport (12345678", "passport\nNo: 12345678"}) {
    EXPECT_NE(LabelOf(text) & kPassportLabel, 0U) << text;
  }
}

TEST(LabelBefore, StopsAtAnyOtherWord) {
  for (const char* text :
       {"passport office 12345678", "passport. It's 12345678", "12345678 passport",
        "document 12345678", "passport of the year 12345678", "12345678"}) {
    EXPECT_EQ(LabelOf(text) & kPassportLabel, 0U) << text;
  }
}

TEST(LabelBefore, SaysWhetherMoreThanASpaceStoodBetween) {
  EXPECT_EQ(LabelOf("booking 12345678") & kBridge, 0U);
  EXPECT_NE(LabelOf("booking: 12345678") & kBridge, 0U);
  EXPECT_NE(LabelOf("booking number 12345678") & kBridge, 0U);
}

TEST(LabelBefore, DoesNotLookBeyondItsReach) {
  EXPECT_EQ(LabelOf("passport" + std::string(kLabelReach, ' ') + "12345678"), 0U);
  EXPECT_EQ(LabelOf(std::string(300, 'p') + " 12345678"), 0U);
}

TEST(WordAfter, ReadsTheWordBehindTheValue) {
  EXPECT_NE(WordAfter("1-Office", 1) & kPhoneLabel, 0U);
  EXPECT_NE(WordAfter("1 fax", 1) & kPhoneLabel, 0U);
  EXPECT_NE(WordAfter("1, (mobile)", 1) & kPhoneLabel, 0U);
  EXPECT_EQ(WordAfter("1 the office", 1) & kPhoneLabel, 0U);
  EXPECT_EQ(WordAfter("1", 1), 0U);
}

}  // namespace
}  // namespace axonflow::policy::pii

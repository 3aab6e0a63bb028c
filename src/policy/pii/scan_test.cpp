#include "policy/pii/scan.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace axonflow::policy::pii {
namespace {

// What the header says, one byte at a time.
std::size_t Expected(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if ((text[i] >= '0' && text[i] <= '9') || text[i] == '@') return i;
    bool run = i + kCapitalRun <= text.size();
    for (std::size_t k = 0; run && k < kCapitalRun; ++k) {
      run = text[i + k] >= 'A' && text[i + k] <= 'Z';
    }
    // A digit inside the six ends the run, so nothing between is skipped.
    if (run) return i;
  }
  return text.size();
}

TEST(NextTrigger, FindsATriggerAtEveryPlaceOfABlock) {
  for (std::size_t length = 1; length < 70; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      for (const char trigger : {'0', '9', '@'}) {
        std::string text(length, 'x');
        text[place] = trigger;
        EXPECT_EQ(NextTrigger(text, 0), place) << length;
        EXPECT_EQ(NextTrigger(text, place), place) << length;
        EXPECT_EQ(NextTrigger(text, place + 1), length) << length;
      }
    }
  }
}

TEST(NextTrigger, FindsTheFirstOfSixCapitalsAcrossBlocks) {
  for (std::size_t place = 0; place < 60; ++place) {
    std::string text(80, '.');
    text.replace(place, 5, "ABCDE");
    EXPECT_EQ(NextTrigger(text, 0), text.size()) << place;
    text[place + 5] = 'Z';
    EXPECT_EQ(NextTrigger(text, 0), place);
  }
}

TEST(NextTrigger, AgreesWithTheBytewiseReadingOnRandomText) {
  std::mt19937 random(7);
  const std::string alphabet = "abcABCDEFGHIJKLMNOPQRSTUVWXYZ[`/:@09\x80\xB0\xFF ";
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 90, ' ');
    for (char& c : text) c = alphabet[random() % (random() % 3 == 0 ? alphabet.size() : 29)];
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    ASSERT_EQ(NextTrigger(text, from), Expected(text, from)) << text << " from " << from;
  }
}

TEST(NextTrigger, IsSilentOnPlainProse) {
  const std::string text = "Any Prose in Mixed Case, ÄÖÜ and punctuation [^_`/:;] alike. ABCDE.";
  EXPECT_EQ(NextTrigger(text, 0), text.size());
  EXPECT_EQ(NextTrigger("", 0), 0U);
}

}  // namespace
}  // namespace axonflow::policy::pii

#include "policy/pii/verhoeff.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace axonflow::policy::pii {
namespace {

TEST(PassesVerhoeff, AcceptsThePublishedExamples) {
  EXPECT_TRUE(PassesVerhoeff("2363"));          // 236 has the check digit 3
  EXPECT_TRUE(PassesVerhoeff("123451"));        // 12345 has 1
  EXPECT_TRUE(PassesVerhoeff("1428570"));       // 142857 has 0
  EXPECT_TRUE(PassesVerhoeff("234123412346"));  // an Aadhaar-shaped example
}

TEST(PassesVerhoeff, RefusesEveryChangedDigitAndEveryNeighbourSwap) {
  const std::string valid = "234123412346";
  for (std::size_t place = 0; place < valid.size(); ++place) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = valid;
      changed[place] = digit;
      EXPECT_EQ(PassesVerhoeff(changed), changed == valid) << changed;
    }
    if (place + 1 < valid.size()) {
      std::string swapped = valid;
      std::swap(swapped[place], swapped[place + 1]);
      EXPECT_EQ(PassesVerhoeff(swapped), swapped == valid) << swapped;
    }
  }
}

TEST(PassesVerhoeff, RefusesOtherLengthsAndOtherCharacters) {
  EXPECT_FALSE(PassesVerhoeff(""));
  EXPECT_FALSE(PassesVerhoeff("0"));
  EXPECT_FALSE(PassesVerhoeff("2341 2341 2346"));
  EXPECT_FALSE(PassesVerhoeff(std::string(33, '0')));
}

}  // namespace
}  // namespace axonflow::policy::pii

#include "policy/pii/nric.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

TEST(HasNricCheckLetter, AcceptsOneNumberOfEachSeriesWorkedByHand) {
  // 1234567 weighs 2+14+18+20+20+18+14 = 106; 106 mod 11 = 7, 110 mod 11 = 0, 109 mod 11 = 10.
  EXPECT_TRUE(HasNricCheckLetter("S1234567D"));
  EXPECT_TRUE(HasNricCheckLetter("T1234567J"));
  EXPECT_TRUE(HasNricCheckLetter("F1234567N"));
  EXPECT_TRUE(HasNricCheckLetter("G1234567X"));
  EXPECT_TRUE(HasNricCheckLetter("M1234567K"));
  EXPECT_TRUE(HasNricCheckLetter("s1234567d"));
}

TEST(HasNricCheckLetter, LetsExactlyOneLetterPassForEachSeries) {
  for (const char series : std::string("STFGM")) {
    int accepted = 0;
    for (char letter = 'A'; letter <= 'Z'; ++letter) {
      accepted += HasNricCheckLetter(std::string(1, series) + "9876543" + letter) ? 1 : 0;
    }
    EXPECT_EQ(accepted, 1) << series;
  }
}

TEST(HasNricCheckLetter, UsesTheTableOfTheMSeriesWhereItDiffers) {
  // The 4 weighs 4: 16, and 19 with the 3 of the series; 19 mod 11 = 8 is J for M and M for F.
  EXPECT_TRUE(HasNricCheckLetter("M0000400J"));
  EXPECT_FALSE(HasNricCheckLetter("M0000400M"));
}

TEST(HasNricShape, RefusesOtherSeriesLengthsAndCharacters) {
  EXPECT_TRUE(HasNricShape("S0000000A"));
  EXPECT_FALSE(HasNricShape("A1234567D"));
  EXPECT_FALSE(HasNricShape("S123456D"));
  EXPECT_FALSE(HasNricShape("S12345678D"));
  EXPECT_FALSE(HasNricShape("S12345678"));
  EXPECT_FALSE(HasNricShape("S12x4567D"));
  EXPECT_FALSE(HasNricShape(""));
}

}  // namespace
}  // namespace axonflow::policy::pii

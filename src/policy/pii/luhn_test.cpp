#include "policy/pii/luhn.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

TEST(PassesLuhn, AcceptsThePublishedTestNumbersOfTheCardBrands) {
  for (const char* number : {"4111111111111111", "5555555555554444", "2223003122003222",
                             "378282246310005", "6011111111111117", "30569309025904",
                             "3530111333300000", "4222222222222", "6304000000000000"}) {
    EXPECT_TRUE(PassesLuhn(number)) << number;
  }
}

TEST(PassesLuhn, RefusesEverySingleChangedDigit) {
  const std::string valid = "4012888888881881";
  ASSERT_TRUE(PassesLuhn(valid));
  for (std::size_t place = 0; place < valid.size(); ++place) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = valid;
      changed[place] = digit;
      EXPECT_EQ(PassesLuhn(changed), digit == valid[place]) << changed;
    }
  }
}

TEST(PassesLuhn, RefusesOtherLengthsAndOtherCharacters) {
  EXPECT_FALSE(PassesLuhn(""));
  EXPECT_FALSE(PassesLuhn("00000000000"));           // 11
  EXPECT_FALSE(PassesLuhn("00000000000000000000"));  // 20
  EXPECT_FALSE(PassesLuhn("4111-1111-1111-1111"));
  EXPECT_FALSE(PassesLuhn("411111111111111a"));
}

}  // namespace
}  // namespace axonflow::policy::pii

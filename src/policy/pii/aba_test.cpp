#include "policy/pii/aba.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

TEST(IsAbaRoutingNumber, AcceptsRoutingNumbersThatBanksPublish) {
  for (const char* number : {"021000021", "011401533", "091000019", "122105155", "322271627"}) {
    EXPECT_TRUE(IsAbaRoutingNumber(number)) << number;
  }
}

TEST(IsAbaRoutingNumber, RefusesEverySingleChangedDigit) {
  const std::string valid = "021000021";
  for (std::size_t place = 0; place < valid.size(); ++place) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = valid;
      changed[place] = digit;
      EXPECT_EQ(IsAbaRoutingNumber(changed), changed == valid) << changed;
    }
  }
}

TEST(IsAbaRoutingNumber, RefusesDistrictsThatWereNeverGivenOut) {
  // Both satisfy the weighted sum: 3*(5+0+0) + 7*(0+0+5) = 50, and 3*9 + 7*9 = 90.
  EXPECT_FALSE(IsAbaRoutingNumber("500000050"));
  EXPECT_FALSE(IsAbaRoutingNumber("990000000"));
  EXPECT_FALSE(IsAbaRoutingNumber("000000000"));
}

TEST(IsAbaRoutingNumber, RefusesOtherLengthsAndOtherCharacters) {
  EXPECT_FALSE(IsAbaRoutingNumber(""));
  EXPECT_FALSE(IsAbaRoutingNumber("21000021"));
  EXPECT_FALSE(IsAbaRoutingNumber("0210000210"));
  EXPECT_FALSE(IsAbaRoutingNumber("02100002x"));
}

}  // namespace
}  // namespace axonflow::policy::pii

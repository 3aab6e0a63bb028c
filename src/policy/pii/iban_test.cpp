#include "policy/pii/iban.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::pii {
namespace {

TEST(PassesIbanCheck, AcceptsTheExamplesOfTheRegistry) {
  for (const char* iban : {"GB82WEST12345698765432", "DE89370400440532013000",
                           "FR1420041010050500013M02606", "NO9386011117947", "NL91ABNA0417164300",
                           "MT84MALT011000012345MTLCAST001S", "gb82west12345698765432"}) {
    EXPECT_TRUE(PassesIbanCheck(iban)) << iban;
  }
}

TEST(PassesIbanCheck, RefusesEverySingleChangedDigit) {
  const std::string valid = "DE89370400440532013000";
  for (std::size_t place = 2; place < valid.size(); ++place) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = valid;
      changed[place] = digit;
      EXPECT_EQ(PassesIbanCheck(changed), changed == valid) << changed;
    }
  }
}

TEST(PassesIbanCheck, RefusesOtherShapes) {
  EXPECT_FALSE(PassesIbanCheck(""));
  EXPECT_FALSE(PassesIbanCheck("GB82 WEST 1234 5698 7654 32"));
  EXPECT_FALSE(PassesIbanCheck("8989370400440532013000"));
  EXPECT_FALSE(PassesIbanCheck("DEX9370400440532013000"));
  EXPECT_FALSE(PassesIbanCheck(std::string(35, '1')));
}

TEST(IbanLength, KnowsTheCountriesOfTheRegistryAndNoOthers) {
  EXPECT_EQ(IbanLength('N', 'O'), 15U);
  EXPECT_EQ(IbanLength('G', 'B'), 22U);
  EXPECT_EQ(IbanLength('L', 'C'), 32U);
  EXPECT_EQ(IbanLength('U', 'S'), 0U);
  EXPECT_EQ(IbanLength('g', 'b'), 0U);
}

}  // namespace
}  // namespace axonflow::policy::pii

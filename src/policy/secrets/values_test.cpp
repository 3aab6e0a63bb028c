#include "policy/secrets/values.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy::secrets {
namespace {

TEST(EntropyOf, IsZeroForOneLetterAndFourBitsForSixteenDifferentOnes) {
  EXPECT_DOUBLE_EQ(EntropyOf("aaaa"), 0);
  EXPECT_DOUBLE_EQ(EntropyOf("0123456789abcdef"), 4);
  EXPECT_DOUBLE_EQ(EntropyOf("abab"), 1);
  EXPECT_DOUBLE_EQ(EntropyOf(""), 0);
}

TEST(IsPlaceholder, KnowsWhatPeopleWriteWhereASecretBelongs) {
  for (const char* value : {"your-api-key", "changeme", "xxxxxxxxxxxx", "<token>", "${TOKEN}",
                            "password", "EXAMPLEKEY", "abababab", "aaaaaaaa", ""}) {
    EXPECT_TRUE(IsPlaceholder(value)) << value;
  }
  for (const char* value : {"hunter22", "q1W2e3R4t5Y6", "f3a9c1d27b5e4860"}) {
    EXPECT_FALSE(IsPlaceholder(value)) << value;
  }
}

TEST(IsJwt, AsksForAnAlgorithmInTheHeader) {
  EXPECT_TRUE(IsJwt("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x"));  // {"alg":"HS256"}
  EXPECT_FALSE(IsJwt("eyJmb28iOiJiYXIifQ.eyJzdWIiOiIxMjM0In0.x"));   // {"foo":"bar"}
  EXPECT_FALSE(IsJwt("eyJ!.x"));
}

TEST(HasChecksum, IsTheCrcOfTheFirstThirtyInBaseSixtyTwo) {
  // The checksum was computed with zlib, so not by the code under test.
  EXPECT_TRUE(HasChecksum("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o50smkjE"));
  EXPECT_FALSE(HasChecksum("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o60smkjE"));
  EXPECT_FALSE(HasChecksum("short"));
}

}  // namespace
}  // namespace axonflow::policy::secrets

#include "identity/names.h"

#include <gtest/gtest.h>

namespace axonflow::identity {
namespace {

TEST(IsDirectoryName, TakesLettersDigitsDotsDashesAndUnderscores) {
  for (const std::string& name :
       {std::string("a"), std::string("Shop-1.eu_west"), std::string(128, 'x')}) {
    EXPECT_TRUE(IsDirectoryName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a/b"),
        std::string("a@b"), std::string("a:b"), std::string("a\0b", 3), std::string("\xc3\xa4"),
        std::string("*"), std::string("global"), std::string("Global"), std::string("__platform__"),
        std::string("__axonflow_unowned__"), std::string("local-dev-org")}) {
    EXPECT_FALSE(IsDirectoryName(name)) << name;
  }
}

TEST(IsCallerName, TakesAddressesToo) {
  EXPECT_TRUE(IsCallerName("mcp-client:cursor"));
  EXPECT_TRUE(IsCallerName("me@example.com"));
  EXPECT_FALSE(IsCallerName("GLOBAL"));
  EXPECT_FALSE(IsCallerName("a b"));
  EXPECT_FALSE(IsCallerName(""));
}

TEST(Normalized, LowersAsciiAndTrims) {
  EXPECT_EQ(Normalized(" \tAda@Example.COM\r\n"), "ada@example.com");
  EXPECT_EQ(Normalized("   "), "");
}

TEST(IsRecordableEmail, TakesOneAddressInAsciiOrUtf8) {
  EXPECT_TRUE(IsRecordableEmail("ada@example.com"));
  EXPECT_TRUE(
      IsRecordableEmail("j\xc3\xb6rg@b\xc3\xbc"
                        "cher.example"));
  EXPECT_TRUE(IsRecordableEmail("a@" + std::string(kEmailBytesMax - 2, 'b')));
}

TEST(IsRecordableEmail, RefusesBlanksControlCharactersAndLength) {
  for (const std::string& email :
       {std::string(), std::string("a b@c"), std::string("a\n@b"), std::string("a\x7f@b"),
        std::string("a\0@b", 4), std::string("a\xc2\x85@b"), std::string("a\xc2\xa0@b"),
        "a@" + std::string(kEmailBytesMax - 1, 'b')}) {
    EXPECT_FALSE(IsRecordableEmail(email)) << email;
  }
}

TEST(IsRecordableEmail, RefusesWhatIsNotExactlyOneAddress) {
  for (const std::string email : {"ada", "@", "@example.com", "ada@", "a@b@c", "a@b,c@d"}) {
    EXPECT_FALSE(IsRecordableEmail(email)) << email;
  }
}

TEST(IsRecordableEmail, RefusesMalformedUtf8) {
  for (const std::string email : {"a\xff@b", "a@b\xc3", "a\xc0\xaf@b", "a\xed\xa0\x80@b"}) {
    EXPECT_FALSE(IsRecordableEmail(email)) << email;
  }
}

TEST(IsSharedIdentity, KnowsTheSyntheticUsers) {
  EXPECT_TRUE(IsSharedIdentity("shop@axonflow.local"));
  EXPECT_TRUE(IsSharedIdentity("x@axonflow.internal"));
  EXPECT_TRUE(IsSharedIdentity("mcp-client:cursor"));
  EXPECT_TRUE(IsSharedIdentity("evaluator@try.getaxonflow.com"));
  EXPECT_FALSE(IsSharedIdentity("ada@example.com"));
  EXPECT_FALSE(IsSharedIdentity("ada@axonflow.local.example.com"));
}

}  // namespace
}  // namespace axonflow::identity

#include "identity/basic_auth.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace axonflow::identity {
namespace {

TEST(ParseBasic, SplitsAtTheFirstColon) {
  for (const std::string scheme : {"Basic ", "basic ", "BASIC "}) {
    const auto credentials = ParseBasic(scheme + Base64Encode("shop:se:cret"));
    ASSERT_TRUE(credentials.has_value()) << scheme;
    EXPECT_EQ(credentials->user, "shop");
    EXPECT_EQ(credentials->password.Reveal(), "se:cret");
  }
}

TEST(ParseBasic, KeepsEmptyPartsForTheCallerToJudge) {
  const auto no_password = ParseBasic("Basic " + Base64Encode("community:"));
  ASSERT_TRUE(no_password.has_value());
  EXPECT_EQ(no_password->user, "community");
  EXPECT_TRUE(no_password->password.empty());
  const auto no_user = ParseBasic("Basic " + Base64Encode(":x"));
  ASSERT_TRUE(no_user.has_value());
  EXPECT_TRUE(no_user->user.empty());
}

TEST(ParseBasic, RefusesWhatIsNotStrictlyBasic) {
  const std::string good = Base64Encode("shop:secret");
  for (const std::string& value :
       {std::string(), std::string("Basic"), std::string("Basic "), "Bearer " + good,
        "Basic" + good, "Basic  " + good, "Basic " + good + " ", "Basic " + good + "=",
        std::string("Basic shop:secret"), "Basic " + Base64Encode("no colon"),
        "Basic " + Base64Encode(std::string("a\0b:c", 5)), "Basic " + Base64Encode("a\n:c"),
        "Basic " + Base64Encode("a:c\x7f"),
        "Basic " + Base64Encode("a:" + std::string(kAuthorizationBytesMax, 'x'))}) {
    EXPECT_FALSE(ParseBasic(value).has_value()) << value;
  }
}

}  // namespace
}  // namespace axonflow::identity

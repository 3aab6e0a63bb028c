#include "identity/user_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using ::testing::HasSubstr;
using testing::SignToken;

constexpr std::string_view kKey = "a key of at least thirty-two bytes";
constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::int64_t kNowSeconds = 1'800'000'000;
const Time kNow{std::chrono::seconds(kNowSeconds)};

std::string Payload(std::string_view more = R"("exp":1800000600)") {
  return R"({"email":" Ada@Example.com ","role":"Developer","tenant_id":"shop",)" +
         std::string(more) + "}";
}

Result<UserClaims> Verify(std::string_view token) {
  return VerifyUserToken(token, Secret(std::string(kKey)), kNow);
}

TEST(VerifyUserToken, ReadsAndNormalisesTheClaims) {
  const auto claims =
      Verify(SignToken(kHeader, Payload(R"("exp":1800000600,"org_id":"acme")"), kKey));
  ASSERT_TRUE(claims.ok()) << claims.error().message;
  EXPECT_EQ(claims->email, "ada@example.com");
  EXPECT_EQ(claims->role, "developer");
  EXPECT_EQ(claims->tenant, "shop");
  EXPECT_EQ(claims->org, "acme");
}

TEST(VerifyUserToken, RefusesEveryForgery) {
  const std::string good = SignToken(kHeader, Payload(), kKey);
  const std::string signature = good.substr(good.rfind('.') + 1);
  const std::string none =
      Base64UrlEncode(R"({"alg":"none"})") + "." + Base64UrlEncode(Payload()) + ".";
  std::string flipped = good;
  flipped[good.size() - 10] = flipped[good.size() - 10] == 'A' ? 'B' : 'A';
  const struct {
    std::string token;
    std::string_view reason;
  } cases[] = {
      {none, "algorithm"},
      {none + signature, "algorithm"},
      {SignToken(R"({"alg":"None"})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"alg":"hs256"})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"alg":"RS256"})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"alg":"HS512"})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"alg":["HS256"]})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"typ":"JWT"})", Payload(), kKey), "algorithm"},
      {SignToken(R"({"alg":"none","alg":"HS256"})", Payload(), kKey),
       "header is not a JSON object"},
      {SignToken(R"({"alg":"HS256","crit":["x"]})", Payload(), kKey), "critical"},
      {SignToken(R"("HS256")", Payload(), kKey), "header is not a JSON object"},
      {SignToken(kHeader, Payload(), "another key"), "signature"},
      {SignToken(kHeader, Payload(), ""), "signature"},
      {flipped, "signature"},
      {good.substr(0, good.rfind('.') + 1), "signature"},
      {good.substr(0, good.size() - 2), "signature"},
      {good + "A", "signature"},
      {good + "=", "signature"},
      {good.substr(0, good.find('.') + 1) + Base64UrlEncode(Payload(R"("exp":1900000000)")) + "." +
           signature,
       "signature"},
      {good + "." + signature, "not a JSON Web Token"},
      {"", "not a JSON Web Token"},
      {"a.b", "not a JSON Web Token"},
      {"..", "header"},
      {"!." + good, "not a JSON Web Token"},
      {std::string(kUserTokenBytesMax + 1, 'a'), "too long"},
      {SignToken(kHeader, "[]", kKey), "payload is not a JSON object"},
      {SignToken(kHeader, R"({"email":"a@b","email":"c@d"})", kKey),
       "payload is not a JSON object"},
  };
  for (const auto& c : cases) {
    const auto claims = Verify(c.token);
    ASSERT_FALSE(claims.ok()) << c.token;
    EXPECT_EQ(claims.error().code, ErrorCode::kUnauthenticated);
    EXPECT_THAT(claims.error().message, HasSubstr(std::string(c.reason))) << c.token;
  }
}

TEST(VerifyUserToken, HonoursTimesWithAMinuteOfLeeway) {
  const struct {
    std::string_view claims;
    std::string_view reason;  // empty: accepted
  } cases[] = {
      {R"("exp":1800000000)", ""},
      {R"("exp":1799999941)", ""},
      {R"("exp":1799999940)", "expired"},
      {R"("exp":1799999940.5)", ""},
      {R"("exp":0)", "expired"},
      {R"("exp":-1)", "expired"},
      {R"("exp":"1800000600")", "exp is not a number"},
      {R"("exp":null)", "exp is missing"},
      {R"("iat":1800000000)", "exp is missing"},
      {R"("exp":1800000600,"nbf":1800000060)", ""},
      {R"("exp":1800000600,"nbf":1800000061)", "not valid yet"},
      {R"("exp":1800000600,"nbf":true)", "nbf is not a number"},
  };
  for (const auto& c : cases) {
    const auto claims = Verify(SignToken(kHeader, Payload(c.claims), kKey));
    EXPECT_EQ(claims.ok(), c.reason.empty()) << c.claims;
    if (!claims) {
      EXPECT_THAT(claims.error().message, HasSubstr(std::string(c.reason)));
    }
  }
}

TEST(VerifyUserToken, NeedsAnAddressAndATenant) {
  for (const std::string_view payload :
       {R"({"exp":1800000600,"tenant_id":"shop"})",
        R"({"exp":1800000600,"tenant_id":"shop","email":"  "})",
        R"({"exp":1800000600,"tenant_id":"shop","email":7})", R"({"exp":1800000600,"email":"a@b"})",
        R"({"exp":1800000600,"email":"a@b","tenant_id":""})",
        R"({"exp":1800000600,"email":"a@b","tenant_id":["shop"]})",
        R"({"exp":1800000600,"email":"a@b","tenant_id":"shop","role":1})"}) {
    EXPECT_FALSE(Verify(SignToken(kHeader, payload, kKey)).ok()) << payload;
  }
  EXPECT_TRUE(
      Verify(SignToken(kHeader, R"({"exp":1800000600,"email":"a@b","tenant_id":"shop"})", kKey))
          .ok());
}

TEST(VerifyUserToken, RefusesEveryTokenWithoutAKey) {
  const auto claims = VerifyUserToken(SignToken(kHeader, Payload(), ""), Secret(), kNow);
  ASSERT_FALSE(claims.ok());
  EXPECT_THAT(claims.error().message, HasSubstr("not configured"));
}

}  // namespace
}  // namespace axonflow::identity

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "identity/token_testing.h"
#include "identity/user_token.h"

namespace axonflow::identity {
namespace {

using ::testing::HasSubstr;
using testing::ProviderKey;

constexpr std::string_view kSecret = "the deployment's own secret, 32 bytes and more";
constexpr std::size_t kTableBytesMax = 1 << 20;
const Time kNow{std::chrono::seconds(1'800'000'000)};

struct Provider {
  ProviderKey rsa = ProviderKey::Rsa();
  ProviderKey ec = ProviderKey::Ec();
  ProviderKey rsa_stranger = ProviderKey::Rsa();
  ProviderKey ec_stranger = ProviderKey::Ec();
  std::string jwks = R"({"keys":[)" + rsa.Jwk("rsa-1") + "," + ec.Jwk("ec-1") + "]}";
};

const Provider& TheProvider() {
  static const Provider provider;
  return provider;
}

UserTokenRules Rules() {
  UserTokenRules rules;
  rules.hs256_key = Secret(std::string(kSecret));
  auto keys = JwkSet::Parse(TheProvider().jwks);
  EXPECT_TRUE(keys.ok()) << (keys.ok() ? "" : keys.error().message);
  rules.provider_keys = std::make_shared<const JwkSet>(std::move(*keys));
  rules.issuer = "https://login.example";
  rules.audience = "axonflow";
  return rules;
}

std::string HmacKey(std::string_view name) {
  const Provider& provider = TheProvider();
  if (name == "rsa_pem") return provider.rsa.PublicPem();
  if (name == "rsa_modulus") return provider.rsa.Number("n");
  if (name == "jwks") return provider.jwks;
  if (name == "zero") return std::string(1, '\0');
  return name == "empty" ? "" : "another secret of at least thirty-two bytes";
}

std::string Signature(std::string_view how, std::string_view text) {
  const Provider& provider = TheProvider();
  if (how == "rs") return provider.rsa.SignDer(text);
  if (how == "es") return provider.ec.SignRaw(text);
  if (how == "es_der") return provider.ec.SignDer(text);
  if (how == "rs_stranger") return provider.rsa_stranger.SignDer(text);
  if (how == "es_stranger") return provider.ec_stranger.SignRaw(text);
  if (how == "empty") return "";
  if (how.starts_with("zeros:")) {
    return std::string(std::stoul(std::string(how.substr(6))), '\0');
  }
  const std::string key = how.starts_with("hmac:") ? HmacKey(how.substr(5)) : std::string(kSecret);
  return std::string(AsBytes(HmacSha256(key, text)));
}

using Members = std::map<std::string, std::string>;  // names and JSON texts

std::string ToJson(const Members& members) {
  JsonWriter json;
  json.BeginObject();
  for (const auto& [name, value] : members) json.Key(name).Raw(value);
  json.EndObject();
  return std::move(json).Take();
}

Members GoodClaims(bool provider) {
  Members claims = {{"exp", "1800000600"}, {"email", R"("dora@shop.example")"}};
  if (!provider) claims.insert({{"tenant_id", R"("shop")"}, {"role", R"("developer")"}});
  if (provider) {
    claims.insert({{"iss", R"("https://login.example")"}, {"aud", R"("axonflow")"}});
    claims.insert({{"role", R"("admin")"}, {"email_verified", "true"}});
  }
  return claims;
}

void Apply(const std::optional<JsonValue>& changes, Members& members) {
  if (!changes) return;
  changes->ForEachMember([&](std::string_view name, JsonValue value) {
    members[std::string(name)] = value.ToString();
  });
}

std::string Edited(std::string_view edit, std::string token) {
  const std::size_t dot = token.rfind('.');
  if (edit == "swap_payload") {
    const auto payload = Base64UrlEncode(ToJson(GoodClaims(false)) + " ");
    return token.substr(0, token.find('.') + 1) + payload + token.substr(dot);
  }
  if (edit == "cut") token.resize(token.size() - 2);
  if (edit == "longer") token += "AA";
  if (edit == "pad") token += "=";
  if (edit == "newline") token += "\n";
  if (edit == "huge") token.append(kUserTokenBytesMax, 'A');
  if (edit == "four_parts") token += "." + token.substr(dot + 1);
  if (edit == "two_parts") token.resize(dot);
  // The last of 43 digits carries four bits; the other two must be zero.
  if (edit == "spare_bits") token.back() = token.back() == '8' ? '9' : token.back() + 1;
  return token;
}

std::string TokenOf(const JsonValue& row) {
  const auto member = [&row](std::string_view name) {
    const auto found = row.Find(name);
    return found ? std::string(found->AsString().value_or("")) : std::string();
  };
  if (row.Find("text")) return member("text");
  const std::string sign = member("sign");
  Members header = {{"typ", R"("JWT")"}};
  header["alg"] = "\"" + (row.Find("alg") ? member("alg") : "HS256") + "\"";
  Apply(row.Find("header"), header);
  Members claims = GoodClaims(sign.starts_with("rs") || sign.starts_with("es"));
  Apply(row.Find("set"), claims);
  if (const auto dropped = row.Find("drop")) {
    dropped->ForEachElement([&](JsonValue name) { claims.erase(std::string(*name.AsString())); });
  }
  const std::string head = row.Find("header_text") ? member("header_text") : ToJson(header);
  const std::string body = row.Find("payload_text") ? member("payload_text") : ToJson(claims);
  const std::string text = Base64UrlEncode(head) + "." + Base64UrlEncode(body);
  return Edited(member("edit"), text + "." + Base64UrlEncode(Signature(sign, text)));
}

std::string Good(std::string_view sign, std::string_view header, bool provider) {
  const std::string text =
      Base64UrlEncode(header) + "." + Base64UrlEncode(ToJson(GoodClaims(provider)));
  return text + "." + Base64UrlEncode(Signature(sign, text));
}

TEST(UserTokenAttacks, AreAllRefused) {
  const auto table = ReadFile(
      std::string(AXONFLOW_SOURCE_DIR) + "/src/identity/attacks/user_tokens.json", kTableBytesMax);
  ASSERT_TRUE(table.ok());
  JsonDocument document;
  const auto rows = document.Parse(*table);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_GE(rows->size(), 100U);
  const UserTokenRules rules = Rules();
  rows->ForEachElement([&](JsonValue row) {
    SCOPED_TRACE(*row.Find("name")->AsString());
    const auto claims = VerifyUserToken(TokenOf(row), rules, kNow);
    ASSERT_FALSE(claims.ok());
    EXPECT_EQ(claims.error().code, ErrorCode::kUnauthenticated);
    EXPECT_THAT(claims.error().message, HasSubstr(std::string(*row.Find("want")->AsString())));
  });
}

TEST(ProviderToken, IsBelievedUnderItsKeyWithoutItsRole) {
  for (const auto& [sign, header] :
       {std::pair{"rs", R"({"alg":"RS256","kid":"rsa-1","typ":"JWT"})"},
        std::pair{"rs", R"({"alg":"RS256"})"},
        std::pair{"es", R"({"alg":"ES256","kid":"ec-1","typ":"at+jwt"})"}}) {
    const auto claims = VerifyUserToken(Good(sign, header, true), Rules(), kNow);
    ASSERT_TRUE(claims.ok()) << header << ": " << claims.error().message;
    EXPECT_EQ(claims->email, "dora@shop.example");
    EXPECT_EQ(claims->role, "");
    EXPECT_EQ(claims->tenant, "");
  }
}

TEST(ProviderToken, NeedsTheIssuerAndTheAudienceToBeConfigured) {
  const std::string token = Good("rs", R"({"alg":"RS256","kid":"rsa-1"})", true);
  UserTokenRules rules = Rules();
  rules.issuer.clear();
  EXPECT_FALSE(VerifyUserToken(token, rules, kNow).ok());
  rules = Rules();
  rules.audience.clear();
  EXPECT_FALSE(VerifyUserToken(token, rules, kNow).ok());
  rules = Rules();
  rules.provider_keys = nullptr;
  EXPECT_FALSE(VerifyUserToken(token, rules, kNow).ok());
}

TEST(OwnToken, IsRefusedWhereOnlyTheProviderIsBelieved) {
  UserTokenRules rules = Rules();
  rules.hs256_key = Secret();
  EXPECT_FALSE(VerifyUserToken(Good("own", R"({"alg":"HS256"})", false), rules, kNow).ok());
  EXPECT_TRUE(VerifyUserToken(Good("own", R"({"alg":"HS256"})", false), Rules(), kNow).ok());
}

}  // namespace
}  // namespace axonflow::identity

#include "identity/licence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "identity/licence_testing.h"

namespace axonflow::identity {
namespace {

using testing::DayTime;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestSigner;

constexpr std::size_t kTableBytesMax = 1 << 20;

LicenceKeys Keys() {
  auto keys = LicenceKeys::Parse({testing::PublicKeyText("full-2026", TestSigner("full"))},
                                 {testing::PublicKeyText("eval-2026", TestSigner("evaluation"))});
  EXPECT_TRUE(keys.ok()) << (keys.ok() ? "" : keys.error().message);
  return *keys;
}

Licence Good() {
  Licence licence;
  licence.id = "lic-1";
  licence.tier = LicenceTier::kEnterprise;
  licence.org = OrgId("acme");
  licence.permissions = {"mcp:postgres:query"};
  licence.issued_at = *ParseLicenceDay("20260101");
  licence.expires_at = *ParseLicenceDay("20270101");
  licence.limits = {{"rpm", 500}, {"nodes", -1}};
  return licence;
}

TEST(Licence, SurvivesTheRoundTripThroughItsText) {
  Licence licence = Good();
  licence.service_name = "checkout";
  licence.service_type = "backend-service";
  licence.tenant = TenantId("shop");
  licence.email = "ops@acme.example";
  licence.email2 = "cto@acme.example";
  licence.deployment_id = "prod-1";
  licence.realm = LicenceRealm::kSaas;
  licence.scope = LicenceScope::kSdk;
  ASSERT_TRUE(CheckLicence(licence).ok());
  const std::string text = SignLicence(licence, TestSigner("full"));
  EXPECT_THAT(text, ::testing::StartsWith("AXON-ey"));
  const auto verdict = VerifyLicence(text, Keys(), DayTime("20260601"));
  ASSERT_TRUE(verdict.valid()) << verdict.message;
  EXPECT_THAT(verdict.message, IsEmpty());
  EXPECT_EQ(verdict.key_id, "full-2026");
  EXPECT_EQ(verdict.days_left, 213);
  const Licence& read = *verdict.licence;
  EXPECT_EQ(read.id, "lic-1");
  EXPECT_EQ(read.tier, LicenceTier::kEnterprise);
  EXPECT_EQ(read.org, OrgId("acme"));
  EXPECT_EQ(read.tenant, TenantId("shop"));
  EXPECT_EQ(read.service_name, "checkout");
  EXPECT_EQ(read.service_type, "backend-service");
  EXPECT_EQ(read.permissions, licence.permissions);
  EXPECT_EQ(read.issued_at, licence.issued_at);
  EXPECT_EQ(read.expires_at, licence.expires_at);
  EXPECT_EQ(read.email, "ops@acme.example");
  EXPECT_EQ(read.email2, "cto@acme.example");
  EXPECT_EQ(read.limits, licence.limits);
  EXPECT_EQ(read.realm, LicenceRealm::kSaas);
  EXPECT_EQ(read.scope, LicenceScope::kSdk);
  EXPECT_EQ(read.deployment_id, "prod-1");
}

TEST(Licence, SignsTheBase64TextOfThePayload) {
  const std::string text = SignLicence(Good(), TestSigner("full"));
  const std::string payload = text.substr(5, text.rfind('.') - 5);
  const auto signature = Base64UrlDecode(text.substr(text.rfind('.') + 1));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(VerifyEd25519(TestSigner("full").public_key(), payload, *signature));
  EXPECT_FALSE(
      VerifyEd25519(TestSigner("full").public_key(), *Base64UrlDecode(payload), *signature));
}

TEST(Licence, WithoutAnAudienceStandsForTheWholeOfAnOwnDeployment) {
  const std::string payload =
      Base64UrlEncode(R"({"tier":"Plus","org_id":"acme","expires_at":"20270101","new":[1]})");
  const auto verdict =
      VerifyLicence("AXON-" + payload + "." + Base64UrlEncode(TestSigner("full").Sign(payload)),
                    Keys(), DayTime("20260601"));
  ASSERT_TRUE(verdict.valid()) << verdict.message;
  EXPECT_EQ(verdict.licence->realm, LicenceRealm::kSelfHosted);
  EXPECT_EQ(verdict.licence->scope, LicenceScope::kFull);
}

TEST(Licence, IsAcceptedSevenDaysAfterItsEndWithAWord) {
  const std::string text = SignLicence(Good(), TestSigner("full"));
  const Time end = *ParseLicenceDay("20270101");
  const auto at = [&](Time now) { return VerifyLicence(text, Keys(), now); };
  EXPECT_THAT(at(end - std::chrono::days(31)).message, IsEmpty());
  EXPECT_THAT(at(end - std::chrono::days(30)).message, HasSubstr("expires in 30 days"));
  EXPECT_FALSE(at(end - std::chrono::microseconds(1)).in_grace);
  EXPECT_TRUE(at(end).in_grace);
  EXPECT_TRUE(at(end).valid());
  EXPECT_THAT(at(end).message, HasSubstr("7 more days"));
  EXPECT_TRUE(at(end + kLicenceGrace - std::chrono::microseconds(1)).valid());
  EXPECT_EQ(at(end + kLicenceGrace).fault, LicenceFault::kExpired);
  EXPECT_EQ(at(end + kLicenceGrace).days_left, -7);
}

TEST(Licence, MayBeIssuedADayAheadOfThisClock) {
  const std::string text = SignLicence(Good(), TestSigner("full"));
  EXPECT_TRUE(VerifyLicence(text, Keys(), *ParseLicenceDay("20251231")).valid());
}

TEST(Licence, IsReadAfterItsSignatureOnly) {
  const auto verdict =
      VerifyLicence(SignLicence(Good(), TestSigner("stranger")), Keys(), DayTime("20260601"));
  EXPECT_FALSE(verdict.licence.has_value());
  EXPECT_THAT(verdict.message, ::testing::Not(HasSubstr("acme")));
}

TEST(Licence, IsNotMadeWithFieldsThatCouldNotBeRead) {
  Licence licence = Good();
  licence.org = OrgId("a b");
  EXPECT_FALSE(CheckLicence(licence).ok());
  licence = Good();
  licence.permissions.assign(65, "mcp:*");
  EXPECT_FALSE(CheckLicence(licence).ok());
  licence = Good();
  licence.permissions.assign(60, std::string(200, 'x'));
  EXPECT_THAT(CheckLicence(licence).error().message, HasSubstr("more than a key can hold"));
}

// Applies the change that a row of the table asks for to the parts of a signed key.
std::string Edited(std::string_view edit, std::string payload, std::string signature,
                   const Ed25519Signer& signer) {
  const std::size_t colon = edit.find(':');
  const std::string_view act = edit.substr(0, colon);
  const std::string_view argument = colon == std::string_view::npos ? "" : edit.substr(colon + 1);
  const auto text = [&] { return "AXON-" + payload + "." + Base64UrlEncode(signature); };
  if (act == "payload") {
    const std::size_t second = argument.find(':');
    std::string json = *Base64UrlDecode(payload);
    const auto at = json.find(argument.substr(0, second));
    EXPECT_NE(at, std::string::npos);
    payload = Base64UrlEncode(json.replace(at, second, argument.substr(second + 1)));
    return text();
  }
  if (act == "flip_signature") signature[std::stoul(std::string(argument))] ^= 1;
  if (act == "malleate") testing::AddGroupOrder(signature);
  if (act == "signature") signature = testing::FromHex(argument);
  if (act == "sign_json") signature = signer.Sign(*Base64UrlDecode(payload));
  if (act == "sign_prefix") signature = signer.Sign("AXON-" + payload);
  if (act == "signature_of_other") signature = signer.Sign(payload + "A");
  if (act == "cut_signature") signature.resize(std::stoul(std::string(argument)));
  if (act == "no_point") return "AXON-" + payload + Base64UrlEncode(signature);
  if (act == "payload_prefix") payload = std::string(argument) + payload;
  if (act == "lower_prefix") return "axon-" + text().substr(5);
  if (act == "prepend") return std::string(argument) + text();
  if (act == "append") return text() + std::string(argument);
  if (act == "pad_to") payload.resize(std::stoul(std::string(argument)), 'A');
  std::string whole = text();
  // The last of 86 digits carries two bits; the other four must be zero.
  if (act == "spare_bits") whole.back() = whole.back() == 'A' ? 'B' : whole.back() + 1;
  if (act == "standard_alphabet") whole.back() = '/';
  return whole;
}

TEST(Licence, ResistsEveryAttackOfTheTable) {
  const auto table = ReadFile(
      std::string(AXONFLOW_SOURCE_DIR) + "/src/identity/attacks/licences.json", kTableBytesMax);
  ASSERT_TRUE(table.ok());
  JsonDocument document;
  const auto rows = document.Parse(*table);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_GE(rows->size(), 70U);
  const LicenceKeys keys = Keys();
  rows->ForEachElement([&](JsonValue row) {
    const auto member = [&](std::string_view name) {
      const auto found = row.Find(name);
      return found ? std::string(*found->AsString()) : std::string();
    };
    SCOPED_TRACE(member("name"));
    std::string text = member("text");
    if (const auto signer_name = member("signer"); !signer_name.empty()) {
      const Ed25519Signer& signer = TestSigner(signer_name);
      const auto object = row.Find("payload");
      const std::string json = object ? object->ToString() : member("payload_text");
      const std::string payload = Base64UrlEncode(json);
      text = Edited(member("edit"), payload, signer.Sign(payload), signer);
    }
    const std::string now = member("now");
    const auto verdict =
        VerifyLicence(text, keys, *ParseRfc3339(now.empty() ? "2026-06-01T12:00:00Z" : now));
    EXPECT_FALSE(verdict.valid());
    EXPECT_EQ(ToString(verdict.fault), member("want")) << verdict.message;
    EXPECT_FALSE(verdict.message.empty());
  });
}

TEST(LicenceKeys, RefusesKeysUnderWhichAnybodyCanSign) {
  const std::string high(30, '\xff');
  for (const std::string& bytes :
       {std::string(32, '\0'), '\x01' + std::string(31, '\0'),
        '\x01' + std::string(30, '\0') + '\x80', '\xec' + high + '\x7f', '\xed' + high + '\x7f',
        '\xee' + high + '\x7f', '\xee' + high + '\xff', std::string(32, '\xff')}) {
    EXPECT_FALSE(LicenceKeys::Parse({"a:" + Base64Encode(bytes)}, {}).ok())
        << HexEncode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  }
  for (const std::string_view order_eight :
       {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"}) {
    EXPECT_FALSE(LicenceKeys::Parse({"a:" + Base64Encode(testing::FromHex(order_eight))}, {}).ok());
  }
}

TEST(LicenceKeys, RefusesAListThatCannotBeMeant) {
  const std::string one = testing::PublicKeyText("one", TestSigner("full"));
  const std::string two = testing::PublicKeyText("two", TestSigner("evaluation"));
  EXPECT_TRUE(LicenceKeys::Parse({one, two}, {}).ok());
  EXPECT_TRUE(LicenceKeys::Parse({}, {}).ok());
  EXPECT_FALSE(LicenceKeys::Parse({one, one}, {}).ok());
  // The same key in both classes would undo the difference between them.
  EXPECT_FALSE(LicenceKeys::Parse({one}, {testing::PublicKeyText("two", TestSigner("full"))}).ok());
  EXPECT_FALSE(LicenceKeys::Parse({one.substr(4)}, {}).ok());
  EXPECT_FALSE(LicenceKeys::Parse({"one:"}, {}).ok());
  EXPECT_FALSE(LicenceKeys::Parse({one + "AAAA"}, {}).ok());
  EXPECT_FALSE(LicenceKeys::Parse({"a b" + one}, {}).ok());
}

TEST(LicenceKeys, KnowsSeveralKeysSoThatOneCanTakeOverFromAnother) {
  const auto keys = LicenceKeys::Parse({testing::PublicKeyText("old", TestSigner("full")),
                                        testing::PublicKeyText("new", TestSigner("stranger"))},
                                       {});
  ASSERT_TRUE(keys.ok());
  const Time now = DayTime("20260601");
  EXPECT_EQ(VerifyLicence(SignLicence(Good(), TestSigner("full")), *keys, now).key_id, "old");
  EXPECT_EQ(VerifyLicence(SignLicence(Good(), TestSigner("stranger")), *keys, now).key_id, "new");
}

TEST(LicenceAllows, FollowsTheWildcards) {
  const struct {
    std::vector<std::string> granted;
    bool query_postgres, write_postgres, query_redis;
  } cases[] = {
      {{}, false, false, false},
      {{"*"}, true, true, true},
      {{"mcp:*"}, true, true, true},
      {{"mcp:*:*"}, true, true, true},
      {{"mcp:postgres:*"}, true, true, false},
      {{"mcp:*:query"}, true, false, true},
      {{"mcp:postgres:query"}, true, false, false},
      {{"mcp:postgres"}, false, false, false},
      {{"mcp:post:query", "mcp:redis:query"}, false, false, true},
      {{"connector:*:*", "mcp", ""}, false, false, false},
  };
  for (const auto& row : cases) {
    SCOPED_TRACE(row.granted.empty() ? "none" : row.granted[0]);
    EXPECT_EQ(LicenceAllows(row.granted, "postgres", "query"), row.query_postgres);
    EXPECT_EQ(LicenceAllows(row.granted, "postgres", "write"), row.write_postgres);
    EXPECT_EQ(LicenceAllows(row.granted, "redis", "query"), row.query_redis);
  }
}

}  // namespace
}  // namespace axonflow::identity

#include "identity/jwk_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "identity/jwk_file.h"
#include "identity/testing.h"
#include "identity/token_testing.h"

namespace axonflow::identity {
namespace {

using ::testing::HasSubstr;
using testing::ProviderKey;

std::string Set(const std::string& keys) { return R"({"keys":[)" + keys + "]}"; }

const ProviderKey& Rsa() {
  static const ProviderKey key = ProviderKey::Rsa();
  return key;
}

TEST(JwkSet, TakesTheKeysOfItsAlgorithmsAndLeavesTheRest) {
  const auto keys = JwkSet::Parse(
      Set(Rsa().Jwk("a", R"(,"use":"sig","alg":"RS256")") + "," + ProviderKey::Ec().Jwk("b") + "," +
          Rsa().Jwk("c", R"(,"use":"enc")") + "," + Rsa().Jwk("d", R"(,"alg":"RS512")") +
          R"(,{"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"));
  ASSERT_TRUE(keys.ok()) << keys.error().message;
  EXPECT_EQ(keys->size(), 2U);
}

TEST(JwkSet, RefusesWhatCannotBeMeant) {
  const std::string good = Rsa().Jwk("a");
  const std::string exponent_one =
      R"({"kid":"a","kty":"RSA","e":"AQ","n":")" + Base64UrlEncode(Rsa().Number("n")) + "\"}";
  const std::string off_curve = R"({"kid":"a","kty":"EC","crv":"P-256","x":")" +
                                Base64UrlEncode(std::string(32, '\1')) + R"(","y":")" +
                                Base64UrlEncode(std::string(32, '\1')) + "\"}";
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "not JSON"},
      {"[]", "no list"},
      {R"({"keys":{}})", "no list"},
      {Set(""), "no key"},
      {Set(R"({"kty":"oct","k":"AAAA"})"), "no key"},
      {Set("1"), "is no key"},
      {Set(ProviderKey::Rsa(1024).Jwk("a")), "weak"},
      {Set(exponent_one), "weak"},
      {Set(off_curve), "weak"},
      {Set(good + "," + good), "one kid"},
      {Set(Rsa().Jwk("a", R"(,"d":"AQAB")")), "private"},
      {Set(Rsa().Jwk("")), "kid"},
      {std::string(kJwkSetBytesMax + 1, ' '), "too long"},
  };
  for (const auto& [json, reason] : cases) {
    const auto keys = JwkSet::Parse(json);
    ASSERT_FALSE(keys.ok()) << json.substr(0, 100);
    EXPECT_THAT(keys.error().message, HasSubstr(std::string(reason)));
  }
}

TEST(JwkSet, WithoutAKidNeedsExactlyOneKeyForTheAlgorithm) {
  const ProviderKey other = ProviderKey::Rsa();
  const auto one = JwkSet::Parse(Set(Rsa().Jwk("a")));
  const auto two = JwkSet::Parse(Set(Rsa().Jwk("a") + "," + other.Jwk("b")));
  ASSERT_TRUE(one.ok() && two.ok());
  const std::string signature = Rsa().SignDer("text");
  EXPECT_TRUE(one->Verify(TokenAlgorithm::kRs256, std::nullopt, "text", signature));
  EXPECT_FALSE(two->Verify(TokenAlgorithm::kRs256, std::nullopt, "text", signature));
  EXPECT_TRUE(two->Verify(TokenAlgorithm::kRs256, "a", "text", signature));
  EXPECT_FALSE(two->Verify(TokenAlgorithm::kRs256, "b", "text", signature));
  EXPECT_FALSE(one->Verify(TokenAlgorithm::kEs256, "a", "text", signature));
}

TEST(JwkFile, FollowsItsFileAndKeepsTheLastGoodKeys) {
  const auto path =
      std::filesystem::path(::testing::TempDir()) / ("axonflow_jwks_" + std::to_string(::getpid()));
  ASSERT_TRUE(WriteFileAtomically(path, Set(Rsa().Jwk("a"))).ok());
  const auto file = JwkFile::Open(path, std::chrono::milliseconds(5));
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE(WriteFileAtomically(path, Set(Rsa().Jwk("a") + "," + Rsa().Jwk("b"))).ok());
  EXPECT_TRUE(
      testing::Within(std::chrono::seconds(5), [&] { return (*file)->keys()->size() == 2; }));
  ASSERT_TRUE(WriteFileAtomically(path, "damaged").ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ((*file)->keys()->size(), 2U);
  std::filesystem::remove(path);
  EXPECT_FALSE(JwkFile::Open(path).ok());
}

}  // namespace
}  // namespace axonflow::identity

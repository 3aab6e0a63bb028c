#include "audit/signing_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "audit/test_support.h"
#include "base/crypto.h"

namespace axonflow::audit {
namespace {

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// RFC 8032 section 7.1, test 2.
const std::string kSeed = Bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const std::string kPublic =
    Bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const std::string kSignatureOf72 = Bytes(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

std::string_view View(const Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

TEST(SigningKey, SignsAsTheStandardSays) {
  const auto key = SigningKey::FromText(Secret(Base64Encode(kSeed)));
  ASSERT_TRUE(key);
  EXPECT_EQ(std::string(key->public_key().begin(), key->public_key().end()), kPublic);
  EXPECT_EQ(View(key->Sign("\x72")), kSignatureOf72);
  EXPECT_TRUE(VerifySignature(key->public_key(), "\x72", kSignatureOf72));
  EXPECT_FALSE(VerifySignature(key->public_key(), "\x73", kSignatureOf72));
}

TEST(SigningKey, ReadsEverySpellingOfAKey) {
  std::string url = Base64UrlEncode(kSeed + kPublic);
  for (const auto& text :
       {Base64Encode(kSeed), Base64UrlEncode(kSeed), Base64Encode(kSeed + kPublic), url}) {
    const auto key = SigningKey::FromText(Secret(text));
    ASSERT_TRUE(key) << text.size();
    EXPECT_EQ(std::string(key->public_key().begin(), key->public_key().end()), kPublic);
  }
}

TEST(SigningKey, RefusesWhatIsNoKey) {
  const std::string twisted = kSeed + kSeed;
  for (const auto& text :
       {std::string(), std::string("x"), Base64Encode("short"), Base64Encode(kSeed) + "!",
        Base64Encode(twisted), Base64Encode(kSeed + kPublic + "x")}) {
    EXPECT_FALSE(SigningKey::FromText(Secret(text))) << text;
  }
}

TEST(KeyRing, FindsTheSignerAndRetiredKeysByTheirId) {
  KeyRing keys(*SigningKey::FromText(Secret(Base64Encode(kSeed))), "");
  EXPECT_EQ(keys.signer_id(), HexEncode(Sha256(kPublic)).substr(0, 16));
  const auto old_key = SigningKey::Generate();
  keys.AddRetired(old_key.public_key());
  ASSERT_NE(keys.Find(KeyIdOf(old_key.public_key())), nullptr);
  EXPECT_EQ(*keys.Find(KeyIdOf(old_key.public_key())), old_key.public_key());
  EXPECT_EQ(keys.Find("0000000000000000"), nullptr);
  EXPECT_EQ(KeyRing().signer(), nullptr);
}

TEST(LoadOrCreateSigningKey, KeepsTheKeyInAFileOnlyTheOwnerReads) {
  const TestFolder folder;
  const auto path = (folder.path() / "audit.key").string();
  const auto made = LoadOrCreateSigningKey(path);
  ASSERT_TRUE(made);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto again = LoadOrCreateSigningKey(path);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), made->public_key());
}

TEST(LoadOrCreateSigningKey, NeverReplacesAFileThatIsNoKey) {
  const TestFolder folder;
  const auto path = folder.path() / "audit.key";
  PutFile(path, "damaged\n");
  EXPECT_FALSE(LoadOrCreateSigningKey(path.string()));
  EXPECT_EQ(FileBytes(path), "damaged\n");
}

}  // namespace
}  // namespace axonflow::audit

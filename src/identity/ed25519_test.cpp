#include "identity/ed25519.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "identity/licence_testing.h"

namespace axonflow::identity {
namespace {

using testing::FromHex;

std::string Text(const Ed25519PublicKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

// RFC 8032, section 7.1, TEST 1 to 3.
TEST(Ed25519, GivesTheVectorsOfTheRfc) {
  const struct {
    std::string_view seed, key, message, signature;
  } vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b"
       "46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11"
       "d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc"
       "6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const auto& vector : vectors) {
    const auto signer = Ed25519Signer::FromSeed(Secret(FromHex(vector.seed)));
    ASSERT_TRUE(signer.ok());
    EXPECT_EQ(Text(signer->public_key()), FromHex(vector.key));
    EXPECT_EQ(signer->Sign(FromHex(vector.message)), FromHex(vector.signature));
    EXPECT_TRUE(
        VerifyEd25519(signer->public_key(), FromHex(vector.message), FromHex(vector.signature)));
    EXPECT_FALSE(VerifyEd25519(signer->public_key(), FromHex(vector.message) + "x",
                               FromHex(vector.signature)));
  }
}

TEST(Ed25519, TakesNoSecondSignatureMadeFromAFirst) {
  const Ed25519Signer& signer = testing::TestSigner("a");
  std::string signature = signer.Sign("text");
  ASSERT_TRUE(VerifyEd25519(signer.public_key(), "text", signature));
  testing::AddGroupOrder(signature);
  EXPECT_FALSE(VerifyEd25519(signer.public_key(), "text", signature));
}

// Under the neutral point the equation holds for R neutral and S zero, whatever the text is.
TEST(Ed25519, TakesNothingUnderAKeyOfSmallOrder) {
  const Ed25519PublicKey neutral = {1};
  std::string signature(64, '\0');
  signature[0] = 1;
  EXPECT_FALSE(VerifyEd25519(neutral, "text", signature));
  EXPECT_FALSE(ReadEd25519PublicKey(Text(neutral)));
}

TEST(Ed25519, KeepsAKeyInPem) {
  const auto signer = Ed25519Signer::Generate();
  const Secret pem = signer.ToPem();
  EXPECT_TRUE(pem.Reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto read = Ed25519Signer::FromPem(pem);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->public_key(), signer.public_key());
  EXPECT_EQ(read->Sign("x"), signer.Sign("x"));
  EXPECT_NE(Ed25519Signer::Generate().public_key(), signer.public_key());
}

TEST(Ed25519, RefusesWhatIsNoPrivateKey) {
  for (const std::string_view text :
       {"", "x", "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"}) {
    EXPECT_FALSE(Ed25519Signer::FromPem(Secret(std::string(text))).ok()) << text;
  }
  EXPECT_FALSE(Ed25519Signer::FromSeed(Secret("short")).ok());
}

}  // namespace
}  // namespace axonflow::identity

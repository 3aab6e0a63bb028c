#include "identity/ed25519.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "base/crypto.h"

namespace axonflow::identity {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;
using Bio = std::unique_ptr<BIO, FreeBio>;

constexpr std::uint8_t kSignBit = 0x80;

// 2^255 - 19, little-endian.
constexpr Ed25519PublicKey kPrime = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};

// The y coordinates of the points of order 1, 2, 4 and 8 (RFC 8032 gives the curve; the values are
// the roots of its division polynomials).
constexpr std::array<Ed25519PublicKey, 5> kSmallOrderY = {{
    {0x01},
    {0x00},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool IsBelowPrime(const Ed25519PublicKey& y) {
  return std::lexicographical_compare(y.rbegin(), y.rend(), kPrime.rbegin(), kPrime.rend());
}

[[noreturn]] void Die() {
  // Allocation, or a library without Ed25519: nothing that a caller could answer for.
  std::terminate();
}

Key PrivateKey(const Secret& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed.Reveal()),
                                       seed.Reveal().size()));
  if (!key) Die();
  return key;
}

}  // namespace

bool IsStrictPoint(const Ed25519PublicKey& point) {
  Ed25519PublicKey y = point;
  y.back() &= static_cast<std::uint8_t>(~kSignBit);
  return IsBelowPrime(y) &&
         std::find(kSmallOrderY.begin(), kSmallOrderY.end(), y) == kSmallOrderY.end();
}

std::optional<Ed25519PublicKey> ReadEd25519PublicKey(std::string_view bytes) {
  Ed25519PublicKey key{};
  if (bytes.size() != key.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  if (!IsStrictPoint(key)) return std::nullopt;
  return key;
}

bool VerifyEd25519(const Ed25519PublicKey& key, std::string_view message,
                   std::string_view signature) {
  if (signature.size() != kEd25519SignatureBytes || !IsStrictPoint(key)) return false;
  if (!ReadEd25519PublicKey(signature.substr(0, kEd25519KeyBytes))) return false;
  const Key public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context context(EVP_MD_CTX_new());
  if (!public_key || !context) return false;
  // OpenSSL checks that S is below the order of the group, and compares R as bytes.
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

Ed25519Signer Ed25519Signer::Generate() {
  std::array<std::uint8_t, kEd25519KeyBytes> bytes{};
  FillRandom(bytes);
  auto signer =
      FromSeed(Secret(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (!signer) Die();
  return std::move(*signer);
}

Result<Ed25519Signer> Ed25519Signer::FromSeed(const Secret& seed) {
  if (seed.Reveal().size() != kEd25519KeyBytes) {
    return Error{ErrorCode::kInvalidArgument, "an Ed25519 seed has 32 bytes"};
  }
  Ed25519Signer signer;
  signer.seed_ = seed;
  std::size_t size = signer.public_key_.size();
  const Key key = PrivateKey(seed);
  if (EVP_PKEY_get_raw_public_key(key.get(), signer.public_key_.data(), &size) != 1) Die();
  return signer;
}

Result<Ed25519Signer> Ed25519Signer::FromPem(const Secret& pem) {
  const Error refused{ErrorCode::kInvalidArgument,
                      "this is not an unencrypted Ed25519 private key in PEM (PKCS #8)"};
  const Bio bio(BIO_new_mem_buf(pem.Reveal().data(), static_cast<int>(pem.Reveal().size())));
  if (!bio) Die();
  // An encrypted key must not make OpenSSL ask for its password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return refused;
  std::array<std::uint8_t, kEd25519KeyBytes> seed{};
  std::size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(key.get(), seed.data(), &size) != 1 || size != seed.size()) {
    return refused;
  }
  auto signer =
      FromSeed(Secret(std::string(reinterpret_cast<const char*>(seed.data()), seed.size())));
  OPENSSL_cleanse(seed.data(), seed.size());
  return signer;
}

Secret Ed25519Signer::ToPem() const {
  const Key key = PrivateKey(seed_);
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    Die();
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return Secret(std::string(text, static_cast<std::size_t>(size)));
}

std::string Ed25519Signer::Sign(std::string_view message) const {
  const Key key = PrivateKey(seed_);
  const Context context(EVP_MD_CTX_new());
  std::string signature(kEd25519SignatureBytes, '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                     Bytes(message), message.size()) != 1) {
    Die();
  }
  return signature;
}

}  // namespace axonflow::identity

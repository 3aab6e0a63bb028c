#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

// Ed25519 (RFC 8032, section 5.1, without a context), as strict as the RFC allows, so that one
// signature has one text and nobody but the holder of the seed can make it.
namespace axonflow::identity {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

using Ed25519PublicKey = std::array<std::uint8_t, kEd25519KeyBytes>;

// Whether `point` encodes a point as the RFC does (its y below the prime) that is none of the eight
// points of small order. Under a key of small order anybody can sign.
bool IsStrictPoint(const Ed25519PublicKey& point);

// A public key from its 32 bytes. Nothing when there are not 32, or they are no strict point.
std::optional<Ed25519PublicKey> ReadEd25519PublicKey(std::string_view bytes);

// Whether `signature` is the signature of `message` under `key`. Besides the equation it demands 64
// bytes, S below the order of the group (no second signature from a first) and a strict R.
bool VerifyEd25519(const Ed25519PublicKey& key, std::string_view message,
                   std::string_view signature);

// A key that signs. Only `axonflow license` holds one; no setting of the server names it.
class Ed25519Signer {
 public:
  // From the operating system's generator.
  static Ed25519Signer Generate();
  // From the PEM of PKCS #8 (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
  // kInvalidArgument for anything else.
  static Result<Ed25519Signer> FromPem(const Secret& pem);
  // From the 32 bytes of the seed (RFC 8032, section 5.1.5).
  static Result<Ed25519Signer> FromSeed(const Secret& seed);

  const Ed25519PublicKey& public_key() const { return public_key_; }
  Secret ToPem() const;
  // 64 bytes. The same message has the same signature always.
  std::string Sign(std::string_view message) const;

 private:
  Ed25519Signer() = default;

  Secret seed_;
  Ed25519PublicKey public_key_{};
};

}  // namespace axonflow::identity

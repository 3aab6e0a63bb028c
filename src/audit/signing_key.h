#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace axonflow::audit {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

// The first 16 hex digits of SHA-256 over the raw public key.
std::string KeyIdOf(const PublicKey& key);

// Base64 (either alphabet, padded or not) of 32 bytes; kInvalidArgument for anything else.
Result<PublicKey> ParsePublicKey(std::string_view base64);

// Whether `signature` is an Ed25519 signature (RFC 8032) of `message` under `key`.
bool VerifySignature(const PublicKey& key, std::string_view message, std::string_view signature);

// An Ed25519 private key. Its bytes are wiped when it dies.
class SigningKey {
 public:
  // Base64 (either alphabet, padded or not) of a 32-byte seed or of the 64 bytes of seed and public
  // key. kInvalidArgument for anything else, also when the two halves do not belong together.
  static Result<SigningKey> FromText(const Secret& base64);
  static SigningKey Generate();

  const PublicKey& public_key() const { return public_key_; }
  Signature Sign(std::string_view message) const;
  Secret SeedText() const;  // base64 of the seed, for the file of a generated key

 private:
  explicit SigningKey(std::string_view seed);

  Secret expanded_;  // seed and public key, as libsodium wants them
  PublicKey public_key_{};
};

// The key that signs, if any, and all keys whose signatures count.
class KeyRing {
 public:
  // Unsigned: nothing is signed and no signature counts.
  KeyRing() = default;
  // `id` empty: derived from the key.
  KeyRing(SigningKey signer, std::string id);

  // A key that signed in the past.
  void AddRetired(const PublicKey& key);
  // A key under a name that somebody gave it.
  void Trust(const PublicKey& key, std::string id);

  const SigningKey* signer() const { return signer_ ? &*signer_ : nullptr; }
  const std::string& signer_id() const { return signer_id_; }  // empty when unsigned
  // Null for an unknown id.
  const PublicKey* Find(std::string_view id) const;
  const std::vector<std::pair<std::string, PublicKey>>& keys() const { return keys_; }

 private:
  std::optional<SigningKey> signer_;
  std::string signer_id_;
  std::vector<std::pair<std::string, PublicKey>> keys_;
};

// The key in `path`, which is made with a new key (mode 0600) when it does not exist.
Result<SigningKey> LoadOrCreateSigningKey(const std::string& path);

}  // namespace axonflow::audit

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace axonflow::identity {

inline constexpr std::size_t kJwkSetBytesMax = 256 * 1024;
inline constexpr std::size_t kJwkSetKeysMax = 64;
inline constexpr std::size_t kKeyIdBytesMax = 256;

// The signatures of identity providers that are accepted (RFC 7518, sections 3.3 and 3.4).
enum class TokenAlgorithm : std::uint8_t { kRs256, kEs256 };

// The public keys of an identity provider (RFC 7517). Immutable; thread-safe.
class JwkSet {
 public:
  // Keys that are not for RS256 or ES256 signatures are left out. Refused is the whole set when a
  // key that would be used is weak or wrong (RSA outside 2048 to 8192 bits, exponent even or below
  // 3, a point that is not on P-256), holds a private part, or shares its kid with another, and
  // when no key is left.
  static Result<JwkSet> Parse(std::string_view json);

  // Whether `signature` signs `text` under the key that `kid` names. A key works with the one
  // algorithm that its type stands for. The kid is compared and nothing else is done with it;
  // without one the set must have exactly one key for the algorithm.
  bool Verify(TokenAlgorithm algorithm, const std::optional<std::string_view>& kid,
              std::string_view text, std::string_view signature) const;

  std::size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::optional<std::string> kid;
    TokenAlgorithm algorithm = TokenAlgorithm::kRs256;
    std::shared_ptr<evp_pkey_st> key;
  };
  friend class JwkReader;

  const Key* Find(TokenAlgorithm algorithm, const std::optional<std::string_view>& kid) const;

  std::vector<Key> keys_;
};

}  // namespace axonflow::identity

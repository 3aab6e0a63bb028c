#pragma once

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/secret.h"

namespace axonflow::identity {

// What the store keeps of a client's secret: HMAC-SHA-256 under `pepper` of the client id, a zero
// byte and the secret. The id is part of it so that a digest copied to another client's row does
// not open that client.
inline Digest256 SecretDigest(const Secret& pepper, std::string_view client,
                              std::string_view secret) {
  std::string message;
  message.reserve(client.size() + 1 + secret.size());
  message.append(client).push_back('\0');
  message.append(secret);
  const Digest256 digest = HmacSha256(pepper.Reveal(), message);
  OPENSSL_cleanse(message.data(), message.size());
  return digest;
}

}  // namespace axonflow::identity

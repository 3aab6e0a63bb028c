#include "identity/basic_auth.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/crypto.h"

namespace axonflow::identity {
namespace {

constexpr std::string_view kScheme = "basic ";

bool StartsWithScheme(std::string_view authorization) {
  return authorization.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), authorization.begin(), [](char want, char got) {
           return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
         });
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

}  // namespace

std::optional<BasicCredentials> ParseBasic(std::string_view authorization) {
  if (authorization.size() > kAuthorizationBytesMax || !StartsWithScheme(authorization)) {
    return std::nullopt;
  }
  auto decoded = Base64Decode(authorization.substr(kScheme.size()));
  if (!decoded) return std::nullopt;
  std::optional<BasicCredentials> credentials;
  const std::size_t colon = decoded->find(':');
  if (colon != std::string::npos && !HasControlCharacter(*decoded)) {
    credentials.emplace(
        BasicCredentials{decoded->substr(0, colon), Secret(decoded->substr(colon + 1))});
  }
  OPENSSL_cleanse(decoded->data(), decoded->size());
  return credentials;
}

}  // namespace axonflow::identity

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace axonflow::identity {

inline constexpr std::size_t kAuthorizationBytesMax = 2048;

struct BasicCredentials {
  std::string user;
  Secret password;
};

// Reads the value of an Authorization header as HTTP Basic (RFC 7617): the scheme in any case, one
// space, strictly padded base64 of "user:password" split at the first colon. Nothing for another
// scheme, a value over kAuthorizationBytesMax, control characters or a missing colon. Both parts
// may be empty.
std::optional<BasicCredentials> ParseBasic(std::string_view authorization);

}  // namespace axonflow::identity

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace axonflow::identity {

inline constexpr std::size_t kUserTokenBytesMax = 8192;
inline constexpr std::chrono::seconds kUserTokenLeeway{60};

// What a verified user token says.
struct UserClaims {
  std::string email;                     // normalised, never blank
  std::string role;                      // normalised; may be empty
  std::string tenant;                    // never blank
  std::string org;                       // empty = not said
  std::string department;                // may be empty
  std::vector<std::string> permissions;  // may be empty
  std::vector<std::string> segments;     // of which the user is a member
};

// Verifies a JSON Web Token (RFC 7519) signed with HMAC-SHA-256 under `key` (RFC 7515, alg HS256).
// The algorithm is pinned: a header that names any other is refused before a signature is computed.
// Requires exp, email and tenant_id; honours nbf; the clocks may differ by kUserTokenLeeway. Fails
// with kUnauthenticated and a reason that repeats nothing of the token.
Result<UserClaims> VerifyUserToken(std::string_view token, const Secret& key, Time now);

}  // namespace axonflow::identity

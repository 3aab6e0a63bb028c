#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "identity/jwk_set.h"

namespace axonflow::identity {

inline constexpr std::size_t kUserTokenBytesMax = 8192;
inline constexpr std::chrono::seconds kUserTokenLeeway{60};

// What a verified user token says.
struct UserClaims {
  std::string email;                     // normalised, never blank
  std::string role;                      // normalised; may be empty
  std::string tenant;                    // blank only in a provider's token
  std::string org;                       // empty = not said
  std::string department;                // may be empty
  std::vector<std::string> permissions;  // may be empty
  std::vector<std::string> segments;     // of which the user is a member
};

// Which tokens are believed. Each part that is empty turns its kind of token off.
struct UserTokenRules {
  Secret hs256_key;  // of tokens that this deployment signs itself

  // Of tokens of an identity provider (RS256 and ES256); believed when all three are there.
  std::shared_ptr<const JwkSet> provider_keys;
  std::string issuer;
  std::string audience;
};

// Verifies a JSON Web Token (RFC 7519). The header's alg decides between the kinds above before any
// key is looked for, and a kind has keys of its own, so that no public key is ever used as a
// secret. A header with jku, jwk, x5u, x5c, crit, b64, zip or enc is refused: nobody takes keys or
// changes of meaning from a token.
//
// Every token needs exp and email; honoured are nbf, iat and email_verified; the clocks may differ
// by kUserTokenLeeway. A token under the deployment's own key needs tenant_id. A provider's token
// needs iss and aud (with azp when there are several audiences); its role does not count, because
// the provider does not know the roles of this product. Fails with kUnauthenticated and a reason
// that repeats nothing of the token.
Result<UserClaims> VerifyUserToken(std::string_view token, const UserTokenRules& rules, Time now);

// The same, of tokens under the deployment's own key alone.
Result<UserClaims> VerifyUserToken(std::string_view token, const Secret& key, Time now);

}  // namespace axonflow::identity

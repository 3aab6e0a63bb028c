#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "identity/principal.h"
#include "net/http.h"

namespace axonflow::identity {

// What a body says about its own sender. Empty = not said.
struct BodyIdentity {
  std::string_view client_id;
  std::string_view tenant_id;
  std::string_view org_id;
  std::string_view user_token;
};

struct AuthFailure {
  int status = 401;  // 400, 401, 403 or 503
  std::string code;  // missing_credentials, invalid_credentials, client_disabled,
                     // user_token_rejected, tenant_impersonation, org_impersonation,
                     // tenant_mismatch, invalid_identity, unavailable
  std::string message;
  // Set by Authenticate once the client's credential is proven, so that the refusal can be recorded
  // for its tenant under `code`. It names the client alone, never the user of a refused token.
  std::optional<Principal> principal = std::nullopt;
};

template <typename T>
using AuthResult = std::variant<T, AuthFailure>;

// Establishes the caller of a request. Reads an immutable snapshot of the credentials; never waits
// for the database. Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // From the headers alone: Authorization, X-User-Token and, where they are trusted, X-User-Email
  // and X-Session-Id. Refuses a request that carries one of these four headers twice. Community
  // mode takes the Basic user name, else `community`, and otherwise refuses only a name that cannot
  // be one.
  virtual AuthResult<Principal> Authenticate(const net::Request& request) const = 0;

  // Checks what the body claims against `principal` and adds the user of its token. In community
  // mode an anonymous caller's body names the client (and with it the tenant). Returns the failure,
  // if any; `principal` is then as it was.
  virtual std::optional<AuthFailure> Refine(const net::Request& request, Principal& principal,
                                            const BodyIdentity& body) const = 0;
};

class CredentialSnapshot;
class JwkFile;
class LicenceVerifier;

struct AuthenticatorOptions {
  OrgId org;          // community mode: every caller's organisation
  Secret pepper;      // credential mode: the key of the client secret digests
  Secret jwt_secret;  // credential mode: HS256 key of user tokens; empty = such tokens are refused
  bool trust_identity_headers = false;  // AXONFLOW_TRUST_IDENTITY_HEADERS

  // Credential mode. User tokens of an identity provider; no keys: such tokens are refused.
  std::string oidc_issuer = {};
  std::string oidc_audience = {};
  std::shared_ptr<const JwkFile> oidc_keys = nullptr;
  // Credential mode. Licence keys in the place of a client secret; null: they are not taken.
  std::shared_ptr<const LicenceVerifier> licences = nullptr;
};

// Nobody needs a credential; everybody is the local administrator of the tenant they name.
std::unique_ptr<Authenticator> MakeCommunityAuthenticator(AuthenticatorOptions options);

// Basic credentials of the client directory, as `snapshot` last saw it, and licence keys. The user
// name of a licence key is the client's; a client that the directory does not know stands for the
// tenant of its own name in the organisation of the licence. `snapshot` outlives the authenticator.
std::unique_ptr<Authenticator> MakeCredentialAuthenticator(AuthenticatorOptions options,
                                                           const CredentialSnapshot& snapshot);

}  // namespace axonflow::identity

#include "identity/authenticator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/time.h"
#include "identity/basic_auth.h"
#include "identity/credential_snapshot.h"
#include "identity/jwk_file.h"
#include "identity/licence_verifier.h"
#include "identity/names.h"
#include "identity/secret_digest.h"
#include "identity/user_token.h"

namespace axonflow::identity {
namespace {

// What callers without a credential are called, and what the official clients send in their place.
constexpr std::string_view kCommunityClient = "community";
constexpr std::string_view kLocalUser = "local-dev@axonflow.local";
constexpr std::size_t kSessionIdBytesMax = 128;

// One text for an unknown client and for a wrong secret, so that names cannot be tried out.
AuthFailure InvalidCredentials() {
  return {401, "invalid_credentials", "Authentication failed: invalid client credentials"};
}

AuthFailure MissingCredentials() {
  return {401, "missing_credentials",
          "Authentication required: send HTTP Basic credentials with client id and client secret"};
}

// Whoever holds a signed licence may know what is wrong with it; whoever does not, learns nothing.
AuthFailure RefusedLicence(const LicenceVerdict& verdict) {
  if (!verdict.licence) return InvalidCredentials();
  return {
      401, "invalid_credentials",
      "Authentication failed: " + std::string(ToString(verdict.fault)) + ": " + verdict.message};
}

AuthFailure RejectedUserToken(std::string_view reason) {
  return {401, "user_token_rejected", "Invalid user token: " + std::string(reason)};
}

AuthFailure InvalidName(std::string_view what) {
  return {400, "invalid_identity",
          std::string(what) +
              " must be 1 to 128 characters of A-Z a-z 0-9 . _ @ : - and not a reserved word"};
}

AuthFailure Impersonation(std::string_view code, std::string_view member) {
  return {403, std::string(code),
          "The " + std::string(member) + " of the body is not that of the credential"};
}

// `lower` holds letters in lower case and dashes only.
bool IsHeader(std::string_view name, std::string_view lower) {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// The headers that say who calls.
enum IdentityHeader : std::size_t { kAuthorization, kUserToken, kUserEmail, kSessionId };
constexpr std::array<std::string_view, 4> kIdentityHeaders = {"authorization", "x-user-token",
                                                              "x-user-email", "x-session-id"};

// The identity headers of one request. Of a repeated one two readers could see two callers: a proxy
// that checks the last user token, say, and a server that takes the first.
struct IdentityHeaders {
  std::array<std::optional<std::string_view>, kIdentityHeaders.size()> values;
  std::array<bool, kIdentityHeaders.size()> repeated{};

  explicit IdentityHeaders(const net::Request& request) {
    for (const auto& [name, text] : request.headers) {
      for (std::size_t i = 0; i < kIdentityHeaders.size(); ++i) {
        if (!IsHeader(name, kIdentityHeaders[i])) continue;
        repeated[i] = repeated[i] || values[i].has_value();
        if (!values[i]) values[i] = text;
      }
    }
  }

  std::optional<AuthFailure> Repeated() const {
    for (std::size_t i = 0; i < kIdentityHeaders.size(); ++i) {
      if (!repeated[i]) continue;
      return AuthFailure{400, "invalid_identity",
                         "The header " + std::string(kIdentityHeaders[i]) + " is sent twice"};
    }
    return std::nullopt;
  }
};

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Takes over what a trusted proxy asserts about the user. It names who did something in the audit;
// it never changes what they may do, so role and read scope stay as they are.
void ApplyAssertedIdentity(const net::Request& request, Principal& principal) {
  const std::string_view session = request.Header("X-Session-Id");
  if (!session.empty() && session.size() <= kSessionIdBytesMax && IsPrintable(session)) {
    principal.session_id = session;
  }
  std::string email = Normalized(request.Header("X-User-Email"));
  if (!IsRecordableEmail(email)) return;
  if (!principal.user_verified) {
    principal.user_email = std::move(email);
  } else if (email != principal.user_email) {
    principal.attempted_user_email = std::move(email);
  }
}

ReadScope ScopeOf(const UserClaims& claims) {
  if (IsSharedIdentity(claims.email)) return ReadScope::kNone;
  const bool reads_all =
      claims.role == "admin" || claims.role == "owner" || claims.role == "policy_admin";
  return reads_all ? ReadScope::kTenant : ReadScope::kOwnRows;
}

class CommunityAuthenticator final : public Authenticator {
 public:
  explicit CommunityAuthenticator(AuthenticatorOptions options) : options_(std::move(options)) {}

  AuthResult<Principal> Authenticate(const net::Request& request) const override {
    const IdentityHeaders headers(request);
    if (auto failure = headers.Repeated()) return std::move(*failure);
    std::string name(kCommunityClient);
    if (const auto header = headers.values[kAuthorization]) {
      const auto basic = ParseBasic(*header);
      if (basic && !basic->user.empty()) name = basic->user;
    }
    if (!IsCallerName(name)) return InvalidName("The Basic user name");
    const bool unnamed = name == kCommunityClient;
    Principal principal;
    principal.org = options_.org;
    principal.tenant = TenantId(name);
    principal.client = ClientId(std::move(name));
    principal.user_email = kLocalUser;
    principal.user_role = "admin";
    principal.anonymous = true;
    principal.reads_whole_org = unnamed;
    if (options_.trust_identity_headers) ApplyAssertedIdentity(request, principal);
    return principal;
  }

  std::optional<AuthFailure> Refine(const net::Request&, Principal& principal,
                                    const BodyIdentity& body) const override {
    if (!body.org_id.empty() && body.org_id != principal.org.str()) {
      return Impersonation("org_impersonation", "org_id");
    }
    const bool names_itself = !body.client_id.empty() && body.client_id != principal.client.str();
    // Only a caller that has not given a name yet may take one from its body.
    if (names_itself && principal.client.str() != kCommunityClient) {
      return Impersonation("tenant_impersonation", "client_id");
    }
    if (names_itself && !IsCallerName(body.client_id)) return InvalidName("client_id");
    if (!body.tenant_id.empty() && !IsCallerName(body.tenant_id)) return InvalidName("tenant_id");
    if (names_itself) {
      principal.client = ClientId(std::string(body.client_id));
      principal.tenant = TenantId(std::string(body.client_id));
    }
    if (!body.tenant_id.empty()) principal.tenant = TenantId(std::string(body.tenant_id));
    return std::nullopt;
  }

 private:
  const AuthenticatorOptions options_;
};

class CredentialAuthenticator final : public Authenticator {
 public:
  CredentialAuthenticator(AuthenticatorOptions options, const CredentialSnapshot& snapshot)
      : options_(std::move(options)), snapshot_(snapshot) {
    FillRandom(unknown_digest_);
  }

  AuthResult<Principal> Authenticate(const net::Request& request) const override {
    const IdentityHeaders headers(request);
    const auto header = headers.values[kAuthorization];
    if (!header || headers.repeated[kAuthorization]) return MissingCredentials();
    const auto basic = ParseBasic(*header);
    if (!basic || basic->user.empty() || basic->password.empty()) return MissingCredentials();
    const bool licensed = options_.licences && basic->password.Reveal().starts_with(kLicencePrefix);
    auto client =
        licensed ? CheckLicence(*basic, request.Header("X-Axonflow-Client")) : CheckSecret(*basic);
    if (std::holds_alternative<AuthFailure>(client)) return client;
    auto& principal = std::get<Principal>(client);
    auto failure = headers.Repeated();
    if (!failure) failure = ApplyUserToken(principal, headers.values[kUserToken].value_or(""));
    if (failure) {
      failure->principal = std::move(principal);
      return std::move(*failure);
    }
    if (options_.trust_identity_headers) ApplyAssertedIdentity(request, principal);
    return client;
  }

  std::optional<AuthFailure> Refine(const net::Request& request, Principal& principal,
                                    const BodyIdentity& body) const override {
    if (!body.org_id.empty() && body.org_id != principal.org.str()) {
      return Impersonation("org_impersonation", "org_id");
    }
    if (!body.tenant_id.empty() && body.tenant_id != principal.tenant.str()) {
      return Impersonation("tenant_impersonation", "tenant_id");
    }
    if (!body.client_id.empty() && body.client_id != principal.client.str()) {
      return Impersonation("tenant_impersonation", "client_id");
    }
    if (IsAbsentToken(body.user_token, principal)) return std::nullopt;
    if (principal.user_verified) {
      // Authenticate took the header's token. A second, different one leaves open who is meant.
      if (body.user_token == request.Header("X-User-Token")) return std::nullopt;
      return RejectedUserToken("the body's user_token and the X-User-Token header differ");
    }
    auto failure = ApplyUserToken(principal, body.user_token);
    if (failure) return failure;
    if (options_.trust_identity_headers) ApplyAssertedIdentity(request, principal);
    return std::nullopt;
  }

 private:
  // The official clients send their client id, or "anonymous", where they have no token.
  static bool IsAbsentToken(std::string_view token, const Principal& principal) {
    return token.empty() || token == "anonymous" || token == principal.client.str();
  }

  // Does the same work for an unknown client as for a wrong secret: one digest, one comparison, one
  // call for a look at the store. The thread that this wakes costs more than all of the rest, so
  // that waking it for one of the two alone would tell them apart.
  AuthResult<Principal> CheckSecret(const BasicCredentials& basic) const {
    Credential credential;
    const auto found = snapshot_.Find(basic.user, credential);
    if (found == CredentialSnapshot::Found::kUnavailable) {
      return AuthFailure{503, "unavailable", "Credentials cannot be checked at the moment"};
    }
    const bool known = found == CredentialSnapshot::Found::kYes;
    const Digest256 presented = SecretDigest(options_.pepper, basic.user, basic.password.Reveal());
    const Digest256& expected = known ? credential.digest : unknown_digest_;
    const bool matches = ConstantTimeEqual(AsBytes(presented), AsBytes(expected));
    if (!known || !matches) {
      snapshot_.LookSoon();
      return InvalidCredentials();
    }
    if (!credential.enabled) return AuthFailure{403, "client_disabled", "This client is disabled"};
    return ServiceOf(basic.user, std::move(credential));
  }

  AuthResult<Principal> CheckLicence(const BasicCredentials& basic,
                                     std::string_view client_header) const {
    const LicenceVerdict verdict =
        options_.licences->Verify(basic.password.Reveal(), ScopeOfClient(client_header), Now());
    if (!verdict.valid()) return RefusedLicence(verdict);
    const Licence& licence = *verdict.licence;
    Credential credential{licence.org, TenantId(basic.user), true, {}};
    const auto found = snapshot_.Find(basic.user, credential);
    if (found == CredentialSnapshot::Found::kUnavailable) {
      return AuthFailure{503, "unavailable", "Credentials cannot be checked at the moment"};
    }
    if (found == CredentialSnapshot::Found::kNo && snapshot_.IsDisabled(licence.org, basic.user)) {
      credential.enabled = false;
    }
    const bool foreign = credential.org != licence.org ||
                         (!licence.tenant.empty() && licence.tenant != credential.tenant);
    if (foreign || !IsDirectoryName(basic.user)) return InvalidCredentials();
    if (!credential.enabled) return AuthFailure{403, "client_disabled", "This client is disabled"};
    return ServiceOf(basic.user, std::move(credential));
  }

  static Principal ServiceOf(const std::string& client, Credential credential) {
    Principal principal;
    principal.org = std::move(credential.org);
    principal.tenant = std::move(credential.tenant);
    principal.client = ClientId(client);
    principal.user_email = Normalized(client) + "@axonflow.local";
    principal.user_role = "service";
    return principal;
  }

  UserTokenRules TokenRules() const {
    UserTokenRules rules;
    rules.hs256_key = options_.jwt_secret;
    if (options_.oidc_keys) rules.provider_keys = options_.oidc_keys->keys();
    rules.issuer = options_.oidc_issuer;
    rules.audience = options_.oidc_audience;
    return rules;
  }

  std::optional<AuthFailure> ApplyUserToken(Principal& principal, std::string_view token) const {
    if (IsAbsentToken(token, principal)) return std::nullopt;
    auto claims = VerifyUserToken(token, TokenRules(), Now());
    if (!claims) return RejectedUserToken(claims.error().message);
    // A provider's token without a tenant belongs to the tenant whose client presents it.
    if (claims->tenant.empty()) claims->tenant = principal.tenant.str();
    if (claims->tenant != principal.tenant.str() ||
        (!claims->org.empty() && claims->org != principal.org.str())) {
      return AuthFailure{403, "tenant_mismatch", "Tenant mismatch"};
    }
    principal.read_scope = ScopeOf(*claims);
    principal.user_email = std::move(claims->email);
    principal.user_role = std::move(claims->role);
    principal.user_department = std::move(claims->department);
    principal.user_permissions = std::move(claims->permissions);
    principal.segments = std::move(claims->segments);
    principal.user_verified = true;
    return std::nullopt;
  }

  const AuthenticatorOptions options_;
  const CredentialSnapshot& snapshot_;
  // Compared with where there is no client. Random, so that no secret can ever match it.
  Digest256 unknown_digest_{};
};

}  // namespace

std::unique_ptr<Authenticator> MakeCommunityAuthenticator(AuthenticatorOptions options) {
  return std::make_unique<CommunityAuthenticator>(std::move(options));
}

std::unique_ptr<Authenticator> MakeCredentialAuthenticator(AuthenticatorOptions options,
                                                           const CredentialSnapshot& snapshot) {
  return std::make_unique<CredentialAuthenticator>(std::move(options), snapshot);
}

}  // namespace axonflow::identity

#include "identity/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "identity/credential_snapshot.h"
#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using std::chrono::milliseconds;
using testing::FlakyDatabase;
using ::testing::HasSubstr;
using testing::Pepper;
using testing::SignToken;
using testing::TemporaryStore;
using testing::Within;

constexpr std::string_view kJwtKey = "a key of at least thirty-two bytes";
constexpr std::string_view kJwtHeader = R"({"alg":"HS256"})";

// A request that owns the texts of its headers.
class Call {
 public:
  Call& Header(std::string_view name, std::string value) {
    headers_.emplace_back(name, std::move(value));
    return *this;
  }
  Call& Basic(std::string_view user, std::string_view password) {
    return Header("Authorization",
                  "Basic " + Base64Encode(std::string(user) + ":" + std::string(password)));
  }
  // Valid while this call lives and gets no other header.
  const net::Request& request() const {
    request_.headers.assign(headers_.begin(), headers_.end());
    return request_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> headers_;
  mutable net::Request request_;
};

// "401 code: message", or "" for a principal.
std::string Failure(const AuthResult<Principal>& result) {
  const auto* failure = std::get_if<AuthFailure>(&result);
  if (failure == nullptr) return "";
  return std::to_string(failure->status) + " " + failure->code + ": " + failure->message;
}

std::string StatusAndCode(const AuthResult<Principal>& result) {
  const std::string failure = Failure(result);
  return failure.substr(0, failure.find(':'));
}

Principal Caller(const AuthResult<Principal>& result) {
  EXPECT_EQ(Failure(result), "");
  return std::holds_alternative<Principal>(result) ? std::get<Principal>(result) : Principal{};
}

std::string Token(std::string_view tenant, std::string_view email, std::string_view role,
                  std::string_view more = "") {
  return SignToken(kJwtHeader,
                   R"({"exp":32503680000,"tenant_id":")" + std::string(tenant) + R"(","email":")" +
                       std::string(email) + R"(","role":")" + std::string(role) + "\"" +
                       std::string(more) + "}",
                   kJwtKey);
}

AuthenticatorOptions Options(bool trust_headers = false) {
  return {OrgId("acme"), Pepper(), Secret(std::string(kJwtKey)), trust_headers};
}

class CommunityTest : public ::testing::Test {
 protected:
  AuthResult<Principal> Authenticate(const Call& call) const {
    return authenticator_->Authenticate(call.request());
  }
  AuthResult<Principal> Refine(const Call& call, const BodyIdentity& body) const {
    auto principal = Authenticate(call);
    if (std::holds_alternative<AuthFailure>(principal)) return principal;
    auto failure = authenticator_->Refine(call.request(), std::get<Principal>(principal), body);
    if (failure) return std::move(*failure);
    return principal;
  }
  const std::unique_ptr<Authenticator> authenticator_ = MakeCommunityAuthenticator(Options());
};

TEST_F(CommunityTest, MakesEverybodyTheLocalAdministrator) {
  const Principal principal = Caller(Authenticate(Call()));
  EXPECT_EQ(principal.org, OrgId("acme"));
  EXPECT_EQ(principal.tenant, TenantId("community"));
  EXPECT_EQ(principal.client, ClientId("community"));
  EXPECT_EQ(principal.user_email, "local-dev@axonflow.local");
  EXPECT_EQ(principal.user_role, "admin");
  EXPECT_TRUE(principal.anonymous);
  EXPECT_FALSE(principal.user_verified);
  EXPECT_EQ(principal.read_scope, ReadScope::kTenant);
}

TEST_F(CommunityTest, TakesTheNameFromBasicThenFromTheBody) {
  EXPECT_EQ(Caller(Authenticate(Call().Basic("shop", ""))).tenant, TenantId("shop"));
  EXPECT_EQ(Caller(Authenticate(Call().Basic("shop", "whatever"))).client, ClientId("shop"));
  EXPECT_EQ(Caller(Authenticate(Call().Basic("", ""))).client, ClientId("community"));
  EXPECT_EQ(Caller(Refine(Call(), {"bank", "", "", ""})).tenant, TenantId("bank"));
  EXPECT_EQ(Caller(Refine(Call().Basic("community", ""), {"bank", "", "", ""})).client,
            ClientId("bank"));
  EXPECT_EQ(Caller(Refine(Call().Basic("shop", ""), {"shop", "", "", ""})).client,
            ClientId("shop"));
  const Principal named = Caller(Refine(Call().Basic("shop", ""), {"", "team-a", "acme", ""}));
  EXPECT_EQ(named.client, ClientId("shop"));
  EXPECT_EQ(named.tenant, TenantId("team-a"));
}

TEST_F(CommunityTest, RefusesASecondNameAnotherOrgAndReservedNames) {
  EXPECT_EQ(StatusAndCode(Refine(Call().Basic("shop", ""), {"bank", "", "", ""})),
            "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Call(), {"", "", "other", ""})), "403 org_impersonation");
  EXPECT_EQ(StatusAndCode(Authenticate(Call().Basic("global", ""))), "400 invalid_identity");
  EXPECT_EQ(StatusAndCode(Authenticate(Call().Basic(std::string(129, 'x'), ""))),
            "400 invalid_identity");
  EXPECT_EQ(StatusAndCode(Refine(Call(), {"a b", "", "", ""})), "400 invalid_identity");
  EXPECT_EQ(StatusAndCode(Refine(Call(), {"", "*", "", ""})), "400 invalid_identity");
}

TEST_F(CommunityTest, IgnoresUserTokensOtherSchemesAndHeaders) {
  Call call;
  call.Header("Authorization", "Bearer abc")
      .Header("X-Tenant-ID", "bank")
      .Header("X-User-Token", "garbage");
  call.Header("X-User-Email", "ada@example.com").Header("X-Session-Id", "s1");
  const Principal principal = Caller(Refine(call, {"", "", "", "not.a.token"}));
  EXPECT_EQ(principal.tenant, TenantId("community"));
  EXPECT_EQ(principal.user_email, "local-dev@axonflow.local");
  EXPECT_EQ(principal.session_id, "");
}

TEST_F(CommunityTest, RefusesARepeatedIdentityHeader) {
  EXPECT_EQ(StatusAndCode(Authenticate(Call().Basic("shop", "").Basic("bank", ""))),
            "400 invalid_identity");
  for (const std::string_view name : {"X-User-Token", "X-User-Email", "x-session-id"}) {
    EXPECT_EQ(Failure(Authenticate(Call().Header(name, "a"))), "");
    EXPECT_EQ(StatusAndCode(Authenticate(Call().Header(name, "a").Header(name, "a"))),
              "400 invalid_identity")
        << name;
  }
}

class CredentialTest : public ::testing::Test {
 protected:
  CredentialTest() {
    EXPECT_TRUE(directory_.CreateClient("shop", "shop-web").ok());
    auto issued = directory_.CreateClient("bank", "bank-web");
    EXPECT_TRUE(issued.ok());
    auto web = directory_.RotateClient(ClientId("shop-web"));
    EXPECT_TRUE(web.ok());
    secret_ = web->secret.Reveal();
    auto snapshot = CredentialSnapshot::Start(store_.database());
    EXPECT_TRUE(snapshot.ok());
    snapshot_ = std::move(*snapshot);
    authenticator_ = MakeCredentialAuthenticator(Options(), *snapshot_);
    trusting_ = MakeCredentialAuthenticator(Options(true), *snapshot_);
  }

  Call Valid() const { return Call().Basic("shop-web", secret_); }
  AuthResult<Principal> Authenticate(const Call& call) const {
    return authenticator_->Authenticate(call.request());
  }
  AuthResult<Principal> Refine(const Authenticator& authenticator, const Call& call,
                               const BodyIdentity& body) const {
    auto principal = authenticator.Authenticate(call.request());
    if (std::holds_alternative<AuthFailure>(principal)) return principal;
    auto failure = authenticator.Refine(call.request(), std::get<Principal>(principal), body);
    if (failure) return std::move(*failure);
    return principal;
  }
  AuthResult<Principal> Refine(const Call& call, const BodyIdentity& body) const {
    return Refine(*authenticator_, call, body);
  }

  TemporaryStore store_;
  std::unique_ptr<store::Database> second_ = store_.Open();
  ClientDirectory directory_{*second_, OrgId("acme"), Pepper()};
  std::string secret_;
  std::unique_ptr<CredentialSnapshot> snapshot_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<Authenticator> trusting_;
};

TEST_F(CredentialTest, EstablishesTheServiceOfTheClient) {
  const Principal principal = Caller(Authenticate(Valid()));
  EXPECT_EQ(principal.org, OrgId("acme"));
  EXPECT_EQ(principal.tenant, TenantId("shop"));
  EXPECT_EQ(principal.client, ClientId("shop-web"));
  EXPECT_EQ(principal.user_email, "shop-web@axonflow.local");
  EXPECT_EQ(principal.user_role, "service");
  EXPECT_FALSE(principal.user_verified);
  EXPECT_FALSE(principal.anonymous);
  EXPECT_EQ(principal.read_scope, ReadScope::kTenant);
}

TEST_F(CredentialTest, AsksForCredentialsThatAreMissingOrHalf) {
  const Call calls[] = {Call(),
                        Call().Header("Authorization", "Bearer " + secret_),
                        Call().Header("Authorization", "Basic !!!"),
                        Call().Basic("shop-web", ""),
                        Call().Basic("", secret_),
                        Call().Basic("community", ""),
                        Valid().Basic("bank-web", secret_),
                        Valid().Basic("shop-web", secret_),
                        Call().Header("X-License-Key", secret_)};
  for (const Call& call : calls)
    EXPECT_EQ(StatusAndCode(Authenticate(call)), "401 missing_credentials");
}

TEST_F(CredentialTest, GivesOneAnswerForUnknownClientsAndWrongSecrets) {
  const std::string expected =
      "401 invalid_credentials: Authentication failed: invalid client credentials";
  EXPECT_EQ(Failure(Authenticate(Call().Basic("shop-web", "axs_wrong"))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("nobody", "axs_wrong"))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("bank-web", secret_))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("SHOP-WEB", secret_))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("shop-web", secret_ + "x"))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("bad name!", secret_))), expected);
  EXPECT_EQ(Failure(Authenticate(Call().Basic("*", secret_))), expected);
}

TEST_F(CredentialTest, AsksForALookForAWrongSecretAsForAnUnknownClient) {
  // Nothing but such a call shows a change within this snapshot's interval.
  auto snapshot = CredentialSnapshot::Start(
      store_.database(), {milliseconds(60'000), milliseconds(1), milliseconds(90'000)});
  ASSERT_TRUE(snapshot.ok());
  const auto authenticator = MakeCredentialAuthenticator(Options(), **snapshot);
  const auto lets_in = [&](std::string_view client, std::string_view secret) {
    const Call call = Call().Basic(client, secret);
    return Within(milliseconds(1'000), [&] {
      return StatusAndCode(authenticator->Authenticate(call.request())).empty();
    });
  };
  const auto rotated = directory_.RotateClient(ClientId("shop-web"));
  ASSERT_TRUE(rotated.ok());
  EXPECT_TRUE(lets_in("shop-web", rotated->secret.Reveal()));
  const auto created = directory_.CreateClient("shop", "shop-new");
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(lets_in("shop-new", created->secret.Reveal()));
}

TEST_F(CredentialTest, TellsOfADisabledClientOnlyToWhoKnowsItsSecret) {
  ASSERT_TRUE(directory_.DisableClient(ClientId("shop-web")).ok());
  EXPECT_TRUE(Within(milliseconds(1'000), [&] {
    return StatusAndCode(Authenticate(Valid())) == "403 client_disabled";
  }));
  EXPECT_EQ(StatusAndCode(Authenticate(Call().Basic("shop-web", "wrong"))),
            "401 invalid_credentials");
}

TEST_F(CredentialTest, EndsTheOldSecretWithinASecondOfARotation) {
  const auto rotated = directory_.RotateClient(ClientId("shop-web"));
  ASSERT_TRUE(rotated.ok());
  const std::string fresh(rotated->secret.Reveal());
  EXPECT_TRUE(Within(milliseconds(1'000), [&] {
    return Failure(Authenticate(Call().Basic("shop-web", fresh))).empty();
  }));
  EXPECT_EQ(StatusAndCode(Authenticate(Valid())), "401 invalid_credentials");
}

TEST_F(CredentialTest, IgnoresIdentityHeadersOfTheCaller) {
  Call call = Valid();
  for (const std::string_view name :
       {"X-Tenant-ID", "x-tenant-id", "X-Org-ID", "X-Organization-ID", "X-Client-ID", "X-User-ID",
        "X-Axonflow-User-Role", "X-Axonflow-Read-Scope", "X-Axonflow-Admin-Authority",
        "X-Axonflow-Tenancy-Scope", "X-User-Email", "X-Session-Id", "X-User-Role"}) {
    call.Header(name, "bank");
  }
  const Principal spoofed = Caller(Refine(call, {}));
  const Principal plain = Caller(Refine(Valid(), {}));
  EXPECT_EQ(spoofed.tenant, plain.tenant);
  EXPECT_EQ(spoofed.org, plain.org);
  EXPECT_EQ(spoofed.client, plain.client);
  EXPECT_EQ(spoofed.user_email, plain.user_email);
  EXPECT_EQ(spoofed.user_role, plain.user_role);
  EXPECT_EQ(spoofed.session_id, "");
  EXPECT_EQ(spoofed.attempted_user_email, "");
}

TEST_F(CredentialTest, RefusesABodyThatNamesSomebodyElse) {
  EXPECT_EQ(Failure(Refine(Valid(), {"shop-web", "shop", "acme", ""})), "");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"bank-web", "", "", ""})), "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", "bank", "", ""})), "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", "Shop", "", ""})), "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", " ", "", ""})), "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", "*", "", ""})), "403 tenant_impersonation");
  EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", "", "other", ""})), "403 org_impersonation");
}

TEST_F(CredentialTest, TakesTheUserFromAVerifiedTokenInBodyOrHeader) {
  const std::string token = Token("shop", " Ada@Example.com", "Developer");
  const Principal from_body = Caller(Refine(Valid(), {"", "", "", token}));
  EXPECT_EQ(from_body.user_email, "ada@example.com");
  EXPECT_EQ(from_body.user_role, "developer");
  EXPECT_TRUE(from_body.user_verified);
  EXPECT_EQ(from_body.read_scope, ReadScope::kOwnRows);
  EXPECT_EQ(from_body.tenant, TenantId("shop"));
  const Principal from_header = Caller(Authenticate(Valid().Header("X-User-Token", token)));
  EXPECT_EQ(from_header.user_email, "ada@example.com");
  EXPECT_EQ(from_header.read_scope, ReadScope::kOwnRows);
  EXPECT_EQ(Failure(Refine(Valid().Header("X-User-Token", token), {"", "", "", token})), "");
  EXPECT_EQ(StatusAndCode(Refine(Valid().Header("X-User-Token", token),
                                 {"", "", "", Token("shop", "eve@example.com", "admin")})),
            "401 user_token_rejected");
}

TEST_F(CredentialTest, DerivesTheReadScopeFromTheRole) {
  const struct {
    std::string_view email, role;
    ReadScope scope;
  } cases[] = {{"a@b", "admin", ReadScope::kTenant},
               {"a@b", "owner", ReadScope::kTenant},
               {"a@b", "ADMIN ", ReadScope::kTenant},
               {"a@b", "policy_admin", ReadScope::kTenant},
               {"a@b", "developer", ReadScope::kOwnRows},
               {"a@b", "viewer", ReadScope::kOwnRows},
               {"a@b", "", ReadScope::kOwnRows},
               {"a@b", "service", ReadScope::kOwnRows},
               {"a@b", "administrator", ReadScope::kOwnRows},
               {"x@axonflow.local", "admin", ReadScope::kNone}};
  for (const auto& c : cases) {
    EXPECT_EQ(Caller(Refine(Valid(), {"", "", "", Token("shop", c.email, c.role)})).read_scope,
              c.scope)
        << c.email << " " << c.role;
  }
}

TEST_F(CredentialTest, TreatsEmptyOwnIdAndAnonymousAsNoToken) {
  for (const std::string_view token : {"", "anonymous", "shop-web"}) {
    EXPECT_EQ(Caller(Refine(Valid(), {"", "", "", token})).user_role, "service") << token;
    EXPECT_EQ(Caller(Authenticate(Valid().Header("X-User-Token", std::string(token)))).user_role,
              "service");
  }
}

TEST_F(CredentialTest, RefusesBadTokensAndThoseOfOtherTenants) {
  const std::string good = Token("shop", "ada@example.com", "admin");
  const struct {
    std::string token;
    std::string_view failure;
  } cases[] = {
      {"bank-web", "401 user_token_rejected"},
      {"garbage", "401 user_token_rejected"},
      {good + "x", "401 user_token_rejected"},
      {SignToken(R"({"alg":"none"})", R"({"tenant_id":"shop"})", kJwtKey),
       "401 user_token_rejected"},
      {SignToken(kJwtHeader, R"({"exp":1,"tenant_id":"shop","email":"a@b"})", kJwtKey),
       "401 user_token_rejected"},
      {SignToken(kJwtHeader, R"({"exp":32503680000,"email":"a@b"})", kJwtKey),
       "401 user_token_rejected"},
      {Token("bank", "ada@example.com", "admin"), "403 tenant_mismatch"},
      {Token("tenant_1", "ada@example.com", "admin"), "403 tenant_mismatch"},
      {Token("shop", "ada@example.com", "admin", R"(,"org_id":"other")"), "403 tenant_mismatch"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(StatusAndCode(Refine(Valid(), {"", "", "", c.token})), c.failure) << c.token;
    EXPECT_EQ(StatusAndCode(Authenticate(Valid().Header("x-user-token", c.token))), c.failure)
        << c.token;
  }
  EXPECT_THAT(Failure(Refine(Valid(), {"", "", "", "garbage"})),
              HasSubstr(": Invalid user token: "));
}

TEST_F(CredentialTest, NamesTheClientOfARefusalOnceItsSecretIsProven) {
  const auto refused = [this](const Call& call) {
    auto result = Authenticate(call);
    EXPECT_NE(Failure(result), "");
    return std::holds_alternative<AuthFailure>(result) ? std::get<AuthFailure>(std::move(result))
                                                       : AuthFailure{};
  };
  const Call proven[] = {
      Valid().Header("X-User-Token", "garbage"),
      Valid().Header("X-User-Token", Token("bank", "ada@example.com", "admin")),
      Valid().Header("X-User-Token", "anonymous").Header("X-User-Token", "garbage")};
  for (const Call& call : proven) {
    const AuthFailure failure = refused(call);
    ASSERT_TRUE(failure.principal.has_value()) << failure.code;
    EXPECT_EQ(failure.principal->org, OrgId("acme"));
    EXPECT_EQ(failure.principal->tenant, TenantId("shop"));
    EXPECT_EQ(failure.principal->client, ClientId("shop-web"));
    EXPECT_EQ(failure.principal->user_email, "shop-web@axonflow.local");
    EXPECT_FALSE(failure.principal->user_verified);
  }
  const Call unproven[] = {Call(), Call().Basic("shop-web", "wrong"), Call().Basic("nobody", "x"),
                           Call().Basic("shop-web", "wrong").Header("X-User-Token", "garbage")};
  for (const Call& call : unproven) EXPECT_FALSE(refused(call).principal.has_value());
}

TEST_F(CredentialTest, RefusesARepeatedIdentityHeader) {
  const std::string good = Token("shop", "ada@example.com", "developer");
  const std::pair<std::string, std::string> repeats[][2] = {
      {{"X-User-Token", "anonymous"}, {"X-User-Token", good}},
      {{"X-User-Token", good}, {"x-user-token", "shop-web"}},
      {{"X-User-Token", good}, {"X-USER-TOKEN", good}},
      {{"X-User-Token", ""}, {"X-User-Token", good}},
      {{"X-User-Email", "a@example.com"}, {"x-user-email", "b@example.com"}},
      {{"X-Session-Id", "1"}, {"X-Session-ID", "2"}}};
  for (const auto& [first, second] : repeats) {
    const Call call = Valid().Header(first.first, first.second).Header(second.first, second.second);
    EXPECT_EQ(StatusAndCode(Authenticate(call)), "400 invalid_identity") << second.first;
  }
}

TEST_F(CredentialTest, RefusesEveryTokenWithoutAJwtSecret) {
  AuthenticatorOptions options = Options();
  options.jwt_secret = Secret();
  const auto authenticator = MakeCredentialAuthenticator(std::move(options), *snapshot_);
  const std::string token =
      SignToken(kJwtHeader, R"({"exp":32503680000,"tenant_id":"shop","email":"a@b"})", "");
  EXPECT_EQ(StatusAndCode(Refine(*authenticator, Valid(), {"", "", "", token})),
            "401 user_token_rejected");
}

TEST_F(CredentialTest, AttributesToTrustedHeadersOnlyWhereNoUserIsVerified) {
  const auto call = [this] {
    return Valid().Header("X-User-Email", " Eve@Example.com ").Header("X-Session-Id", "s-1");
  };
  const Principal service = Caller(Refine(*trusting_, call(), {}));
  EXPECT_EQ(service.user_email, "eve@example.com");
  EXPECT_EQ(service.user_role, "service");
  EXPECT_FALSE(service.user_verified);
  EXPECT_EQ(service.session_id, "s-1");
  EXPECT_EQ(service.read_scope, ReadScope::kTenant);
  const std::string token = Token("shop", "ada@example.com", "developer");
  for (const bool in_body : {true, false}) {
    const Call used = in_body ? call() : call().Header("X-User-Token", token);
    const Principal user = Caller(Refine(*trusting_, used, {"", "", "", in_body ? token : ""}));
    EXPECT_EQ(user.user_email, "ada@example.com") << in_body;
    EXPECT_EQ(user.attempted_user_email, "eve@example.com") << in_body;
    EXPECT_EQ(user.session_id, "s-1") << in_body;
  }
}

TEST_F(CredentialTest, LeavesOutTrustedHeadersThatCannotBeRecorded) {
  const Principal principal = Caller(Refine(
      *trusting_,
      Valid().Header("X-User-Email", "two words").Header("X-Session-Id", std::string(129, 's')),
      {}));
  EXPECT_EQ(principal.user_email, "shop-web@axonflow.local");
  EXPECT_EQ(principal.session_id, "");
}

TEST_F(CredentialTest, LetsNobodyInWhenCredentialsCannotBeChecked) {
  FlakyDatabase flaky(store_.database());
  auto snapshot =
      CredentialSnapshot::Start(flaky, {milliseconds(10), milliseconds(10), milliseconds(100)});
  ASSERT_TRUE(snapshot.ok());
  const auto authenticator = MakeCredentialAuthenticator(Options(), **snapshot);
  EXPECT_EQ(Failure(authenticator->Authenticate(Valid().request())), "");
  flaky.away = true;
  EXPECT_TRUE(Within(milliseconds(1'000), [&] {
    const Call call = Valid();
    return StatusAndCode(authenticator->Authenticate(call.request())) == "503 unavailable";
  }));
}

}  // namespace
}  // namespace axonflow::identity

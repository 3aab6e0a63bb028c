#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/authenticator.h"
#include "identity/credential_snapshot.h"
#include "identity/licence_testing.h"
#include "identity/licence_verifier.h"
#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using ::testing::HasSubstr;
using testing::Pepper;
using testing::TestSigner;

constexpr std::chrono::days kYear{365};

// A directory with the client "shop-web" of tenant "shop", and a server that takes licences of
// "acme".
class LicenceCredentialTest : public ::testing::Test {
 protected:
  LicenceCredentialTest() {
    EXPECT_TRUE(directory_.CreateClient("shop", "shop-web").ok());
    CredentialSnapshot::Options options;
    options.org = OrgId("acme");
    options.refresh_interval = std::chrono::milliseconds(5);
    options.load_spacing = std::chrono::milliseconds(1);
    auto snapshot = CredentialSnapshot::Start(store_.database(), options);
    EXPECT_TRUE(snapshot.ok());
    snapshot_ = std::move(*snapshot);
    LicenceVerifier::Options verifying;
    verifying.keys = *LicenceKeys::Parse({testing::PublicKeyText("full", TestSigner("full"))}, {});
    verifying.org = OrgId("acme");
    auto verifier = LicenceVerifier::Start(std::move(verifying));
    EXPECT_TRUE(verifier.ok());
    AuthenticatorOptions authenticating;
    authenticating.org = OrgId("acme");
    authenticating.pepper = Pepper();
    authenticating.licences = std::move(*verifier);
    authenticator_ = MakeCredentialAuthenticator(std::move(authenticating), *snapshot_);
    licence_.tier = LicenceTier::kEnterprise;
    licence_.org = OrgId("acme");
    licence_.expires_at = std::chrono::floor<std::chrono::days>(Now()) + kYear;
  }

  AuthResult<Principal> Present(std::string_view user, std::string_view client = "") const {
    const std::string text = SignLicence(licence_, TestSigner("full"));
    const std::string header = "Basic " + Base64Encode(std::string(user) + ":" + text);
    net::Request request;
    request.headers.emplace_back("Authorization", header);
    if (!client.empty()) request.headers.emplace_back("X-Axonflow-Client", client);
    return authenticator_->Authenticate(request);
  }
  static std::string Code(const AuthResult<Principal>& result) {
    const auto* failure = std::get_if<AuthFailure>(&result);
    return failure == nullptr ? "" : std::to_string(failure->status) + " " + failure->message;
  }

  testing::TemporaryStore store_;
  std::unique_ptr<store::Database> second_ = store_.Open();
  ClientDirectory directory_{*second_, OrgId("acme"), Pepper()};
  std::unique_ptr<CredentialSnapshot> snapshot_;
  std::unique_ptr<Authenticator> authenticator_;
  Licence licence_;
};

TEST_F(LicenceCredentialTest, MakesTheUserNameClientAndTenantOfTheOrganisation) {
  const auto result = Present("checkout");
  ASSERT_EQ(Code(result), "");
  const auto& principal = std::get<Principal>(result);
  EXPECT_EQ(principal.org, OrgId("acme"));
  EXPECT_EQ(principal.tenant, TenantId("checkout"));
  EXPECT_EQ(principal.client, ClientId("checkout"));
  EXPECT_EQ(principal.user_role, "service");
  EXPECT_FALSE(principal.anonymous);
}

TEST_F(LicenceCredentialTest, LeavesAClientOfTheDirectoryItsTenant) {
  const auto result = Present("shop-web");
  ASSERT_EQ(Code(result), "");
  EXPECT_EQ(std::get<Principal>(result).tenant, TenantId("shop"));
}

TEST_F(LicenceCredentialTest, OpensNoDisabledClientOrTenant) {
  ASSERT_TRUE(directory_.CreateTenant("closed").ok());
  ASSERT_TRUE(directory_.DisableTenant(TenantId("closed")).ok());
  ASSERT_TRUE(directory_.DisableClient(ClientId("shop-web")).ok());
  for (const char* user : {"closed", "shop-web"}) {
    EXPECT_TRUE(testing::Within(std::chrono::seconds(5), [&] {
      return Code(Present(user)) == "403 This client is disabled";
    })) << user;
  }
  EXPECT_EQ(Code(Present("shop")), "");
}

TEST_F(LicenceCredentialTest, SaysWhatIsWrongOnlyOfALicenceThatIsSigned) {
  licence_.expires_at = Now() - kYear;
  EXPECT_THAT(Code(Present("checkout")), HasSubstr("LICENSE_EXPIRED"));
  licence_.org = OrgId("globex");
  licence_.expires_at = Now() + kYear;
  EXPECT_THAT(Code(Present("checkout")), HasSubstr("LICENSE_WRONG_ORGANIZATION"));
}

TEST_F(LicenceCredentialTest, HoldsTheLicenceToTheTenantItNames) {
  licence_.tenant = TenantId("shop");
  EXPECT_EQ(Code(Present("shop-web")), "");
  EXPECT_EQ(Code(Present("shop")), "");
  EXPECT_THAT(Code(Present("checkout")), HasSubstr("invalid client credentials"));
}

TEST_F(LicenceCredentialTest, HoldsTheLicenceToItsUse) {
  licence_.scope = LicenceScope::kSdk;
  EXPECT_EQ(Code(Present("checkout", "sdk-python/9.5.0")), "");
  EXPECT_THAT(Code(Present("checkout")), HasSubstr("LICENSE_WRONG_AUDIENCE"));
}

TEST_F(LicenceCredentialTest, GivesNobodyAReservedName) {
  for (const char* user : {"global", "*", "__platform__", "a b", "a@b", ""}) {
    EXPECT_THAT(Code(Present(user)), HasSubstr("401")) << user;
  }
}

}  // namespace
}  // namespace axonflow::identity

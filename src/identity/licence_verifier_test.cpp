#include "identity/licence_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "identity/licence_testing.h"
#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using testing::DayTime;
using ::testing::HasSubstr;
using testing::TestSigner;
using testing::Within;

class LicenceVerifierTest : public ::testing::Test {
 protected:
  LicenceVerifierTest() {
    std::string name = ::testing::TempDir() + "axonflow_licence_XXXXXX";
    folder_ = ::mkdtemp(name.data());
    options_.keys = *LicenceKeys::Parse({testing::PublicKeyText("full", TestSigner("full"))},
                                        {testing::PublicKeyText("eval", TestSigner("evaluation"))});
    options_.org = OrgId("acme");
    options_.refresh_interval = std::chrono::milliseconds(5);
    options_.pepper = testing::Pepper();
    licence_.id = "lic-1";
    licence_.tier = LicenceTier::kEnterprise;
    licence_.org = OrgId("acme");
    licence_.expires_at = *ParseLicenceDay("20270101");
  }
  ~LicenceVerifierTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<LicenceVerifier> Start() {
    auto verifier = LicenceVerifier::Start(options_);
    EXPECT_TRUE(verifier.ok()) << (verifier.ok() ? "" : verifier.error().message);
    return std::move(*verifier);
  }
  std::string Text() const { return SignLicence(licence_, TestSigner("full")); }
  void Revoke(std::int64_t serial, const std::vector<std::string>& ids,
              const std::vector<std::string>& digests = {}, const char* signer = "full") {
    const auto list = LicenceRevocations::Make(serial, ids, digests);
    ASSERT_TRUE(list.ok()) << list.error().message;
    ASSERT_TRUE(
        WriteFileAtomically(options_.revocations, list->Sign(TestSigner(signer)) + "\n").ok());
  }

  std::filesystem::path folder_;
  LicenceVerifier::Options options_;
  Licence licence_;
  const Time now_ = DayTime("20260601");
};

TEST_F(LicenceVerifierTest, TakesALicenceOfItsOrganisationAgainAndAgain) {
  const auto verifier = Start();
  for (int i = 0; i < 3; ++i) {
    const auto verdict = verifier->Verify(Text(), LicenceScope::kFull, now_);
    ASSERT_TRUE(verdict.valid()) << verdict.message;
    EXPECT_EQ(verdict.licence->id, "lic-1");
  }
}

TEST_F(LicenceVerifierTest, JudgesTheDatesOfAKeyItKnowsAgain) {
  const auto verifier = Start();
  ASSERT_TRUE(verifier->Verify(Text(), LicenceScope::kFull, now_).valid());
  EXPECT_EQ(verifier->Verify(Text(), LicenceScope::kFull, DayTime("20270201")).fault,
            LicenceFault::kExpired);
  EXPECT_TRUE(verifier->Verify(Text(), LicenceScope::kFull, now_).valid());
}

TEST_F(LicenceVerifierTest, RefusesAnotherOrganisationUnlessItServesAll) {
  licence_.org = OrgId("globex");
  EXPECT_EQ(Start()->Verify(Text(), LicenceScope::kFull, now_).fault,
            LicenceFault::kWrongOrganization);
  options_.org = OrgId();
  EXPECT_TRUE(Start()->Verify(Text(), LicenceScope::kFull, now_).valid());
}

TEST_F(LicenceVerifierTest, HoldsEachAudienceToItsUse) {
  using enum LicenceScope;
  const struct {
    LicenceRealm realm;
    LicenceScope scope;
    bool plugin, sdk, full;
  } cases[] = {
      {LicenceRealm::kSelfHosted, kFull, true, true, true},
      {LicenceRealm::kSelfHosted, kSdk, false, true, false},
      {LicenceRealm::kSelfHosted, kPlugin, true, false, false},
      {LicenceRealm::kSaas, kFull, false, false, false},
      {LicenceRealm::kSaas, kPlugin, false, false, false},
  };
  const auto verifier = Start();
  for (const auto& row : cases) {
    licence_.realm = row.realm;
    licence_.scope = row.scope;
    SCOPED_TRACE(ToString(row.realm, row.scope));
    EXPECT_EQ(verifier->Verify(Text(), kPlugin, now_).valid(), row.plugin);
    EXPECT_EQ(verifier->Verify(Text(), kSdk, now_).valid(), row.sdk);
    const auto verdict = verifier->Verify(Text(), kFull, now_);
    EXPECT_EQ(verdict.valid(), row.full);
    if (!row.full) {
      EXPECT_EQ(verdict.fault, LicenceFault::kWrongAudience);
    }
  }
}

TEST_F(LicenceVerifierTest, LearnsOfARevocationWhileItRuns) {
  options_.revocations = folder_ / "revoked";
  Revoke(1, {"lic-other"});
  const auto verifier = Start();
  EXPECT_TRUE(verifier->Verify(Text(), LicenceScope::kFull, now_).valid());
  Revoke(2, {"lic-1"});
  EXPECT_TRUE(Within(std::chrono::seconds(5), [&] {
    return verifier->Verify(Text(), LicenceScope::kFull, now_).fault == LicenceFault::kRevoked;
  }));
}

TEST_F(LicenceVerifierTest, RevokesByDigestALicenceWithoutAnId) {
  licence_.id.clear();
  options_.revocations = folder_ / "revoked";
  Revoke(1, {}, {LicenceDigest(Text())});
  EXPECT_EQ(Start()->Verify(Text(), LicenceScope::kFull, now_).fault, LicenceFault::kRevoked);
}

TEST_F(LicenceVerifierTest, LetsNoOlderOrForeignListTakeARevocationBack) {
  options_.revocations = folder_ / "revoked";
  Revoke(5, {"lic-1"});
  const auto verifier = Start();
  const auto stays_revoked = [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    return verifier->revocations_serial() == 5 &&
           verifier->Verify(Text(), LicenceScope::kFull, now_).fault == LicenceFault::kRevoked;
  };
  Revoke(4, {});
  EXPECT_TRUE(stays_revoked());
  Revoke(6, {}, {}, "stranger");
  EXPECT_TRUE(stays_revoked());
  Revoke(6, {}, {}, "evaluation");
  EXPECT_TRUE(stays_revoked());
  std::filesystem::remove(options_.revocations);
  EXPECT_TRUE(stays_revoked());
}

TEST_F(LicenceVerifierTest, DoesNotStartWithoutTheListItWasTold) {
  options_.revocations = folder_ / "absent";
  EXPECT_FALSE(LicenceVerifier::Start(options_).ok());
  ASSERT_TRUE(WriteFileAtomically(options_.revocations, Text()).ok());
  EXPECT_THAT(LicenceVerifier::Start(options_).error().message, HasSubstr("AXON-REVOKED-"));
}

TEST_F(LicenceVerifierTest, ClockThatIsSetBackBringsNoLicenceToLife) {
  options_.clock_mark = folder_ / "clock";
  licence_.expires_at = *ParseLicenceDay("20991231");
  {
    const auto verifier = Start();
    EXPECT_TRUE(verifier->Verify(Text(), LicenceScope::kFull, DayTime("20991230")).valid());
    EXPECT_FALSE(verifier->Verify(Text(), LicenceScope::kFull, DayTime("21000201")).valid());
    EXPECT_EQ(verifier->Verify(Text(), LicenceScope::kFull, now_).fault, LicenceFault::kExpired);
  }
  // Neither does a start with the clock set back.
  EXPECT_EQ(Start()->Verify(Text(), LicenceScope::kFull, now_).fault, LicenceFault::kExpired);
}

TEST_F(LicenceVerifierTest, ClockMarkCannotBeChosenWithoutThePepper) {
  options_.clock_mark = folder_ / "clock";
  Start();
  const auto text = ReadFile(options_.clock_mark, 1000);
  ASSERT_TRUE(text.ok());
  std::string forged = *text;
  forged[0] = forged[0] == '1' ? '2' : '1';
  ASSERT_TRUE(WriteFileAtomically(options_.clock_mark, forged).ok());
  EXPECT_EQ(LicenceVerifier::Start(options_).error().code, ErrorCode::kCorrupt);
}

TEST(ScopeOfClient, TakesTheNameBeforeTheVersion) {
  using enum LicenceScope;
  const std::pair<std::string, LicenceScope> cases[] = {
      {"", kFull},
      {"sdk-python/9.5.0", kSdk},
      {"sdk-go", kSdk},
      {"sdk-", kFull},
      {"openclaw/1.0", kPlugin},
      {"claude-code-plugin/2", kPlugin},
      {"-plugin/2", kFull},
      {"openclaw2/1", kFull},
      {"curl/8 sdk-python", kFull},
      {"SDK-python/1", kFull},
      {"mcp-proxy/0.3.1", kFull},
      {"sdk-" + std::string(200, 'x'), kFull},
  };
  for (const auto& [header, scope] : cases) EXPECT_EQ(ScopeOfClient(header), scope) << header;
}

}  // namespace
}  // namespace axonflow::identity

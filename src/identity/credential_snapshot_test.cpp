#include "identity/credential_snapshot.h"

#include <gtest/gtest.h>

#include "identity/client_directory.h"
#include "identity/secret_digest.h"
#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using std::chrono::milliseconds;
using testing::FlakyDatabase;
using testing::Pepper;
using testing::TemporaryStore;
using testing::Within;
using Found = CredentialSnapshot::Found;

// The promise to operators: a change made by another process holds within this time.
constexpr milliseconds kPromise{1'000};

class CredentialSnapshotTest : public ::testing::Test {
 protected:
  std::unique_ptr<CredentialSnapshot> Start(store::Database& database,
                                            CredentialSnapshot::Options options = {}) {
    auto snapshot = CredentialSnapshot::Start(database, options);
    EXPECT_TRUE(snapshot.ok()) << (snapshot.ok() ? "" : snapshot.error().message);
    return std::move(*snapshot);
  }
  static Found Find(const CredentialSnapshot& snapshot, std::string_view client) {
    Credential ignored;
    return snapshot.Find(client, ignored);
  }

  TemporaryStore store_;
  // What `axonflow client ...` does beside a running server.
  std::unique_ptr<store::Database> second_ = store_.Open();
  ClientDirectory directory_{*second_, OrgId("acme"), Pepper()};
};

TEST_F(CredentialSnapshotTest, KnowsWhatWasThereAtTheStart) {
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  const auto snapshot = Start(store_.database());
  Credential credential;
  ASSERT_EQ(snapshot->Find("web", credential), Found::kYes);
  EXPECT_EQ(credential.tenant, TenantId("shop"));
  EXPECT_EQ(Find(*snapshot, "nobody"), Found::kNo);
}

TEST_F(CredentialSnapshotTest, LearnsOfNewRotatedAndDisabledClientsFromAnotherConnection) {
  const auto snapshot = Start(store_.database());
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  EXPECT_TRUE(Within(kPromise, [&] { return Find(*snapshot, "web") == Found::kYes; }));

  const auto rotated = directory_.RotateClient(ClientId("web"));
  ASSERT_TRUE(rotated.ok());
  const Digest256 wanted = SecretDigest(Pepper(), "web", rotated->secret.Reveal());
  Credential credential;
  EXPECT_TRUE(Within(kPromise, [&] {
    return snapshot->Find("web", credential) == Found::kYes && credential.digest == wanted;
  }));

  ASSERT_TRUE(directory_.DisableTenant(TenantId("shop")).ok());
  EXPECT_TRUE(Within(kPromise, [&] {
    return snapshot->Find("web", credential) == Found::kYes && !credential.enabled;
  }));
}

TEST_F(CredentialSnapshotTest, LoadsOnlyAfterAChange) {
  const auto snapshot =
      Start(store_.database(), {milliseconds(5), milliseconds(5), milliseconds(30'000)});
  std::this_thread::sleep_for(milliseconds(100));
  const std::uint64_t before = snapshot->loads();
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(snapshot->loads(), before);
  ASSERT_TRUE(directory_.CreateTenant("shop").ok());
  EXPECT_TRUE(Within(kPromise, [&] { return snapshot->loads() > before; }));
}

TEST_F(CredentialSnapshotTest, BoundsWhatMadeUpNamesCost) {
  const auto snapshot = Start(store_.database());
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(Find(*snapshot, "made-up-" + std::to_string(i)), Found::kNo);
    snapshot->LookSoon();
    if (i % 10'000 == 0) {
      ASSERT_TRUE(directory_.CreateTenant("t" + std::to_string(i)).ok());
    }
  }
  EXPECT_LE(snapshot->loads(), 15u);
}

TEST_F(CredentialSnapshotTest, LooksAtOnceWhenAsked) {
  const auto snapshot =
      Start(store_.database(), {milliseconds(60'000), milliseconds(1), milliseconds(90'000)});
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  EXPECT_FALSE(Within(milliseconds(50), [&] { return Find(*snapshot, "web") == Found::kYes; }));
  snapshot->LookSoon();
  EXPECT_TRUE(Within(kPromise, [&] { return Find(*snapshot, "web") == Found::kYes; }));
}

TEST_F(CredentialSnapshotTest, ServesTheLastGoodStateForABoundedTimeAndThenNobody) {
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  FlakyDatabase flaky(store_.database());
  const auto snapshot = Start(flaky, {milliseconds(10), milliseconds(10), milliseconds(300)});
  flaky.away = true;
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(Find(*snapshot, "web"), Found::kYes);
  EXPECT_TRUE(Within(kPromise, [&] { return Find(*snapshot, "web") == Found::kUnavailable; }));
  EXPECT_EQ(Find(*snapshot, "nobody"), Found::kUnavailable);
  flaky.away = false;
  EXPECT_TRUE(Within(kPromise, [&] { return Find(*snapshot, "web") == Found::kYes; }));
}

TEST_F(CredentialSnapshotTest, DoesNotStartWithoutAFirstLoad) {
  FlakyDatabase flaky(store_.database());
  flaky.away = true;
  EXPECT_FALSE(CredentialSnapshot::Start(flaky).ok());
}

TEST_F(CredentialSnapshotTest, IsReadByManyThreadsWhileItChanges) {
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  const auto snapshot =
      Start(store_.database(), {milliseconds(1), milliseconds(1), milliseconds(30'000)});
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      Credential credential;
      while (!stop) {
        if (snapshot->Find("web", credential) != Found::kYes || credential.tenant.str() != "shop")
          ++wrong;
      }
    });
  }
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(directory_.RotateClient(ClientId("web")).ok());
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace axonflow::identity

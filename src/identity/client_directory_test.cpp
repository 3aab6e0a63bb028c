#include "identity/client_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "identity/credential_snapshot.h"
#include "identity/secret_digest.h"
#include "identity/testing.h"

namespace axonflow::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::Pepper;
using testing::TemporaryStore;

class ClientDirectoryTest : public ::testing::Test {
 protected:
  TemporaryStore store_;
  ClientDirectory directory_{store_.database(), OrgId("acme"), Pepper()};
};

TEST_F(ClientDirectoryTest, CreatesAClientAndItsTenantAtOnce) {
  const auto issued = directory_.CreateClient("shop");
  ASSERT_TRUE(issued.ok()) << issued.error().message;
  EXPECT_TRUE(issued->tenant_created);
  EXPECT_EQ(issued->client.org, OrgId("acme"));
  EXPECT_EQ(issued->client.tenant, TenantId("shop"));
  EXPECT_THAT(issued->client.id.str(), MatchesRegex("shop-[0-9a-f]{8}"));
  EXPECT_THAT(std::string(issued->secret.Reveal()), MatchesRegex("axs_[A-Za-z0-9_-]{43}"));
  const auto second = directory_.CreateClient("shop", "shop-web");
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_FALSE(second->tenant_created);
  EXPECT_EQ(second->client.id, ClientId("shop-web"));
  EXPECT_NE(second->secret.Reveal(), issued->secret.Reveal());
}

TEST_F(ClientDirectoryTest, StoresTheDigestAndNeverTheSecret) {
  const auto issued = directory_.CreateClient("shop", "shop-web");
  ASSERT_TRUE(issued.ok());
  const auto credentials = LoadCredentials(store_.database());
  ASSERT_TRUE(credentials.ok()) << credentials.error().message;
  const Credential& stored = credentials->at("shop-web");
  EXPECT_EQ(stored.digest, SecretDigest(Pepper(), "shop-web", issued->secret.Reveal()));
  EXPECT_EQ(stored.org, OrgId("acme"));
  EXPECT_EQ(stored.tenant, TenantId("shop"));
  EXPECT_TRUE(stored.enabled);
  for (const auto& file : std::filesystem::directory_iterator(store_.folder())) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_THAT(bytes, Not(HasSubstr(std::string(issued->secret.Reveal())))) << file.path();
  }
}

TEST_F(ClientDirectoryTest, BindsTheDigestToTheClient) {
  EXPECT_NE(SecretDigest(Pepper(), "a", "secret"), SecretDigest(Pepper(), "b", "secret"));
  EXPECT_NE(SecretDigest(Pepper(), "ab", "c"), SecretDigest(Pepper(), "a", "bc"));
}

TEST_F(ClientDirectoryTest, RefusesASecondOfTheSameName) {
  ASSERT_TRUE(directory_.CreateTenant("shop").ok());
  const auto again = directory_.CreateTenant("shop");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  const auto client = directory_.CreateClient("other", "web");
  ASSERT_FALSE(client.ok());
  EXPECT_EQ(client.error().code, ErrorCode::kConflict);
  // The refused client leaves no tenant behind.
  const auto tenants = directory_.ListTenants();
  ASSERT_TRUE(tenants.ok());
  ASSERT_EQ(tenants->size(), 1u);
  EXPECT_EQ((*tenants)[0].id, TenantId("shop"));
}

TEST_F(ClientDirectoryTest, RefusesNamesThatAreReservedOrUnreadable) {
  for (const std::string name : {"", "*", "global", "__platform__", "a b", "a/b"}) {
    EXPECT_EQ(directory_.CreateTenant(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(directory_.CreateClient(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(directory_.CreateClient("shop", "a b").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ClientDirectoryTest, ListsTheClientsOfOneTenantOrOfAll) {
  ASSERT_TRUE(directory_.CreateClient("b", "b-1").ok());
  ASSERT_TRUE(directory_.CreateClient("a", "a-2").ok());
  ASSERT_TRUE(directory_.CreateClient("a", "a-1").ok());
  const auto all = directory_.ListClients(std::nullopt);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].id, ClientId("a-1"));
  EXPECT_EQ((*all)[2].id, ClientId("b-1"));
  const auto of_a = directory_.ListClients(TenantId("a"));
  ASSERT_TRUE(of_a.ok());
  EXPECT_EQ(of_a->size(), 2u);
  EXPECT_TRUE(directory_.ListClients(TenantId("none"))->empty());
}

TEST_F(ClientDirectoryTest, KeepsOrganisationsApart) {
  ASSERT_TRUE(directory_.CreateClient("shop", "shop-web").ok());
  ClientDirectory other(store_.database(), OrgId("other"), Pepper());
  EXPECT_TRUE(other.ListTenants()->empty());
  EXPECT_TRUE(other.ListClients(std::nullopt)->empty());
  EXPECT_EQ(other.DisableClient(ClientId("shop-web")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(other.RotateClient(ClientId("shop-web")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(other.DisableTenant(TenantId("shop")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(other.CreateClient("shop", "shop-web").error().code, ErrorCode::kConflict);
}

TEST_F(ClientDirectoryTest, RotatesTheSecretAndCountsVersions) {
  const auto first = directory_.CreateClient("shop", "web");
  ASSERT_TRUE(first.ok());
  const auto rotated = directory_.RotateClient(ClientId("web"));
  ASSERT_TRUE(rotated.ok()) << rotated.error().message;
  EXPECT_EQ(rotated->client.secret_version, 2);
  EXPECT_NE(rotated->secret.Reveal(), first->secret.Reveal());
  EXPECT_EQ(LoadCredentials(store_.database())->at("web").digest,
            SecretDigest(Pepper(), "web", rotated->secret.Reveal()));
  EXPECT_EQ(directory_.RotateClient(ClientId("none")).error().code, ErrorCode::kNotFound);
}

TEST_F(ClientDirectoryTest, DisablesClientsAndTenants) {
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  ASSERT_TRUE(directory_.CreateClient("bank", "teller").ok());
  ASSERT_TRUE(directory_.DisableClient(ClientId("web")).ok());
  ASSERT_TRUE(directory_.DisableTenant(TenantId("bank")).ok());
  const auto credentials = LoadCredentials(store_.database());
  ASSERT_TRUE(credentials.ok());
  EXPECT_FALSE(credentials->at("web").enabled);
  EXPECT_FALSE(credentials->at("teller").enabled);
  EXPECT_EQ(directory_.CreateClient("bank").error().code, ErrorCode::kConflict);
  EXPECT_EQ(directory_.DisableClient(ClientId("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(directory_.DisableTenant(TenantId("none")).error().code, ErrorCode::kNotFound);
}

TEST_F(ClientDirectoryTest, LeavesOutAClientWhoseStoredDigestIsDamaged) {
  ASSERT_TRUE(directory_.CreateClient("shop", "web").ok());
  ASSERT_TRUE(directory_.CreateClient("shop", "good").ok());
  const Status written =
      store_.database().WriteAsPlatform("test", [](store::Transaction& t) -> Status {
        const auto changed = t.Execute("UPDATE clients SET secret_digest = $1 WHERE client_id = $2",
                                       {std::string("00"), std::string("web")});
        return changed ? Status() : Status(changed.error());
      });
  ASSERT_TRUE(written.ok());
  const auto credentials = LoadCredentials(store_.database());
  ASSERT_TRUE(credentials.ok());
  EXPECT_FALSE(credentials->contains("web"));
  EXPECT_TRUE(credentials->contains("good"));
}

class PepperTest : public ::testing::Test {
 protected:
  TemporaryStore store_;
  const std::string file_ = (store_.folder() / "keys" / "pepper").string();
};

TEST_F(PepperTest, IsMadeOnceAndPrivate) {
  const auto made = LoadOrCreatePepper(file_);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(made->Reveal().size(), 32u);
  const auto read = LoadOrCreatePepper(file_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->Reveal(), made->Reveal());
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  // No temporary file stays behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(store_.folder() / "keys"), {}), 1);
}

TEST_F(PepperTest, IsTheSameForAllWhoMakeItAtOnce) {
  std::vector<std::string> seen(8);
  std::vector<std::thread> threads;
  for (auto& slot : seen) {
    threads.emplace_back([&slot, this] {
      const auto pepper = LoadOrCreatePepper(file_);
      slot = pepper ? std::string(pepper->Reveal()) : pepper.error().message;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& pepper : seen) EXPECT_EQ(pepper, seen[0]);
  EXPECT_EQ(seen[0].size(), 32u);
}

TEST_F(PepperTest, IsRefusedWhenOthersMayReadItOrItsSizeIsWrong) {
  ASSERT_TRUE(LoadOrCreatePepper(file_).ok());
  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  EXPECT_EQ(LoadOrCreatePepper(file_).error().code, ErrorCode::kPermissionDenied);
  ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
  for (const int size : {0, 31, 33}) {
    std::ofstream(file_, std::ios::trunc) << std::string(static_cast<std::size_t>(size), 'x');
    EXPECT_EQ(LoadOrCreatePepper(file_).error().code, ErrorCode::kCorrupt) << size;
  }
}

}  // namespace
}  // namespace axonflow::identity

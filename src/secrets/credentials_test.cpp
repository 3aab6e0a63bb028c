#include "secrets/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "secrets/credential_rows.h"
#include "secrets/envelope.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace axonflow::secrets {
namespace {

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    char name[] = "/tmp/axonflow-credentials-XXXXXX";
    folder_ = ::mkdtemp(name);
    auto opened = store::OpenSqlite(folder_ / "test.db");
    database_ = std::move(*opened);
    EXPECT_TRUE(store::Migrate(*database_).ok());
  }
  ~CredentialsTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  static Sealing With(const std::vector<std::string>& ids) {
    std::string ring;
    for (const std::string& id : ids) {
      static std::map<std::string, std::string> lines;  // the same id, the same key
      if (!lines.contains(id)) lines[id] = std::string(GenerateKey(id)->Reveal());
      ring += (ring.empty() ? "" : ",") + lines[id];
    }
    return {*KeyRing::Parse(Secret(), Secret(ring)), false};
  }
  static store::OrgScope Shop(const char* tenant = "shop") {
    return *store::OrgScope::ForTenant(OrgId("acme"), TenantId(tenant));
  }
  Status Put(const Sealing& sealing, const CredentialName& name, const std::string& value) {
    return database_->Write(Shop(), [&](store::Transaction& transaction) {
      return Credentials(*database_, sealing).Put(transaction, Shop(), name, Secret(value));
    });
  }
  std::string Get(const Sealing& sealing, const CredentialName& name, const char* tenant = "shop") {
    std::string text = "none";
    const Status read = database_->Read(Shop(tenant), [&](store::Transaction& transaction) {
      auto value = Credentials(*database_, sealing).Get(transaction, Shop(tenant), name);
      if (!value) return Status(value.error());
      if (*value) text = (*value)->Reveal();
      return Status();
    });
    return read ? text : "error: " + read.error().message;
  }

  static constexpr CredentialName kName{"provider", "p-1", "api_key"};
  std::filesystem::path folder_;
  std::unique_ptr<store::Database> database_;
};

TEST_F(CredentialsTest, GiveBackWhatWasStoredToItsTenantOnly) {
  const Sealing sealing = With({"a"});
  ASSERT_TRUE(Put(sealing, kName, "first").ok());
  ASSERT_TRUE(Put(sealing, kName, "planted-credential").ok());
  EXPECT_EQ(Get(sealing, kName), "planted-credential");
  EXPECT_EQ(Get(sealing, kName, "other"), "none");
  EXPECT_EQ(Get(sealing, {"provider", "p-2", "api_key"}), "none");
  EXPECT_EQ(Credentials(*database_, sealing).Count()->sealed, 1);
  database_.reset();
  std::string files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files += bytes.str();
  }
  EXPECT_THAT(files, testing::HasSubstr("enc:v2:a:"));
  EXPECT_THAT(files, testing::Not(testing::HasSubstr("planted")));
}

TEST_F(CredentialsTest, DoNotOpenInTheRowOfAnotherTenant) {
  const Sealing sealing = With({"a"});
  ASSERT_TRUE(Put(sealing, kName, "value").ok());
  ASSERT_TRUE(database_
                  ->WriteAsPlatform("a test that moves a row",
                                    [](store::Transaction& transaction) {
                                      const auto moved = transaction.Execute(
                                          "UPDATE stored_credentials SET tenant_id = 'other'", {});
                                      return moved ? Status() : Status(moved.error());
                                    })
                  .ok());
  EXPECT_THAT(Get(sealing, kName, "other"), testing::HasSubstr("does not open"));
}

TEST_F(CredentialsTest, AreNotStoredWithoutAKeyUnlessAllowed) {
  Sealing none = With({});
  const Status refused = Put(none, kName, "value");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, testing::StartsWith("ENCRYPTION_KEY_REQUIRED"));
  none.plaintext_allowed = true;
  EXPECT_TRUE(Put(none, kName, "value").ok());
  EXPECT_EQ(Get(none, kName), "value");
  EXPECT_FALSE(Put(none, kName, "enc:looks-sealed").ok());
  EXPECT_EQ(Credentials(*database_, none).Count()->plaintext, 1);
}

TEST_F(CredentialsTest, MoveToTheFirstKeyInBatches) {
  Sealing plain = With({});
  plain.plaintext_allowed = true;
  const std::int64_t count = 2 * Credentials::kBatch + 7;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string owner = "p-" + std::to_string(i);
    ASSERT_TRUE(Put(i % 2 == 0 ? With({"old"}) : plain, {"provider", owner, "k"}, owner).ok());
  }
  ASSERT_TRUE(Put(With({"lost"}), {"webhook", "w", "k"}, "x").ok());
  int batches = 0;
  const auto rotation =
      Credentials(*database_, With({"new", "old"})).Rotate([&](const Credentials::Rotation&) {
        ++batches;
      });
  ASSERT_TRUE(rotation.ok()) << rotation.error().message;
  EXPECT_EQ(rotation->sealed_anew, count);
  EXPECT_EQ(rotation->failed, 1);
  EXPECT_EQ(batches, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string owner = "p-" + std::to_string(i);
    EXPECT_EQ(Get(With({"new"}), {"provider", owner, "k"}), owner);
  }
  const auto counts = Credentials(*database_, With({"new"})).Count();
  EXPECT_EQ(counts->sealed, count);
  EXPECT_EQ(counts->under_other_keys, 1);
  EXPECT_EQ(counts->plaintext, 0);
  EXPECT_EQ(Credentials(*database_, With({"new", "old"})).Rotate({})->sealed_anew, 0);
}

TEST_F(CredentialsTest, AreReplacedByARotationOnlyWhenNobodyChangedThem) {
  ASSERT_TRUE(Put(With({"old"}), kName, "before").ok());
  CredentialRow stale{"acme", "shop", "provider", "p-1", "api_key", "enc:v2:old:stale", "old"};
  ASSERT_TRUE(database_
                  ->WriteAsPlatform("a test",
                                    [&](store::Transaction& transaction) {
                                      const auto replaced =
                                          ReplaceCredential(transaction, stale, "x", "new");
                                      EXPECT_FALSE(*replaced);
                                      return Status();
                                    })
                  .ok());
  EXPECT_EQ(Get(With({"old"}), kName), "before");
}

TEST_F(CredentialsTest, GoAwayWithTheirOwner) {
  const Sealing sealing = With({"a"});
  ASSERT_TRUE(Put(sealing, kName, "value").ok());
  ASSERT_TRUE(Put(sealing, {"provider", "p-1", "other"}, "value").ok());
  ASSERT_TRUE(Put(sealing, {"provider", "p-2", "api_key"}, "value").ok());
  ASSERT_TRUE(
      database_
          ->Write(Shop(),
                  [&](store::Transaction& transaction) {
                    return Credentials(*database_, sealing).Remove(transaction, Shop(), kName);
                  })
          .ok());
  EXPECT_EQ(Get(sealing, kName), "none");
  EXPECT_EQ(Credentials(*database_, sealing).Count()->sealed, 1);
}

}  // namespace
}  // namespace axonflow::secrets

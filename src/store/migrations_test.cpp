#include "store/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/crypto.h"
#include "store/sqlite.h"

namespace axonflow::store {
namespace {

using ::testing::HasSubstr;

class Migrations : public ::testing::Test {
 protected:
  Migrations()
      : folder_(std::filesystem::temp_directory_path() / ("axonflow-migrate-" + NewUuid())) {
    std::filesystem::create_directories(folder_);
    auto opened = OpenSqlite(folder_ / "store.db");
    EXPECT_TRUE(opened.ok());
    database_ = std::move(*opened);
  }
  ~Migrations() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  Status Run(std::string_view sql) {
    return database_->WriteAsPlatform("test", [&](Transaction& transaction) {
      const auto executed = transaction.Execute(sql, {});
      return executed ? Status() : Status(executed.error());
    });
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(Migrations, BuiltinOnesAreNumberedAndApplyTwiceWithoutChange) {
  ASSERT_GE(BuiltinMigrations().size(), 2u);
  EXPECT_EQ(BuiltinMigrations()[0].name, "0001_identity");
  EXPECT_EQ(BuiltinMigrations()[1].name, "0002_audit");
  for (int i = 0; i < 2; ++i) {
    const auto status = Migrate(*database_);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  std::int64_t applied = 0;
  ASSERT_TRUE(database_
                  ->ReadAsPlatform("test",
                                   [&](Transaction& transaction) {
                                     return transaction.Query(
                                         "SELECT count(*) FROM schema_migrations", {},
                                         [&](const Row& row) { applied = row.Int(0); });
                                   })
                  .ok());
  EXPECT_EQ(applied, static_cast<std::int64_t>(BuiltinMigrations().size()));
}

TEST_F(Migrations, IdentityTablesRefuseBlankIdsStrayClientsAndDoubles) {
  ASSERT_TRUE(Migrate(*database_).ok());
  EXPECT_TRUE(Run("INSERT INTO tenants VALUES ('o', 't', 1, 0)").ok());
  EXPECT_FALSE(Run("INSERT INTO tenants VALUES ('o', ' ', 1, 0)").ok());
  EXPECT_FALSE(Run("INSERT INTO tenants VALUES ('o', 't', 1, 0)").ok());
  EXPECT_TRUE(Run("INSERT INTO clients VALUES ('o', 't', 'c', 1, 'digest', 1, 0, NULL)").ok());
  EXPECT_FALSE(Run("INSERT INTO clients VALUES ('o', 't', 'c', 1, 'digest', 1, 0, NULL)").ok());
  EXPECT_FALSE(Run("INSERT INTO clients VALUES ('o', 'x', 'd', 1, 'digest', 1, 0, NULL)").ok());
  EXPECT_FALSE(Run("INSERT INTO clients VALUES ('o', 't', '', 1, 'digest', 1, 0, NULL)").ok());
}

TEST_F(Migrations, RefusesAMigrationWhoseTextHasChanged) {
  ASSERT_TRUE(Migrate(*database_, {{1, "0001_a", "CREATE TABLE a (x INTEGER);\n"}}).ok());
  const auto status = Migrate(*database_, {{1, "0001_a", "CREATE TABLE a (y INTEGER);\n"}});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("0001_a"));
}

TEST_F(Migrations, RefusesADatabaseThatIsNewerThanTheProgram) {
  const Migration first{1, "0001_a", "CREATE TABLE a (x INTEGER);\n"};
  const Migration second{2, "0002_b", "CREATE TABLE b (x INTEGER);\n"};
  ASSERT_TRUE(Migrate(*database_, {first, second}).ok());
  const auto status = Migrate(*database_, {first});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("0002_b"));
}

TEST_F(Migrations, AFailingOneLeavesNothingOfItselfAndKeepsTheEarlierOnes) {
  const Migration good{1, "0001_a", "CREATE TABLE a (x INTEGER);\n"};
  const Migration bad{2, "0002_b", "CREATE TABLE b (x INTEGER);\nCREATE TABLE a (x INTEGER);\n"};
  const auto status = Migrate(*database_, {good, bad});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("0002_b"));
  EXPECT_TRUE(Run("INSERT INTO a VALUES (1)").ok());
  EXPECT_FALSE(Run("INSERT INTO b VALUES (1)").ok());
  const Migration fixed{2, "0002_b", "CREATE TABLE b (x INTEGER);\n"};
  EXPECT_TRUE(Migrate(*database_, {good, fixed}).ok());
  EXPECT_TRUE(Run("INSERT INTO b VALUES (1)").ok());
}

TEST_F(Migrations, RefusesNumbersThatDoNotAscend) {
  EXPECT_FALSE(Migrate(*database_, {{1, "0001_a", "CREATE TABLE a (x INTEGER);\n"},
                                    {1, "0001_b", "CREATE TABLE b (x INTEGER);\n"}})
                   .ok());
}

TEST_F(Migrations, RefusesOneThatWasLeftOutBeforeAnAppliedOne) {
  const Migration first{1, "0001_a", "CREATE TABLE a (x INTEGER);\n"};
  const Migration second{2, "0002_b", "CREATE TABLE b (x INTEGER);\n"};
  const Migration third{3, "0003_c", "CREATE TABLE c (x INTEGER);\n"};
  ASSERT_TRUE(Migrate(*database_, {first, third}).ok());
  const auto status = Migrate(*database_, {first, second, third});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("0002_b"));
}

TEST_F(Migrations, StatesSayWhatIsAppliedAndMakeNothing) {
  auto states = MigrationStates(*database_);
  ASSERT_TRUE(states.ok()) << states.error().message;
  ASSERT_EQ(states->size(), BuiltinMigrations().size());
  for (const auto& state : *states) EXPECT_FALSE(state.applied_at) << state.name;
  ASSERT_TRUE(Migrate(*database_).ok());
  states = MigrationStates(*database_);
  ASSERT_TRUE(states.ok()) << states.error().message;
  for (const auto& state : *states) EXPECT_TRUE(state.applied_at) << state.name;
}

TEST_F(Migrations, SemicolonsInsideALineDoNotSplit) {
  ASSERT_TRUE(
      Migrate(*database_, {{1, "0001_a", "CREATE TABLE a (x TEXT DEFAULT 'p;q');\n-- done\n"}})
          .ok());
  EXPECT_TRUE(Run("INSERT INTO a VALUES ('r')").ok());
}

}  // namespace
}  // namespace axonflow::store

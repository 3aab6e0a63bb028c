#include "store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/crypto.h"

namespace axonflow::store {
namespace {

class Sqlite : public ::testing::Test {
 protected:
  Sqlite() : folder_(std::filesystem::temp_directory_path() / ("axonflow-sqlite-" + NewUuid())) {
    std::filesystem::create_directories(folder_);
    file_ = folder_ / "store.db";
    auto opened = OpenSqlite(file_);
    EXPECT_TRUE(opened.ok());
    database_ = std::move(*opened);
    Run("CREATE TABLE t (a INTEGER, b TEXT, c DOUBLE PRECISION, d BLOB)");
  }
  ~Sqlite() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Run(std::string_view sql, const std::vector<Value>& parameters = {}) {
    const auto status = database_->WriteAsPlatform("test", [&](Transaction& transaction) {
      const auto executed = transaction.Execute(sql, parameters);
      return executed ? Status() : Status(executed.error());
    });
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  std::int64_t Count() {
    std::int64_t count = -1;
    const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
      return transaction.Query("SELECT count(*) FROM t", {},
                               [&](const Row& row) { count = row.Int(0); });
    });
    EXPECT_TRUE(status.ok());
    return count;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::unique_ptr<Database> database_;
};

TEST_F(Sqlite, KeepsEveryKindOfValueWithNulBytesInside) {
  const std::string text("a\0b", 3);
  const std::string bytes("\0\xff\0", 3);
  Run("INSERT INTO t VALUES ($1, $2, $3, $4)", {std::int64_t{-5}, text, 2.5, Blob{bytes}});
  Run("INSERT INTO t VALUES ($1, $1, $1, $1)", {std::monostate{}});
  int rows = 0;
  const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    return transaction.Query("SELECT a, b, c, d FROM t ORDER BY rowid", {}, [&](const Row& row) {
      if (rows++ == 0) {
        EXPECT_EQ(row.Int(0), -5);
        EXPECT_EQ(row.Text(1), text);
        EXPECT_EQ(row.Double(2), 2.5);
        EXPECT_EQ(row.Text(3), bytes);
        EXPECT_FALSE(row.IsNull(3));
      } else {
        for (int column = 0; column < 4; ++column) EXPECT_TRUE(row.IsNull(column));
      }
    });
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(rows, 2);
}

TEST_F(Sqlite, BindsParametersByNumberNotByAppearance) {
  Run("INSERT INTO t (b, a) VALUES ($2, $1)", {std::int64_t{7}, std::string("seven")});
  const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    return transaction.Query("SELECT a, b FROM t", {}, [&](const Row& row) {
      EXPECT_EQ(row.Int(0), 7);
      EXPECT_EQ(row.Text(1), "seven");
    });
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(Sqlite, RefusesMissingParametersOddNamesAndSecondStatements) {
  const auto status = database_->WriteAsPlatform("test", [&](Transaction& transaction) {
    EXPECT_FALSE(transaction.Execute("INSERT INTO t (a) VALUES ($2)", {std::int64_t{1}}).ok());
    EXPECT_FALSE(transaction.Execute("INSERT INTO t (a) VALUES (?)", {std::int64_t{1}}).ok());
    EXPECT_FALSE(transaction.Execute("INSERT INTO t (a) VALUES ($x)", {std::int64_t{1}}).ok());
    EXPECT_FALSE(transaction.Execute("DELETE FROM t; DELETE FROM t", {}).ok());
    return Status();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(Sqlite, RollsBackWhenTheBodyFailsOrThrows) {
  const auto failed = database_->WriteAsPlatform("test", [&](Transaction& transaction) -> Status {
    EXPECT_TRUE(transaction.Execute("INSERT INTO t (a) VALUES (1)", {}).ok());
    return Error{ErrorCode::kNotFound, "no"};
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
  const auto thrown = database_->WriteAsPlatform("test", [&](Transaction& transaction) -> Status {
    EXPECT_TRUE(transaction.Execute("INSERT INTO t (a) VALUES (1)", {}).ok());
    throw std::runtime_error("lost");
  });
  ASSERT_FALSE(thrown.ok());
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
  EXPECT_EQ(Count(), 0);
  Run("INSERT INTO t (a) VALUES (1)");
  EXPECT_EQ(Count(), 1);
}

TEST_F(Sqlite, ReadTransactionsCannotWrite) {
  const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    const auto executed = transaction.Execute("INSERT INTO t (a) VALUES (1)", {});
    return executed ? Status() : Status(executed.error());
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(Sqlite, ReadersSeeOneStateAndDoNotWaitForTheWriter) {
  const auto written = database_->WriteAsPlatform("test", [&](Transaction& transaction) {
    EXPECT_TRUE(transaction.Execute("INSERT INTO t (a) VALUES (1)", {}).ok());
    EXPECT_EQ(Count(), 0);  // from a reader, while the writer holds its lock
    return Status();
  });
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(Sqlite, AStatementMayRunInsideItsOwnRows) {
  Run("INSERT INTO t (a) VALUES (1), (2)");
  int inner = 0;
  const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    constexpr std::string_view kSql = "SELECT a FROM t";
    return transaction.Query(kSql, {}, [&](const Row&) {
      EXPECT_TRUE(transaction.Query(kSql, {}, [&](const Row&) { ++inner; }).ok());
    });
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(inner, 4);
}

TEST_F(Sqlite, ConstraintsAreConflicts) {
  Run("CREATE TABLE u (a INTEGER PRIMARY KEY)");
  Run("INSERT INTO u VALUES (1)");
  const auto status = database_->WriteAsPlatform("test", [&](Transaction& transaction) {
    const auto executed = transaction.Execute("INSERT INTO u VALUES (1)", {});
    return executed ? Status() : Status(executed.error());
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
}

TEST_F(Sqlite, ChangeCounterMovesForOwnAndForeignCommitsButNotForShipping) {
  const auto before = database_->ChangeCounter();
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(*database_->ChangeCounter(), *before);

  Run("INSERT INTO t (a) VALUES (1)");
  const auto after_own = *database_->ChangeCounter();
  EXPECT_NE(after_own, *before);

  auto other = OpenSqlite(file_);
  ASSERT_TRUE(other.ok());
  const auto insert = [](Transaction& transaction) {
    const auto executed = transaction.Execute("INSERT INTO t (a) VALUES (2)", {});
    return executed ? Status() : Status(executed.error());
  };
  ASSERT_TRUE((*other)->WriteAsPlatform("test", insert).ok());
  const auto after_foreign = *database_->ChangeCounter();
  EXPECT_NE(after_foreign, after_own);

  ASSERT_TRUE(database_->WriteAsPlatform(kAuditShipping, insert).ok());
  EXPECT_EQ(*database_->ChangeCounter(), after_foreign);
}

TEST_F(Sqlite, FilesAreForTheOwnerOnly) {
  Run("INSERT INTO t (a) VALUES (1)");
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << entry.path();
  }
}

TEST_F(Sqlite, ManyThreadsWriteAndReadWithoutLoss) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        const auto written = database_->WriteAsPlatform("test", [&](Transaction& transaction) {
          const auto executed = transaction.Execute("INSERT INTO t (a) VALUES (1)", {});
          return executed ? Status() : Status(executed.error());
        });
        if (!written.ok() || Count() < 1) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Count(), 120);
}

TEST_F(Sqlite, RefusesAFileThatIsNoDatabase) {
  const auto path = folder_ / "text.db";
  {
    std::FILE* file = std::fopen(path.c_str(), "w");
    for (int i = 0; i < 1000; ++i) std::fputs("this is no database", file);
    std::fclose(file);
  }
  const auto opened = OpenSqlite(path);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST(OrgScope, RefusesBlankIds) {
  EXPECT_TRUE(OrgScope::ForTenant(OrgId("o"), TenantId("t")).ok());
  EXPECT_FALSE(OrgScope::ForTenant(OrgId(" "), TenantId("t")).ok());
  EXPECT_FALSE(OrgScope::ForTenant(OrgId("o"), TenantId("")).ok());
  EXPECT_FALSE(OrgScope::OrgWide(OrgId("\t")).ok());
  EXPECT_TRUE(OrgScope::OrgWide(OrgId("o"))->tenant.empty());
}

TEST_F(Sqlite, RefusesAScopeWithoutOrg) {
  const auto body = [](Transaction&) { return Status(); };
  EXPECT_FALSE(database_->Read(OrgScope{}, body).ok());
  EXPECT_FALSE(database_->Write(OrgScope{}, body).ok());
}

}  // namespace
}  // namespace axonflow::store

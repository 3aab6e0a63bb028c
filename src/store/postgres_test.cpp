#include "store/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "store/testing.h"

namespace axonflow::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PostgresServer;

Status Commit(Database& database, std::string_view sql, const std::vector<Value>& parameters = {}) {
  return database.WriteAsPlatform("test", [&](Transaction& transaction) {
    const auto executed = transaction.Execute(sql, parameters);
    return executed ? Status() : Status(executed.error());
  });
}

// A database with an empty table t (a, b, c, d), where the platform's statements are the owner's.
class Postgres : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::Instance();
    if (server_ == nullptr) GTEST_SKIP() << "postgresql-15 is not installed";
    name_ = server_->NewDatabase();
    database_ = Open();
    ASSERT_NE(database_, nullptr);
    Must("CREATE TABLE t (a BIGINT, b TEXT, c DOUBLE PRECISION, d BYTEA)");
  }

  std::unique_ptr<Database> Open() {
    auto opened = OpenPostgres(server_->Options("owner", name_));
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }
  void Must(std::string_view sql) {
    const auto done = Commit(*database_, sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::int64_t Count() {
    std::int64_t count = -1;
    const auto read = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
      return transaction.Query("SELECT count(*) FROM t", {},
                               [&](const Row& row) { count = row.Int(0); });
    });
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
    return count;
  }

  PostgresServer* server_ = nullptr;
  std::string name_;
  std::unique_ptr<Database> database_;
};

TEST_F(Postgres, ValuesOfEveryTypeComeBack) {
  const std::string bytes("\0\x01\\x\xff", 5);
  const auto written =
      Commit(*database_, "INSERT INTO t VALUES ($1, $2, $3, $4), ($5, $6, $7, $8)",
             {std::int64_t{-9'223'372'036'854'775'807}, std::string("Grüße \\ 'x'"), 0.1,
              Blob{bytes}, std::monostate{}, TextView(std::string_view()), std::monostate{},
              BlobView(std::string_view())});
  ASSERT_TRUE(written.ok()) << written.error().message;
  int rows = 0;
  const auto read = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    return transaction.Query("SELECT a, b, c, d FROM t ORDER BY a NULLS LAST", {},
                             [&](const Row& row) {
                               if (++rows == 1) {
                                 EXPECT_EQ(row.Int(0), -9'223'372'036'854'775'807);
                                 EXPECT_EQ(row.Text(1), "Grüße \\ 'x'");
                                 EXPECT_EQ(row.Double(2), 0.1);
                                 EXPECT_EQ(row.Text(3), bytes);
                               } else {
                                 EXPECT_TRUE(row.IsNull(0));
                                 EXPECT_FALSE(row.IsNull(1));
                                 EXPECT_EQ(row.Text(1), "");
                                 EXPECT_TRUE(row.IsNull(2));
                                 EXPECT_FALSE(row.IsNull(3));
                               }
                             });
  });
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(rows, 2);
}

TEST_F(Postgres, NumbersOfEveryWidthAreRead) {
  std::vector<std::int64_t> numbers;
  const auto read = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    return transaction.Query(
        R"(SELECT -1::smallint, -2::int, -3::bigint, true, sum(x), -12345678901234567::numeric,
                  20000::numeric, 0::numeric
           FROM (VALUES (9000000000::bigint), (1)) v(x))",
        {}, [&](const Row& row) {
          for (int i = 0; i < 8; ++i) numbers.push_back(row.Int(i));
        });
  });
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_THAT(numbers,
              ElementsAre(-1, -2, -3, 1, 9'000'000'001, -12'345'678'901'234'567, 20'000, 0));
}

TEST_F(Postgres, WhatNoTextCanHoldIsReplacedAlikeWhenWrittenAndWhenLookedFor) {
  const std::string odd("a\0b\xff", 4);
  ASSERT_TRUE(Commit(*database_, "INSERT INTO t (b) VALUES ($1)", {odd}).ok());
  std::string found;
  ASSERT_TRUE(database_
                  ->ReadAsPlatform("test",
                                   [&](Transaction& transaction) {
                                     return transaction.Query(
                                         "SELECT b FROM t WHERE b = $1", {odd},
                                         [&](const Row& row) { found = row.Text(0); });
                                   })
                  .ok());
  EXPECT_EQ(found,
            "a\uFFFD"
            "b\uFFFD");
}

TEST_F(Postgres, ExecuteCountsChangedRows) {
  Must("INSERT INTO t (a) VALUES (1), (2), (3)");
  std::int64_t changed = 0;
  ASSERT_TRUE(database_
                  ->WriteAsPlatform("test",
                                    [&](Transaction& transaction) -> Status {
                                      const auto executed = transaction.Execute(
                                          "DELETE FROM t WHERE a > $1", {std::int64_t{1}});
                                      if (!executed) return executed.error();
                                      changed = *executed;
                                      return {};
                                    })
                  .ok());
  EXPECT_EQ(changed, 2);
}

TEST_F(Postgres, ErrorsAndExceptionsUndoTheTransaction) {
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
}

TEST_F(Postgres, ABodyThatIgnoresAFailedStatementDoesNotCommit) {
  const auto status = database_->WriteAsPlatform("test", [&](Transaction& transaction) -> Status {
    EXPECT_TRUE(transaction.Execute("INSERT INTO t (a) VALUES (1)", {}).ok());
    EXPECT_FALSE(transaction.Execute("INSERT INTO no_such_table VALUES (1)", {}).ok());
    return {};
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(Postgres, ReadTransactionsCannotWrite) {
  const auto status = database_->ReadAsPlatform("test", [&](Transaction& transaction) {
    const auto executed = transaction.Execute("INSERT INTO t (a) VALUES (1)", {});
    return executed ? Status() : Status(executed.error());
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(Postgres, ReadersSeeOneStateAndDoNotWaitForTheWriter) {
  std::int64_t before = -1;
  std::int64_t after = -1;
  const auto count = [](Transaction& transaction, std::int64_t& into) {
    return transaction.Query("SELECT count(*) FROM t", {},
                             [&](const Row& row) { into = row.Int(0); });
  };
  const auto read = database_->ReadAsPlatform("test", [&](Transaction& transaction) -> Status {
    if (auto counted = count(transaction, before); !counted) return counted;
    Must("INSERT INTO t (a) VALUES (1)");
    return count(transaction, after);
  });
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(before, 0);
  EXPECT_EQ(after, 0);
  EXPECT_EQ(Count(), 1);
}

TEST_F(Postgres, AStatementMayRunInsideItsOwnRows) {
  Must("INSERT INTO t (a) VALUES (1), (2)");
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

TEST_F(Postgres, ConstraintsAreConflictsAndShowNoValues) {
  Must("CREATE TABLE u (a TEXT PRIMARY KEY)");
  Must("INSERT INTO u VALUES ('a-stored-value')");
  const auto status = Commit(*database_, "INSERT INTO u VALUES ('a-stored-value')");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  EXPECT_THAT(status.error().message, ::testing::Not(HasSubstr("a-stored-value")));
}

TEST_F(Postgres, ChangeCounterMovesForOwnAndForeignCommitsButNotForShipping) {
  const auto before = database_->ChangeCounter();
  ASSERT_TRUE(before.ok()) << before.error().message;
  EXPECT_EQ(*database_->ChangeCounter(), *before);
  Must("INSERT INTO t (a) VALUES (1)");
  const auto after_own = *database_->ChangeCounter();
  EXPECT_NE(after_own, *before);
  auto other = Open();
  ASSERT_TRUE(Commit(*other, "INSERT INTO t (a) VALUES (2)").ok());
  const auto after_foreign = *database_->ChangeCounter();
  EXPECT_NE(after_foreign, after_own);
  const auto shipped = database_->WriteAsPlatform(kAuditShipping, [](Transaction& transaction) {
    const auto executed = transaction.Execute("INSERT INTO t (a) VALUES (3)", {});
    return executed ? Status() : Status(executed.error());
  });
  ASSERT_TRUE(shipped.ok());
  EXPECT_EQ(*database_->ChangeCounter(), after_foreign);
}

TEST_F(Postgres, ManyThreadsWriteAndReadWithoutLoss) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        if (!Commit(*database_, "INSERT INTO t (a) VALUES (1)").ok() || Count() < 1) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Count(), 200);
}

TEST_F(Postgres, WritersOfAnOrganizationTakeTurns) {
  Must("INSERT INTO t (a) VALUES (0)");
  const auto scope = *OrgScope::OrgWide(OrgId("o"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto written = database_->Write(scope, [&](Transaction& transaction) -> Status {
          std::int64_t value = 0;
          auto read =
              transaction.Query("SELECT a FROM t", {}, [&](const Row& row) { value = row.Int(0); });
          if (!read) return read;
          const auto executed = transaction.Execute("UPDATE t SET a = $1", {value + 1});
          return executed ? Status() : Status(executed.error());
        });
        EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::int64_t value = 0;
  ASSERT_TRUE(database_
                  ->ReadAsPlatform("test",
                                   [&](Transaction& transaction) {
                                     return transaction.Query(
                                         "SELECT a FROM t", {},
                                         [&](const Row& row) { value = row.Int(0); });
                                   })
                  .ok());
  EXPECT_EQ(value, 40);
}

TEST_F(Postgres, AConnectionThatDiedInThePoolIsReplacedUnseen) {
  Must("INSERT INTO t (a) VALUES (1)");
  const auto end_all =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'";
  for (int i = 0; i < 5; ++i) {
    server_->Run("postgres", "postgres", end_all);
    EXPECT_EQ(Count(), 1);
  }
}

TEST_F(Postgres, ManyDifferentTextsDoNotFillTheServer) {
  std::int64_t prepared = 0;
  const auto read = database_->ReadAsPlatform("test", [&](Transaction& transaction) -> Status {
    for (int i = 0; i < 600; ++i) {
      auto one = transaction.Query("SELECT " + std::to_string(i), {}, [](const Row&) {});
      if (!one) return one;
    }
    return transaction.Query("SELECT count(*) FROM pg_prepared_statements", {},
                             [&](const Row& row) { prepared = row.Int(0); });
  });
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_GT(prepared, 0);
  EXPECT_LE(prepared, 257);
}

TEST_F(Postgres, AStatementThatTakesTooLongEndsInTime) {
  auto options = server_->Options("owner", name_);
  options.statement_timeout = std::chrono::milliseconds(200);
  auto impatient = OpenPostgres(std::move(options));
  ASSERT_TRUE(impatient.ok());
  const auto begin = std::chrono::steady_clock::now();
  const auto status = Commit(**impatient, "SELECT pg_sleep(10)");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(Postgres, RefusesAScopeWithoutOrg) {
  const auto body = [](Transaction&) { return Status(); };
  EXPECT_FALSE(database_->Read(OrgScope{}, body).ok());
  EXPECT_FALSE(database_->Write(OrgScope{}, body).ok());
}

TEST_F(Postgres, SaysThatItCannotConnectWithoutShowingTheUrl) {
  PostgresOptions options;
  options.url = Secret("postgresql://u:hunter2@127.0.0.1:1/db");
  const auto opened = OpenPostgres(std::move(options));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message, ::testing::Not(HasSubstr("hunter2")));
  PostgresOptions odd;
  odd.url = Secret("postgresql://u:hunter2@[::1/db");
  const auto refused = OpenPostgres(std::move(odd));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, ::testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace axonflow::store

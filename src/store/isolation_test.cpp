#include "store/isolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "store/testing.h"

namespace axonflow::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PostgresServer;

constexpr std::string_view kShowScope = R"(
    SELECT coalesce(current_setting('app.current_org_id', true), ''),
           coalesce(current_setting('app.current_tenant_id', true), ''),
           coalesce(current_setting('app.current_scope', true), ''), current_user::text)";

class Isolation : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::Instance();
    if (server_ == nullptr) GTEST_SKIP() << "postgresql-15 is not installed";
    name_ = server_->NewDatabase();
    database_ = server_->Open(name_);
    ASSERT_NE(database_, nullptr);
  }
  std::vector<std::string> Problems() {
    const auto problems = IsolationProblems(*database_);
    EXPECT_TRUE(problems.ok()) << (problems.ok() ? "" : problems.error().message);
    return problems ? *problems : std::vector<std::string>();
  }

  PostgresServer* server_ = nullptr;
  std::string name_;
  std::unique_ptr<Database> database_;
};

TEST_F(Isolation, IsInForceAfterTheMigrations) { EXPECT_THAT(Problems(), IsEmpty()); }

TEST_F(Isolation, EachWeakeningIsFound) {
  const std::pair<const char*, const char*> cases[] = {
      {"ALTER TABLE policies NO FORCE ROW LEVEL SECURITY", "not forced"},
      {"CREATE POLICY wide ON clients FOR SELECT TO axonflow_app_role USING (true)", "wide"},
      {"ALTER POLICY scope_update ON tenants USING (true)", "scope_update"},
      {"CREATE TABLE notes (org_id TEXT, tenant_id TEXT)", "notes"},
  };
  std::size_t expected = 0;
  for (const auto& [weakening, sign] : cases) {
    server_->Run("owner", name_, weakening);
    const auto problems = Problems();
    EXPECT_GT(problems.size(), expected) << weakening;
    EXPECT_THAT(problems, ::testing::Contains(HasSubstr(sign)));
    expected = problems.size();
  }
}

TEST_F(Isolation, AStatementWithoutAPredicateSeesItsScopeAlone) {
  for (const char* org : {"one", "two"}) {
    for (const char* tenant : {"a", "b"}) {
      const auto scope = *OrgScope::ForTenant(OrgId(org), TenantId(tenant));
      const auto written = database_->Write(scope, [&](Transaction& transaction) {
        const auto executed = transaction.Execute("INSERT INTO tenants VALUES ($1, $2, 1, 0)",
                                                  {std::string(org), std::string(tenant)});
        return executed ? Status() : Status(executed.error());
      });
      ASSERT_TRUE(written.ok()) << written.error().message;
    }
  }
  const auto count = [&](const OrgScope& scope) {
    std::int64_t rows = -1;
    const auto read = database_->Read(scope, [&](Transaction& transaction) {
      return transaction.Query("SELECT count(*) FROM tenants", {},
                               [&](const Row& row) { rows = row.Int(0); });
    });
    EXPECT_TRUE(read.ok());
    return rows;
  };
  EXPECT_EQ(count(*OrgScope::ForTenant(OrgId("one"), TenantId("a"))), 1);
  EXPECT_EQ(count(*OrgScope::OrgWide(OrgId("one"))), 2);
  EXPECT_EQ(count(*OrgScope::ForTenant(OrgId("three"), TenantId("a"))), 0);
  const auto foreign = database_->Write(
      *OrgScope::ForTenant(OrgId("one"), TenantId("a")), [&](Transaction& transaction) {
        const auto executed =
            transaction.Execute("INSERT INTO tenants VALUES ('two', 'c', 1, 0)", {});
        return executed ? Status() : Status(executed.error());
      });
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::kPermissionDenied);
}

TEST(UnpredicatedStatements, HaveLostEveryConditionOnOrganizationAndTenant) {
  EXPECT_EQ(
      testing::WithoutPredicates(
          "SELECT a FROM t WHERE org_id = $1 AND tenant_id IN ($2, '*') AND kind = $3"),
      "SELECT a FROM t WHERE ($1::text IS NOT NULL) AND ($2::text IS NOT NULL) AND kind = $3");
  EXPECT_EQ(testing::WithoutPredicates("DELETE FROM t WHERE tenant_id = $12"),
            "DELETE FROM t WHERE ((tenant_id = '*') = ($12::text = '*'))");
  EXPECT_EQ(testing::WithoutPredicates("SELECT a FROM t e WHERE e.org_id = $1 AND e.a = $2"),
            "SELECT a FROM t e WHERE ($1::text IS NOT NULL) AND e.a = $2");
}

// What one borrower of a connection does to it, at random.
class Borrower {
 public:
  Borrower(Database& database, unsigned seed)
      : database_(database), state_(seed * 2654435761u + 1) {}

  // Runs one transaction; false when it saw another scope than its own.
  bool Borrow(std::atomic<long>& seen) {
    const auto org = "org" + std::to_string(Next() % 5);
    const auto tenant = Next() % 4 == 0 ? std::string() : "tenant" + std::to_string(Next() % 5);
    const OrgScope scope{OrgId(org), TenantId(tenant)};
    const auto act = Next() % 16;
    bool own = true;
    const auto body = [&](Transaction& transaction) -> Status {
      auto shown = transaction.Query(kShowScope, {}, [&](const Row& row) {
        own = row.Text(0) == org && row.Text(1) == tenant &&
              row.Text(2) == (tenant.empty() ? "organization" : "tenant") &&
              row.Text(3) == kAppRole;
        ++seen;
      });
      if (!shown) return shown;
      return Misbehave(transaction, act);
    };
    if (act == 7) {
      // Nobody's scope: what the session itself has.
      (void)database_.ReadAsPlatform("test", [&](Transaction& transaction) {
        return transaction.Query(kShowScope, {}, [&](const Row& row) {
          own = row.Text(0).empty() && row.Text(1).empty() && row.Text(2) == "platform" &&
                row.Text(3) == kPlatformRole;
          ++seen;
        });
      });
    } else if (act < 2) {
      (void)database_.Write(scope, body);
    } else {
      (void)database_.Read(scope, body);
    }
    return own;
  }

 private:
  static Status Misbehave(Transaction& transaction, std::uint32_t act) {
    if (act == 3) return Error{ErrorCode::kNotFound, "gives up"};
    if (act == 4) throw std::runtime_error("throws");
    if (act == 5) return transaction.Query("SELECT 1/0", {}, [](const Row&) {});
    if (act == 6) {  // what an injected statement would try: a scope for the whole session
      return transaction.Query("SELECT set_config('app.current_org_id', 'org0', false)", {},
                               [](const Row&) {});
    }
    return {};
  }
  std::uint32_t Next() {
    state_ = state_ * 1664525u + 1013904223u;
    return state_ >> 16;
  }

  Database& database_;
  std::uint32_t state_;
};

// AXONFLOW_BORROWED_CONNECTIONS sets how many; the default fits into a test run.
TEST_F(Isolation, NoScopeIsCarriedOverToTheNextBorrower) {
  const char* wanted = std::getenv("AXONFLOW_BORROWED_CONNECTIONS");
  const long borrows = wanted == nullptr ? 20'000 : std::atol(wanted);
  constexpr int kThreads = 4;
  std::atomic<long> seen = 0;
  std::atomic<int> foreign = 0;
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Borrower borrower(*database_, i);
      while (seen < borrows) {
        if (!borrower.Borrow(seen)) ++foreign;
      }
    });
  }
  // Cancels and broken connections, meanwhile.
  std::atomic<bool> ends = false;
  std::thread saboteur([&] {
    auto admin = OpenPostgres(server_->Options("postgres", name_));
    for (int round = 0; admin.ok() && !ends; ++round) {
      const auto* sql = round % 2 == 0 ? "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                                         "WHERE datname = $1 AND pid <> pg_backend_pid()"
                                       : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                         "WHERE datname = $1 AND pid <> pg_backend_pid()";
      (void)(*admin)->ReadAsPlatform("test", [&](Transaction& transaction) {
        return transaction.Query(sql, {name_}, [](const Row&) {});
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  for (auto& thread : threads) thread.join();
  ends = true;
  saboteur.join();
  EXPECT_EQ(foreign, 0);
  std::printf("%ld borrowed connections in %.1f s\n", borrows,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

}  // namespace
}  // namespace axonflow::store

#include "store/postgres.h"

#include <array>
#include <exception>
#include <utility>

#include "store/postgres_pool.h"

namespace axonflow::store {

namespace {

using internal::Availability;
using internal::Clock;
using internal::PostgresConnection;
using internal::PostgresLogin;
using internal::PostgresPool;
using internal::PostgresResult;
using internal::PostgresRow;

using Body = std::function<Status(Transaction&)>;
using Call = PostgresConnection::Call;

// A reader sees one state, as on SQLite.
constexpr std::string_view kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr std::string_view kBeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
// Local to the transaction: whoever borrows the connection next starts without a scope.
constexpr std::string_view kSetScope = R"(
    SELECT set_config('app.current_org_id', $1, true),
           set_config('app.current_tenant_id', $2, true),
           set_config('app.current_scope', $3, true))";
// Writers of an organization take turns, so that what one has read still holds when it writes.
constexpr std::string_view kTakeTurn = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
constexpr std::string_view kCountChange = "UPDATE store_changes SET value = value + 1 WHERE id = 1";
constexpr std::string_view kReadChanges = "SELECT value FROM store_changes WHERE id = 1";

// What a transaction begins with.
struct Opening {
  bool writes = false;
  bool takes_turn = false;
  bool counts = false;
  std::vector<Value> scope;  // org, tenant, kind of scope
};

// Sends its opening with the first statement: a transaction of one statement costs two round trips,
// and one without any costs none.
class PostgresTransaction final : public Transaction {
 public:
  PostgresTransaction(PostgresPool& pool, Opening opening, std::chrono::milliseconds timeout)
      : pool_(pool), opening_(std::move(opening)), timeout_(timeout) {}
  ~PostgresTransaction() override { Leave(); }
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;

  Engine engine() const override { return Engine::kPostgresql; }
  std::string_view node() const override { return pool_.login().node; }
  std::string_view ForUpdate() const override { return opening_.writes ? " FOR UPDATE" : ""; }

  Result<std::int64_t> Execute(std::string_view sql,
                               const std::vector<Value>& parameters) override {
    const auto result = Run({sql, &parameters});
    if (!result) return result.error();
    executed_ = true;
    return std::strtoll(PQcmdTuples(result->get()), nullptr, 10);
  }

  // The whole answer is here before the first row is handed on, so `on_row` may use this
  // transaction.
  Status Query(std::string_view sql, const std::vector<Value>& parameters,
               const std::function<void(const Row&)>& on_row) override {
    const auto result = Run({sql, &parameters});
    if (!result) return result.error();
    PostgresRow row(result->get());
    const int rows = PQntuples(result->get());
    for (int i = 0; i < rows; ++i) {
      row.MoveTo(i);
      on_row(row);
    }
    return {};
  }

  Status Commit() {
    if (!begun_) return {};
    std::vector<Call> calls;
    if (opening_.counts && executed_) calls.push_back({kCountChange});
    calls.push_back({"COMMIT"});
    const auto result = RunCalls(calls);
    if (!result) return result.error();
    begun_ = false;
    // The server answers so when a statement failed and the body went on regardless.
    if (std::string_view(PQcmdStatus(result->get())) == "ROLLBACK") {
      return Error{ErrorCode::kInternal, "postgresql: rolled back after a failed statement"};
    }
    return {};
  }

 private:
  Result<PostgresResult> Run(const Call& call) {
    if (begun_) return RunCalls(std::array{call});
    const auto deadline = Clock::now() + timeout_;
    bool reused = true;
    if (connection_ == nullptr) {
      auto lease = pool_.Borrow(deadline);
      if (!lease) return lease.error();
      connection_ = std::move(lease->connection);
      reused = lease->reused;
    }
    std::vector<Call> calls{{opening_.writes ? kBeginWrite : kBeginRead},
                            {kSetScope, &opening_.scope}};
    const std::vector<Value> turn{opening_.scope.front()};
    if (opening_.takes_turn) calls.push_back({kTakeTurn, &turn});
    calls.push_back(call);
    begun_ = true;
    auto result = RunCalls(calls);
    // A connection that died in the pool: nothing of this transaction can have been committed.
    if (!result && reused && !connection_->usable() && Clock::now() < deadline) {
      auto replaced = pool_.Replace(std::move(connection_), deadline);
      if (!replaced) {
        begun_ = false;
        return replaced.error();
      }
      connection_ = std::move(*replaced);
      result = RunCalls(calls);
    }
    return result;
  }

  Result<PostgresResult> RunCalls(std::span<const Call> calls) {
    // The body went on after its connection had broken.
    if (!connection_->usable()) {
      return Error{ErrorCode::kUnavailable, "postgresql: the connection was lost"};
    }
    auto result = connection_->Run(calls, Clock::now() + timeout_);
    if (connection_->usable()) pool_.availability().Reached();
    if (connection_->timed_out()) pool_.availability().Missed(Clock::now());
    return result;
  }

  void Leave() {
    if (connection_ == nullptr) return;
    if (begun_ && connection_->usable()) {
      const Call rollback{"ROLLBACK"};
      const auto undone = RunCalls(std::array{rollback});
      // The server undoes what is open when its connection ends.
      if (!undone) {
        pool_.Discard(std::move(connection_));
        return;
      }
    }
    pool_.Return(std::move(connection_));
  }

  PostgresPool& pool_;
  const Opening opening_;
  const std::chrono::milliseconds timeout_;
  std::unique_ptr<PostgresConnection> connection_;
  bool begun_ = false;
  bool executed_ = false;
};

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(PostgresOptions options)
      : options_(std::move(options)),
        requests_(LoginOf(options_, false), options_.connections_max, options_.connect_timeout,
                  availability_),
        platform_(LoginOf(options_, true), options_.connections_max, options_.connect_timeout,
                  availability_) {}

  Engine engine() const override { return Engine::kPostgresql; }

  Status Write(const OrgScope& scope, const Body& body) override {
    return InScope(scope, true, body);
  }
  Status Read(const OrgScope& scope, const Body& body) override {
    return InScope(scope, false, body);
  }
  Status WriteAsPlatform(std::string_view purpose, const Body& body) override {
    return Perform(platform_, AsPlatform(true, purpose != kAuditShipping), body);
  }
  Status ReadAsPlatform(std::string_view /*purpose*/, const Body& body) override {
    return Perform(platform_, AsPlatform(false, false), body);
  }

  Result<std::int64_t> ChangeCounter() override {
    std::int64_t value = 0;
    const Status read = ReadAsPlatform("changes", [&](Transaction& transaction) {
      return transaction.Query(kReadChanges, {}, [&](const Row& row) { value = row.Int(0); });
    });
    if (!read) return read.error();
    return value;
  }

  // Logs in once in each way, so that what cannot work is said at the start.
  Status TryLogins() {
    for (PostgresPool* pool : {&requests_, &platform_}) {
      auto lease = pool->Borrow(Clock::now() + options_.connect_timeout);
      if (!lease) return lease.error();
      pool->Return(std::move(lease->connection));
    }
    return {};
  }

 private:
  static PostgresLogin LoginOf(const PostgresOptions& options, bool platform) {
    const bool own_url = platform && !options.platform_url.empty();
    return {own_url ? options.platform_url : options.url,
            platform ? options.platform_role : options.role, options.node,
            options.statement_timeout};
  }

  Opening AsPlatform(bool writes, bool counts) const {
    return {writes,
            false,
            counts && options_.counts_changes,
            {std::string(), std::string(), std::string("platform")}};
  }

  Status InScope(const OrgScope& scope, bool writes, const Body& body) {
    if (scope.org.empty()) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
    const std::string kind = scope.tenant.empty() ? "organization" : "tenant";
    return Perform(requests_,
                   {writes,
                    writes,
                    writes && options_.counts_changes,
                    {scope.org.str(), scope.tenant.str(), kind}},
                   body);
  }

  Status Perform(PostgresPool& pool, Opening opening, const Body& body) {
    try {
      PostgresTransaction transaction(pool, std::move(opening), options_.statement_timeout);
      if (auto outcome = body(transaction); !outcome) return outcome;
      return transaction.Commit();
    } catch (const std::exception& exception) {
      return Error{ErrorCode::kInternal, std::string("transaction: ") + exception.what()};
    }
  }

  const PostgresOptions options_;
  Availability availability_;
  PostgresPool requests_;
  PostgresPool platform_;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(PostgresOptions options) {
  auto database = std::make_unique<PostgresDatabase>(std::move(options));
  if (auto tried = database->TryLogins(); !tried) return tried.error();
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace axonflow::store

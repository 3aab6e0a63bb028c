#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace axonflow::store {

// Bytes that are no text: stored as BLOB (bytea on PostgreSQL).
struct Blob {
  std::string bytes;
};

// Text and blob that stay with the caller until the call that takes them returns.
struct TextView {
  explicit TextView(std::string_view the_text) : text(the_text) {}
  std::string_view text;
};
struct BlobView {
  explicit BlobView(std::string_view the_bytes) : bytes(the_bytes) {}
  std::string_view bytes;
};

using Value =
    std::variant<std::monostate, std::int64_t, double, std::string, Blob, TextView, BlobView>;

// One row of an answer. Columns by position, as the statement lists them.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool IsNull(int column) const = 0;
  virtual std::int64_t Int(int column) const = 0;
  virtual double Double(int column) const = 0;
  virtual std::string_view Text(int column) const = 0;  // text or blob; valid until the next row
};

enum class Engine { kSqlite, kPostgresql };

// Statements inside one transaction. SQL is the subset that SQLite 3.40 and PostgreSQL 15 share,
// with $1, $2, ... parameters. Prepared once per connection under its text. What PostgreSQL cannot
// hold in a text, a zero byte or bytes that are no UTF-8, becomes U+FFFD there.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // For the few statements that have no common form.
  virtual Engine engine() const { return Engine::kSqlite; }

  // Whose journal positions this process writes and reads: several nodes share one PostgreSQL, and
  // each counts its positions from 1. Empty on SQLite, whose one node has the name ''.
  virtual std::string_view node() const { return {}; }

  // What to put behind a SELECT that decides about a write, so that nobody changes its rows until
  // the end of the transaction. Empty where that holds already.
  virtual std::string_view ForUpdate() const { return {}; }

  // Runs a statement; returns the number of rows it changed.
  virtual Result<std::int64_t> Execute(std::string_view sql,
                                       const std::vector<Value>& parameters) = 0;
  // Calls `on_row` for every row, in order.
  virtual Status Query(std::string_view sql, const std::vector<Value>& parameters,
                       const std::function<void(const Row&)>& on_row) = 0;
};

// Names whose rows a transaction may touch. Every statement of a domain runs inside a scope; stores
// put the ids into their predicates from here and from nowhere else, and row-level security (on
// engines that have it) checks the same two values again.
struct OrgScope {
  OrgId org;
  TenantId tenant;  // empty: all tenants of the org, which must be asked for by name (OrgWide)

  static Result<OrgScope> ForTenant(OrgId org, TenantId tenant);  // refuses blank ids
  static Result<OrgScope> OrgWide(OrgId org);                     // refuses a blank id
};

// The purpose under which the shipper writes. Commits made under it do not move ChangeCounter: they
// come many times a second and would make everyone who polls it reload for nothing.
inline constexpr std::string_view kAuditShipping = "audit shipping";

inline constexpr std::chrono::milliseconds kLockTimeout{5'000};

// The port. One implementation an engine. Thread-safe; readers do not wait for the writer.
class Database {
 public:
  virtual ~Database() = default;

  // Runs `body` in a transaction of that scope and commits when it returns ok; rolls back when it
  // returns an error or throws. At most one write transaction at a time on SQLite, and one an
  // organization on PostgreSQL; waits at most `kLockTimeout` for its turn, then fails with
  // kUnavailable. Blocking: never on an I/O thread.
  virtual Status Write(const OrgScope& scope, const std::function<Status(Transaction&)>& body) = 0;
  virtual Status Read(const OrgScope& scope, const std::function<Status(Transaction&)>& body) = 0;

  // The same across organisations: the shipper, migrations, the credential snapshot. Each call site
  // says in `purpose` why (it is logged at debug and listed in docs/isolation.md).
  virtual Status WriteAsPlatform(std::string_view purpose,
                                 const std::function<Status(Transaction&)>& body) = 0;
  virtual Status ReadAsPlatform(std::string_view purpose,
                                const std::function<Status(Transaction&)>& body) = 0;

  virtual Engine engine() const { return Engine::kSqlite; }

  // Changes whenever this or another process committed a change (audit shipping aside). Cheap
  // enough to poll.
  virtual Result<std::int64_t> ChangeCounter() = 0;
};

}  // namespace axonflow::store

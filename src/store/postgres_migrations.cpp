#include "store/postgres_migrations.h"

#include <cctype>

#include "store/postgres.h"

namespace axonflow::store::internal {

namespace {

// Any number that no other program takes in the same database.
constexpr std::int64_t kMigrationLock = 0x61786f6e'666c6f77;

constexpr std::string_view kRolesByHand =
    "the roles axonflow_app_role and axonflow_platform_admin are missing or not granted to this "
    "user, and it may not change that; let an administrator run: "
    "CREATE ROLE axonflow_app_role NOLOGIN; CREATE ROLE axonflow_platform_admin NOLOGIN; "
    "GRANT axonflow_app_role, axonflow_platform_admin TO <this user>";

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

Status Done(const Result<std::int64_t>& executed) {
  return executed ? Status() : Status(executed.error());
}

Result<bool> MayActAs(Transaction& transaction, std::string_view role) {
  bool may = false;
  const Status read = transaction.Query(
      R"(SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = $1)",
      {std::string(role)}, [&](const Row& row) { may = row.Int(0) != 0; });
  if (!read) return read.error();
  return may;
}

// Two databases of one server may be migrated at the same time, and roles belong to the server.
constexpr std::string_view kCreateRole = R"(
DO $$
BEGIN
  CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$)";

std::string WithRole(std::string_view statement, std::string_view role) {
  std::string text(statement);
  return text.replace(text.find("{}"), 2, role);
}

Status MakeRole(Transaction& transaction, std::string_view role) {
  const auto may = MayActAs(transaction, role);
  if (!may) return may.error();
  if (*may) return {};
  if (auto made = transaction.Execute(WithRole(kCreateRole, role), {}); !made) return made.error();
  return Done(transaction.Execute(WithRole("GRANT {} TO CURRENT_USER", role), {}));
}

}  // namespace

std::string AsPostgresStatement(std::string_view sql) {
  std::string out;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    std::size_t end = at + 1;
    if (c == '\'') {
      end = sql.find('\'', at + 1);
      end = end == std::string_view::npos ? sql.size() : end + 1;
    } else if (sql.substr(at).starts_with("--")) {
      end = std::min(sql.find('\n', at), sql.size());
    } else if (IsWordCharacter(c)) {
      while (end < sql.size() && IsWordCharacter(sql[end])) ++end;
    }
    const auto word = sql.substr(at, end - at);
    out.append(word == "INTEGER" ? "BIGINT" : word == "BLOB" ? "BYTEA" : word);
    at = end;
  }
  return out;
}

Status LockMigrations(Transaction& transaction) {
  return transaction.Query("SELECT pg_advisory_xact_lock($1)", {kMigrationLock}, [](const Row&) {});
}

Result<bool> HasTable(Transaction& transaction, std::string_view name) {
  bool found = false;
  const Status read = transaction.Query("SELECT to_regclass($1) IS NOT NULL", {std::string(name)},
                                        [&](const Row& row) { found = row.Int(0) != 0; });
  if (!read) return read.error();
  return found;
}

Status MakeRoles(Database& database) {
  const Status made =
      database.WriteAsPlatform("migrations", [](Transaction& transaction) -> Status {
        if (auto locked = LockMigrations(transaction); !locked) return locked;
        if (auto app = MakeRole(transaction, kAppRole); !app) return app;
        return MakeRole(transaction, kPlatformRole);
      });
  if (!made && made.error().code == ErrorCode::kPermissionDenied) {
    return Error{ErrorCode::kPermissionDenied, std::string(kRolesByHand)};
  }
  return made;
}

Status IsolateTables(Transaction& transaction) {
  return transaction.Query("SELECT axonflow_isolate_tables()", {}, [](const Row&) {});
}

}  // namespace axonflow::store::internal

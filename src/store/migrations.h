#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/database.h"

namespace axonflow::store {

struct Migration {
  int number;        // ascending
  std::string name;  // file name without ".sql"
  std::string sql;   // statements separated by ';' at line ends
};

// The migrations that are built into the binary and hold for both engines (migrations/*.sql, in
// order). PostgreSQL has more of its own, after these (migrations/postgresql/*.sql).
const std::vector<Migration>& BuiltinMigrations();

// Applies what is missing, each in its own transaction, and records number, name and SHA-256.
// Fails when an applied migration's text has changed, one was left out before an applied one, or
// the database is newer than the binary. On PostgreSQL, `database` must be open as the owner of the
// schema; a lock keeps nodes that start together apart, the roles are made when the user may, and
// every table ends under row-level security (docs/isolation.md).
Status Migrate(Database& database);
Status Migrate(Database& database, const std::vector<Migration>& migrations);

struct MigrationState {
  std::string name;
  std::optional<Time> applied_at;
};

// Every migration of the engine, in order. Changes nothing; fails as Migrate does when the history
// does not fit this program.
Result<std::vector<MigrationState>> MigrationStates(Database& database);

}  // namespace axonflow::store

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace axonflow::store {

struct Migration {
  int number;        // 1, 2, 3, ... without gaps
  std::string name;  // file name without ".sql"
  std::string sql;   // statements separated by ';' at line ends
};

// The migrations that are built into the binary (migrations/*.sql, in order).
const std::vector<Migration>& BuiltinMigrations();

// Applies what is missing, each in its own transaction, and records number, name and SHA-256.
// Fails when an applied migration's text has changed, or the database is newer than the binary.
Status Migrate(Database& database);
Status Migrate(Database& database, const std::vector<Migration>& migrations);

}  // namespace axonflow::store

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"
#include "store/migrations.h"

// What migrating PostgreSQL needs beside the statements of the migrations.
namespace axonflow::store::internal {

// The migrations that only PostgreSQL has (migrations/postgresql/*.sql), in order: they follow
// after all common ones.
const std::vector<Migration>& PostgresMigrations();

// A common statement as PostgreSQL takes it: INTEGER is SQLite's word for 64 bits, BLOB for bytes.
std::string AsPostgresStatement(std::string_view sql);

// Waits until no other process migrates this database; holds until the transaction ends.
Status LockMigrations(Transaction& transaction);

// Whether a table of that name is there.
Result<bool> HasTable(Transaction& transaction, std::string_view name);

// Makes the roles that are missing and lets the current user act as them. kPermissionDenied, with
// the statements that an administrator has to run, when the user may not.
Status MakeRoles(Database& database);

// Gives the look-up function to the platform and puts every table under row-level security.
Status IsolateTables(Transaction& transaction);

}  // namespace axonflow::store::internal

#include "store/migrations.h"

#include <charconv>
#include <map>
#include <utility>

#include "base/crypto.h"
#include "base/embedded_file.h"
#include "base/time.h"

extern const axonflow::EmbeddedFile kMigrationFiles[];
extern const unsigned kMigrationFilesCount;

namespace axonflow::store {

namespace {

constexpr std::string_view kPurpose = "migrations";

struct Applied {
  std::string name;
  std::string checksum;
};

std::vector<std::string_view> StatementsOf(std::string_view sql) {
  std::vector<std::string_view> statements;
  std::size_t start = 0;
  for (std::size_t at = sql.find(';'); at != std::string_view::npos; at = sql.find(';', at + 1)) {
    if (at + 1 < sql.size() && sql[at + 1] != '\n') continue;
    statements.push_back(sql.substr(start, at - start));
    start = at + 1;
  }
  statements.push_back(sql.substr(start));
  return statements;
}

std::string ChecksumOf(const Migration& migration) { return HexEncode(Sha256(migration.sql)); }

Status CreateHistory(Transaction& transaction) {
  const auto created = transaction.Execute(R"(
      CREATE TABLE IF NOT EXISTS schema_migrations (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        applied_at INTEGER NOT NULL
      ))",
                                           {});
  return created ? Status() : Status(created.error());
}

Result<std::map<std::int64_t, Applied>> ReadHistory(Transaction& transaction) {
  std::map<std::int64_t, Applied> history;
  const auto status = transaction.Query(
      "SELECT number, name, sha256 FROM schema_migrations ORDER BY number", {},
      [&](const Row& row) {
        history[row.Int(0)] = Applied{std::string(row.Text(1)), std::string(row.Text(2))};
      });
  if (!status) return status.error();
  return history;
}

Status CheckHistory(const std::map<std::int64_t, Applied>& history,
                    const std::vector<Migration>& migrations) {
  for (const auto& [number, applied] : history) {
    if (number < 1 || number > static_cast<std::int64_t>(migrations.size())) {
      return Error{ErrorCode::kConflict, "the database has migration " + std::to_string(number) +
                                             " (" + applied.name +
                                             "), which this program does not know"};
    }
    const auto& known = migrations[static_cast<std::size_t>(number - 1)];
    if (applied.name != known.name || applied.checksum != ChecksumOf(known)) {
      return Error{
          ErrorCode::kConflict,
          "migration " + known.name + " differs from the one that was applied to the database"};
    }
  }
  return {};
}

// The history is read inside the transaction, so that two processes that start together apply each
// migration once.
Status ApplyIfMissing(Transaction& transaction, const Migration& migration,
                      const std::vector<Migration>& all) {
  const auto history = ReadHistory(transaction);
  if (!history) return history.error();
  if (const auto checked = CheckHistory(*history, all); !checked) return checked;
  if (history->contains(migration.number)) return {};
  for (const auto statement : StatementsOf(migration.sql)) {
    const auto executed = transaction.Execute(statement, {});
    if (!executed) {
      return Error{executed.error().code,
                   "migration " + migration.name + ": " + executed.error().message};
    }
  }
  const auto recorded = transaction.Execute(
      "INSERT INTO schema_migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)",
      {std::int64_t{migration.number}, migration.name, ChecksumOf(migration),
       std::int64_t{Now().time_since_epoch().count()}});
  return recorded ? Status() : Status(recorded.error());
}

}  // namespace

const std::vector<Migration>& BuiltinMigrations() {
  static const std::vector<Migration> migrations = [] {
    std::map<int, Migration> sorted;
    for (unsigned i = 0; i < kMigrationFilesCount; ++i) {
      const auto& file = kMigrationFiles[i];
      int number = 0;
      std::from_chars(file.name.data(), file.name.data() + file.name.size(), number);
      const auto name = file.name.substr(0, file.name.rfind(".sql"));
      sorted[number] = Migration{number, std::string(name), std::string(file.text)};
    }
    std::vector<Migration> list;
    for (auto& [number, migration] : sorted) list.push_back(std::move(migration));
    return list;
  }();
  return migrations;
}

Status Migrate(Database& database, const std::vector<Migration>& migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].number != static_cast<int>(i) + 1) {
      return Error{ErrorCode::kInternal, "migrations are not numbered 1, 2, 3, ... without gaps"};
    }
  }
  if (const auto created = database.WriteAsPlatform(kPurpose, CreateHistory); !created)
    return created;
  const auto checked = database.ReadAsPlatform(kPurpose, [&](Transaction& transaction) -> Status {
    const auto history = ReadHistory(transaction);
    if (!history) return history.error();
    return CheckHistory(*history, migrations);
  });
  if (!checked) return checked;
  for (const auto& migration : migrations) {
    const auto applied = database.WriteAsPlatform(kPurpose, [&](Transaction& transaction) {
      return ApplyIfMissing(transaction, migration, migrations);
    });
    if (!applied) return applied;
  }
  return {};
}

Status Migrate(Database& database) { return Migrate(database, BuiltinMigrations()); }

}  // namespace axonflow::store

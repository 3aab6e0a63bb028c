#include "store/migrations.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/crypto.h"
#include "base/embedded_file.h"
#include "base/time.h"
#include "store/postgres_migrations.h"

extern const axonflow::EmbeddedFile kMigrationFiles[];
extern const unsigned kMigrationFilesCount;
extern const axonflow::EmbeddedFile kPostgresMigrationFiles[];
extern const unsigned kPostgresMigrationFilesCount;

namespace axonflow::store {

namespace {

constexpr std::string_view kPurpose = "migrations";

struct Applied {
  std::string name;
  std::string checksum;
  Time at;
};

// Bodies of functions stand between two "$$" and hold statements of their own.
bool EndsInsideBody(std::string_view statement) {
  bool inside = false;
  for (std::size_t at = statement.find("$$"); at != std::string_view::npos;
       at = statement.find("$$", at + 2)) {
    inside = !inside;
  }
  return inside;
}

std::vector<std::string_view> StatementsOf(std::string_view sql) {
  std::vector<std::string_view> statements;
  std::size_t start = 0;
  for (std::size_t at = sql.find(';'); at != std::string_view::npos; at = sql.find(';', at + 1)) {
    if (at + 1 < sql.size() && sql[at + 1] != '\n') continue;
    if (EndsInsideBody(sql.substr(start, at - start))) continue;
    statements.push_back(sql.substr(start, at - start));
    start = at + 1;
  }
  statements.push_back(sql.substr(start));
  return statements;
}

std::string ChecksumOf(const Migration& migration) { return HexEncode(Sha256(migration.sql)); }

// Migrations that follow one another, and the table that remembers which of them were applied.
struct Series {
  std::string history;
  const std::vector<Migration>& migrations;
};

constexpr std::string_view kCommonHistory = "schema_migrations";
constexpr std::string_view kPostgresHistory = "schema_migrations_postgresql";

std::string InHistory(std::string_view sql, const Series& series) {
  std::string text(sql);
  return text.replace(text.find("{}"), 2, series.history);
}

Status CreateHistory(Transaction& transaction, const Series& series) {
  const auto created = transaction.Execute(InHistory(R"(
      CREATE TABLE IF NOT EXISTS {} (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        applied_at BIGINT NOT NULL
      ))",
                                                     series),
                                           {});
  return created ? Status() : Status(created.error());
}

using History = std::map<std::int64_t, Applied>;

Result<History> ReadHistory(Transaction& transaction, const Series& series) {
  History history;
  const auto status = transaction.Query(
      InHistory("SELECT number, name, sha256, applied_at FROM {} ORDER BY number", series), {},
      [&](const Row& row) {
        history[row.Int(0)] = Applied{std::string(row.Text(1)), std::string(row.Text(2)),
                                      Time(std::chrono::microseconds(row.Int(3)))};
      });
  if (!status) return status.error();
  return history;
}

Status CheckHistory(const History& history, const std::vector<Migration>& migrations) {
  for (const auto& [number, applied] : history) {
    const auto known = std::ranges::find(migrations, number, &Migration::number);
    if (known == migrations.end()) {
      return Error{ErrorCode::kConflict, "the database has migration " + std::to_string(number) +
                                             " (" + applied.name +
                                             "), which this program does not know"};
    }
    if (applied.name != known->name || applied.checksum != ChecksumOf(*known)) {
      return Error{
          ErrorCode::kConflict,
          "migration " + known->name + " differs from the one that was applied to the database"};
    }
  }
  // A migration is written for the tables that the earlier ones left.
  for (const Migration& migration : migrations) {
    if (history.contains(migration.number) || history.empty()) continue;
    if (migration.number < history.rbegin()->first) {
      return Error{ErrorCode::kConflict, "migration " + migration.name + " was left out before " +
                                             history.rbegin()->second.name};
    }
  }
  return {};
}

Status ApplyStatements(Transaction& transaction, const Migration& migration, const Series& series) {
  const bool common_on_postgres =
      transaction.engine() == Engine::kPostgresql && series.history == kCommonHistory;
  for (const auto statement : StatementsOf(migration.sql)) {
    const auto executed = transaction.Execute(
        common_on_postgres ? internal::AsPostgresStatement(statement) : std::string(statement), {});
    if (!executed) {
      return Error{executed.error().code,
                   "migration " + migration.name + ": " + executed.error().message};
    }
  }
  return {};
}

// The history is read inside the transaction, so that two processes that start together apply each
// migration once.
Status ApplyIfMissing(Transaction& transaction, const Migration& migration, const Series& series) {
  if (transaction.engine() == Engine::kPostgresql) {
    if (auto locked = internal::LockMigrations(transaction); !locked) return locked;
  }
  const auto history = ReadHistory(transaction, series);
  if (!history) return history.error();
  if (const auto checked = CheckHistory(*history, series.migrations); !checked) return checked;
  if (history->contains(migration.number)) return {};
  if (auto applied = ApplyStatements(transaction, migration, series); !applied) return applied;
  const auto recorded = transaction.Execute(
      InHistory("INSERT INTO {} (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)",
                series),
      {std::int64_t{migration.number}, migration.name, ChecksumOf(migration),
       std::int64_t{Now().time_since_epoch().count()}});
  return recorded ? Status() : Status(recorded.error());
}

Status CheckNumbers(const std::vector<Migration>& migrations) {
  int last = 0;
  for (const Migration& migration : migrations) {
    if (migration.number <= last) {
      return Error{ErrorCode::kInternal, "migrations are not numbered in ascending order"};
    }
    last = migration.number;
  }
  return {};
}

Status MigrateSeries(Database& database, const Series& series) {
  if (auto numbered = CheckNumbers(series.migrations); !numbered) return numbered;
  const auto created = database.WriteAsPlatform(kPurpose, [&](Transaction& transaction) -> Status {
    if (transaction.engine() == Engine::kPostgresql) {
      if (auto locked = internal::LockMigrations(transaction); !locked) return locked;
    }
    return CreateHistory(transaction, series);
  });
  if (!created) return created;
  const auto checked = database.ReadAsPlatform(kPurpose, [&](Transaction& transaction) -> Status {
    const auto history = ReadHistory(transaction, series);
    if (!history) return history.error();
    return CheckHistory(*history, series.migrations);
  });
  if (!checked) return checked;
  for (const auto& migration : series.migrations) {
    const auto applied = database.WriteAsPlatform(kPurpose, [&](Transaction& transaction) {
      return ApplyIfMissing(transaction, migration, series);
    });
    if (!applied) return applied;
  }
  return {};
}

Result<bool> HasHistory(Transaction& transaction, const std::string& table) {
  if (transaction.engine() == Engine::kPostgresql) return internal::HasTable(transaction, table);
  bool found = false;
  const Status read =
      transaction.Query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", {table},
                        [&](const Row&) { found = true; });
  if (!read) return read.error();
  return found;
}

// A series whose table is not there yet has nothing applied.
Result<History> HistoryIfAny(Transaction& transaction, const Series& series) {
  const auto there = HasHistory(transaction, series.history);
  if (!there) return there.error();
  return *there ? ReadHistory(transaction, series) : Result<History>(History());
}

std::vector<Series> SeriesFor(Engine engine) {
  std::vector<Series> all{{std::string(kCommonHistory), BuiltinMigrations()}};
  if (engine == Engine::kPostgresql) {
    all.push_back({std::string(kPostgresHistory), internal::PostgresMigrations()});
  }
  return all;
}

std::vector<Migration> InOrder(const EmbeddedFile* files, unsigned count) {
  std::map<int, Migration> sorted;
  for (unsigned i = 0; i < count; ++i) {
    const auto& file = files[i];
    int number = 0;
    std::from_chars(file.name.data(), file.name.data() + file.name.size(), number);
    const auto name = file.name.substr(0, file.name.rfind(".sql"));
    sorted[number] = Migration{number, std::string(name), std::string(file.text)};
  }
  std::vector<Migration> list;
  for (auto& [number, migration] : sorted) list.push_back(std::move(migration));
  return list;
}

}  // namespace

const std::vector<Migration>& BuiltinMigrations() {
  static const std::vector<Migration> migrations = InOrder(kMigrationFiles, kMigrationFilesCount);
  return migrations;
}

const std::vector<Migration>& internal::PostgresMigrations() {
  static const std::vector<Migration> migrations =
      InOrder(kPostgresMigrationFiles, kPostgresMigrationFilesCount);
  return migrations;
}

Result<std::vector<MigrationState>> MigrationStates(Database& database) {
  std::vector<MigrationState> states;
  const Status read = database.ReadAsPlatform(kPurpose, [&](Transaction& transaction) -> Status {
    states.clear();
    for (const Series& series : SeriesFor(transaction.engine())) {
      const auto history = HistoryIfAny(transaction, series);
      if (!history) return history.error();
      if (auto checked = CheckHistory(*history, series.migrations); !checked) return checked;
      for (const Migration& migration : series.migrations) {
        const auto applied = history->find(migration.number);
        states.push_back(
            {(series.history == kCommonHistory ? "" : "postgresql/") + migration.name,
             applied == history->end() ? std::nullopt : std::optional<Time>(applied->second.at)});
      }
    }
    return {};
  });
  if (!read) return read.error();
  return states;
}

Status Migrate(Database& database, const std::vector<Migration>& migrations) {
  return MigrateSeries(database, {std::string(kCommonHistory), migrations});
}

Status Migrate(Database& database) {
  if (database.engine() == Engine::kSqlite) return Migrate(database, BuiltinMigrations());
  // Who may only read can start on a database that is complete.
  const auto states = MigrationStates(database);
  if (!states) return states.error();
  if (std::ranges::all_of(*states, [](const auto& state) { return state.applied_at.has_value(); }))
    return {};
  if (auto made = internal::MakeRoles(database); !made) return made;
  for (const Series& series : SeriesFor(Engine::kPostgresql)) {
    if (auto migrated = MigrateSeries(database, series); !migrated) return migrated;
  }
  return database.WriteAsPlatform(kPurpose, [](Transaction& transaction) -> Status {
    if (auto locked = internal::LockMigrations(transaction); !locked) return locked;
    return internal::IsolateTables(transaction);
  });
}

}  // namespace axonflow::store

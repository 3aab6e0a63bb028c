#include "app/open_store.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "base/crypto.h"
#include "base/file.h"
#include "store/isolation.h"
#include "store/migrations.h"
#include "store/postgres.h"
#include "store/sqlite.h"
#ifdef AXONFLOW_WITHOUT_PREDICATES
#include "store/unpredicated.h"
#endif

namespace axonflow::app {
namespace {

constexpr std::size_t kNodeIdBytesMax = 64;
constexpr std::chrono::minutes kMigrationTimeout{10};

bool IsNodeId(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789abcdef-";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

// The name under which the journal of this folder counts its positions in a shared store. It
// belongs to the folder, not to the machine: whoever moves the folder moves the node.
Result<std::string> NodeId(const std::filesystem::path& file, bool make) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) {
    if (!make) return std::string();
    const std::string made = NewUuid();
    if (auto written = WriteFileAtomically(file, made); !written) return written.error();
    return made;
  }
  auto text = ReadFile(file, kNodeIdBytesMax);
  if (!text) return text.error();
  if (!IsNodeId(*text)) {
    return Error{ErrorCode::kCorrupt, file.string() + ": holds no node id"};
  }
  return text;
}

Result<std::unique_ptr<store::Database>> OpenAsServer(const settings::Settings& settings,
                                                      const DataDirectory& directory,
                                                      bool make_node) {
  auto node = NodeId(directory.node_id(), make_node);
  if (!node) return node.error();
  store::PostgresOptions options;
  options.url = settings.SecretOf("DATABASE_URL");
  options.node = std::move(*node);
  if (settings.IsSet("AXONFLOW_DB_APP_ROLE_URL")) {
    options.platform_url = options.url;
    options.url = settings.SecretOf("AXONFLOW_DB_APP_ROLE_URL");
  }
  if (settings.IsSet("AXONFLOW_DB_PLATFORM_ADMIN_URL")) {
    options.platform_url = settings.SecretOf("AXONFLOW_DB_PLATFORM_ADMIN_URL");
  }
  if (UsesAppRole(settings)) {
    options.role = store::kAppRole;
    options.platform_role = store::kPlatformRole;
  }
  auto database = store::OpenPostgres(std::move(options));
#ifdef AXONFLOW_WITHOUT_PREDICATES
  // The program axonflow_unpredicated alone, with which tests show that row-level security holds
  // without any predicate.
  if (database) {
    return std::unique_ptr<store::Database>(
        std::make_unique<store::testing::UnpredicatedDatabase>(std::move(*database)));
  }
#endif
  return database;
}

Status CheckIsolation(store::Database& database) {
  const auto problems = store::IsolationProblems(database);
  if (!problems) return problems.error();
  if (problems->empty()) return {};
  std::string message =
      "the database does not keep organisations apart as AXONFLOW_DB_USE_APP_ROLE asks for:";
  for (const std::string& problem : *problems) message += "\n  " + problem;
  return Error{ErrorCode::kPermissionDenied, std::move(message)};
}

Status MigrateAsOwner(const settings::Settings& settings) {
  auto owner = OpenAsOwner(settings);
  if (!owner) return owner.error();
  return store::Migrate(**owner);
}

}  // namespace

bool UsesPostgres(const settings::Settings& settings) { return settings.IsSet("DATABASE_URL"); }

bool UsesAppRole(const settings::Settings& settings) {
  if (!UsesPostgres(settings)) return false;
  return !settings.IsSet("AXONFLOW_DB_USE_APP_ROLE") || settings.Bool("AXONFLOW_DB_USE_APP_ROLE");
}

Result<std::unique_ptr<store::Database>> OpenAsOwner(const settings::Settings& settings) {
  store::PostgresOptions options;
  options.url = settings.SecretOf("DATABASE_URL");
  options.counts_changes = false;
  options.statement_timeout = kMigrationTimeout;
  options.connections_max = 1;
  return store::OpenPostgres(std::move(options));
}

Result<std::unique_ptr<store::Database>> OpenStore(const settings::Settings& settings,
                                                   const DataDirectory& directory) {
  if (!UsesPostgres(settings)) {
    auto database = store::OpenSqlite(directory.database());
    if (!database) return database.error();
    if (auto migrated = store::Migrate(**database); !migrated) return migrated.error();
    return database;
  }
  if (auto migrated = MigrateAsOwner(settings); !migrated) return migrated.error();
  auto database = OpenAsServer(settings, directory, true);
  if (!database) return database.error();
  if (UsesAppRole(settings)) {
    if (auto checked = CheckIsolation(**database); !checked) return checked.error();
  }
  return database;
}

Result<std::unique_ptr<store::Database>> OpenStoreAsItIs(const settings::Settings& settings,
                                                         const DataDirectory& directory) {
  if (!UsesPostgres(settings)) return store::OpenSqlite(directory.database());
  return OpenAsServer(settings, directory, false);
}

}  // namespace axonflow::app

#include "cli/migrate_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/open_store.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cli/node.h"
#include "cli/output.h"
#include "store/isolation.h"
#include "store/migrations.h"

namespace axonflow::cli {
namespace {

using States = std::vector<store::MigrationState>;

// The store as whoever may change its schema.
Result<std::unique_ptr<store::Database>> OpenForMigrations(const Node& node) {
  if (app::UsesPostgres(node.settings)) return app::OpenAsOwner(node.settings);
  return OpenExistingDatabase(node);
}

Result<States> ReadStates(const NodeOptions& options) {
  const auto node = LoadNode(options.data_dir);
  if (!node) return node.error();
  const auto database = OpenForMigrations(*node);
  if (!database) return database.error();
  return store::MigrationStates(**database);
}

bool IsMissing(const store::MigrationState& state) { return !state.applied_at.has_value(); }

std::string AppliedText(const store::MigrationState& state) {
  return state.applied_at ? FormatRfc3339(*state.applied_at) : "missing";
}

void WriteStates(JsonWriter& json, const States& states) {
  json.Key("migrations").BeginArray();
  for (const auto& state : states) {
    json.BeginObject().Field("name", state.name).Field("applied", !IsMissing(state));
    json.Field("applied_at", state.applied_at ? FormatRfc3339(*state.applied_at) : std::string());
    json.EndObject();
  }
  json.EndArray();
}

void PrintStates(const States& states, const std::vector<std::string>& problems,
                 OutputFormat output) {
  if (output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject();
    WriteStates(json, states);
    json.Key("isolation_problems").BeginArray();
    for (const auto& problem : problems) json.String(problem);
    json.EndArray().EndObject();
    Print(json.text());
    return;
  }
  TextTable table({"MIGRATION", "APPLIED"});
  for (const auto& state : states) table.AddRow({state.name, AppliedText(state)});
  Print(table.ToString());
  for (const auto& problem : problems) Print("isolation: " + problem);
}

// Only where the start would ask for it as well, and once there is something to look at.
Result<std::vector<std::string>> ReadIsolation(const NodeOptions& options, const States& states) {
  const auto node = LoadNode(options.data_dir);
  if (!node) return node.error();
  if (!app::UsesAppRole(node->settings) || std::ranges::any_of(states, IsMissing)) {
    return std::vector<std::string>();
  }
  const auto database = app::OpenStoreAsItIs(node->settings, node->directory);
  if (!database) return database.error();
  return store::IsolationProblems(**database);
}

}  // namespace

ExitCode RunMigratePlan(const NodeOptions& options) {
  auto states = ReadStates(options);
  if (!states) return Fail(states.error());
  std::erase_if(*states, [](const auto& state) { return !IsMissing(state); });
  PrintStates(*states, {}, options.output);
  return states->empty() ? ExitCode::kOk : ExitCode::kNegative;
}

ExitCode RunMigrateUp(const NodeOptions& options) {
  const auto node = LoadNode(options.data_dir);
  if (!node) return Fail(node.error());
  if (!app::UsesPostgres(node->settings)) {
    if (const auto made = node->directory.Create(); !made) return Fail(made.error());
  }
  const auto database = app::UsesPostgres(node->settings)
                            ? app::OpenAsOwner(node->settings)
                            : app::OpenStoreAsItIs(node->settings, node->directory);
  if (!database) return Fail(database.error());
  if (const auto migrated = store::Migrate(**database); !migrated) return Fail(migrated.error());
  const auto states = store::MigrationStates(**database);
  if (!states) return Fail(states.error());
  PrintStates(*states, {}, options.output);
  return ExitCode::kOk;
}

ExitCode RunMigrateStatus(const NodeOptions& options) {
  const auto states = ReadStates(options);
  if (!states) return Fail(states.error());
  const auto problems = ReadIsolation(options, *states);
  if (!problems) return Fail(problems.error());
  PrintStates(*states, *problems, options.output);
  const bool whole = problems->empty() && !std::ranges::any_of(*states, IsMissing);
  return whole ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli

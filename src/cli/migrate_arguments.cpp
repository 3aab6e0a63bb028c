#include <memory>

#include "cli/arguments.h"
#include "cli/migrate_command.h"

namespace axonflow::cli {

void AddMigrateCommands(CLI::App& app, Picked& picked) {
  CLI::App* migrate = AddGroup(
      app, "migrate", "Show or apply what the store's tables lack for this version.",
      "With DATABASE_URL set, PostgreSQL is meant; otherwise the embedded store of the node.\n\n"
      "Examples:\n  DATABASE_URL=postgres://owner@db/axonflow axonflow migrate up\n"
      "  axonflow migrate status");

  auto plan = std::make_shared<NodeOptions>();
  CLI::App* plan_command =
      migrate->add_subcommand("plan", "Print what is missing; exit 1 when something is.");
  AddNode(plan_command, *plan);
  OnPicked<NodeOptions>(picked, plan_command, plan, RunMigratePlan);
  plan_command->footer("Changes nothing.\n\nExample:\n  axonflow migrate plan");

  auto up = std::make_shared<NodeOptions>();
  CLI::App* up_command = migrate->add_subcommand("up", "Apply what is missing.");
  AddNode(up_command, *up);
  OnPicked<NodeOptions>(picked, up_command, up, RunMigrateUp);
  up_command->footer(
      "Each migration is one transaction; two nodes never migrate at once. On PostgreSQL it also\n"
      "makes the database roles, when the user of DATABASE_URL may, and puts every table under\n"
      "row-level security (docs/postgresql.md). `axonflow serve` does the same when it starts.\n\n"
      "Example:\n  DATABASE_URL=postgres://owner@db/axonflow axonflow migrate up");

  auto status = std::make_shared<NodeOptions>();
  CLI::App* status_command = migrate->add_subcommand(
      "status", "Print every migration and what is wrong with the isolation; exit 1 if any is.");
  AddNode(status_command, *status);
  OnPicked<NodeOptions>(picked, status_command, status, RunMigrateStatus);
  status_command->footer("Changes nothing.\n\nExample:\n  axonflow migrate status -o json");
}

}  // namespace axonflow::cli

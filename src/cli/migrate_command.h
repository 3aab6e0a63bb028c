#pragma once

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace axonflow::cli {

// Needs nothing but DATABASE_URL; without it, the embedded store of the node is meant.
// What is missing, in order. kNegative when something is, so that a script can ask.
ExitCode RunMigratePlan(const NodeOptions& options);
// Applies what is missing.
ExitCode RunMigrateUp(const NodeOptions& options);
// Every migration and when it was applied, and, on PostgreSQL, what is wrong with the isolation.
// kNegative when something is missing or wrong.
ExitCode RunMigrateStatus(const NodeOptions& options);

}  // namespace axonflow::cli

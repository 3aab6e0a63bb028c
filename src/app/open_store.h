#pragma once

#include <memory>

#include "app/app.h"
#include "base/result.h"
#include "settings/settings.h"
#include "store/database.h"

namespace axonflow::app {

// Whether the settings name a PostgreSQL database; otherwise the store is a file of the node.
bool UsesPostgres(const settings::Settings& settings);

// Whether statements run under row-level security: on PostgreSQL unless AXONFLOW_DB_USE_APP_ROLE
// says no.
bool UsesAppRole(const settings::Settings& settings);

// Opens the store of the settings and applies the migrations that are missing. The folder must
// exist. On PostgreSQL it fails with kPermissionDenied, and every reason, when the isolation that
// the settings ask for is not in force.
Result<std::unique_ptr<store::Database>> OpenStore(const settings::Settings& settings,
                                                   const DataDirectory& directory);

// The same without migrations: for commands that only read.
Result<std::unique_ptr<store::Database>> OpenStoreAsItIs(const settings::Settings& settings,
                                                         const DataDirectory& directory);

// PostgreSQL as the owner of the schema, for migrations.
Result<std::unique_ptr<store::Database>> OpenAsOwner(const settings::Settings& settings);

}  // namespace axonflow::app

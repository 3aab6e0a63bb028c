#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "store/database.h"

namespace axonflow::store {

// Opens (creates with mode 0600) the embedded database: WAL, synchronous=FULL, foreign keys on, one
// writer connection and a small pool of readers.
Result<std::unique_ptr<Database>> OpenSqlite(const std::filesystem::path& file);

}  // namespace axonflow::store

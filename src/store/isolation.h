#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace axonflow::store {

// What is wrong with the isolation of organizations and tenants in this PostgreSQL database, one
// sentence each; empty when all of it is in force. Looks through the eyes of the connections that
// Read and Write use: their role owns nothing, cannot pass row-level security, cannot make tables
// and is no member of a role that can; every table of the schema with an organization or a tenant
// has row-level security enabled and forced with exactly the policies that the migrations make; no
// other table can be touched; and functions that run with their owner's rights are the known ones,
// with a fixed search path.
Result<std::vector<std::string>> IsolationProblems(Database& database);

}  // namespace axonflow::store

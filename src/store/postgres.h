#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "store/database.h"

namespace axonflow::store {

// Roles of the database, made by the migrations. Statements of a domain run as the first, which
// row-level security holds to the scope of the transaction; what runs as platform is the second.
inline constexpr std::string_view kAppRole = "axonflow_app_role";
inline constexpr std::string_view kPlatformRole = "axonflow_platform_admin";

struct PostgresOptions {
  Secret url;  // postgres://..., as libpq reads it
  // What Read and Write run as. Empty: whoever the URL logs in, and row-level security holds only
  // what that user is held to.
  std::string role;
  Secret platform_url;        // of the platform's statements; empty: `url`
  std::string platform_role;  // of the platform's statements; empty: whoever the URL logs in
  // The node whose journal positions are meant (Transaction::node): letters, digits and '-'.
  std::string node;
  // Of a statement, and of waiting for a connection. The server enforces it as well.
  std::chrono::milliseconds statement_timeout{5'000};
  std::chrono::milliseconds connect_timeout{2'000};
  std::size_t connections_max = 6;  // in each of the two pools
  bool counts_changes = true;       // false: for migrations, before there is anything to count in
};

// Connects once, so that a wrong URL or password is found at once; kUnavailable or
// kInvalidArgument when that fails. Afterwards connections come and go: while the server is away,
// calls fail with kUnavailable, at first after `statement_timeout`, then at once, except one every
// two seconds at most that tries again.
Result<std::unique_ptr<Database>> OpenPostgres(PostgresOptions options);

}  // namespace axonflow::store

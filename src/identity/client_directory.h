#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "store/database.h"

namespace axonflow::identity {

struct TenantRow {
  TenantId id;
  OrgId org;
  bool enabled = true;
  Time created_at;
};

struct ClientRow {
  ClientId id;
  TenantId tenant;
  OrgId org;
  bool enabled = true;
  int secret_version = 1;
  Time created_at;
  Time rotated_at;
};

struct IssuedClient {
  ClientRow client;
  Secret secret;  // shown once; only its HMAC under the pepper is stored
  bool tenant_created = false;
};

// Tenants and their API clients. All SQL is in client_directory_store.cpp. Used by the command line
// and by the Authenticator's snapshot; changes reach a running server within kRefreshInterval.
class ClientDirectory {
 public:
  // `pepper` is the server's key for secret digests (32 bytes); `org` the one organisation of the
  // embedded store.
  ClientDirectory(store::Database& database, OrgId org, Secret pepper);

  // Names: 1 to 128 characters of [A-Za-z0-9._-], not a reserved word (global, __platform__,
  // __axonflow_unowned__, *).
  Result<TenantRow> CreateTenant(std::string_view name);  // kConflict when it exists
  Result<std::vector<TenantRow>> ListTenants();
  Status DisableTenant(const TenantId& tenant);  // kNotFound

  // Makes the tenant when it is new. The client id is "<tenant>-<8 hex>" unless `name` gives one.
  Result<IssuedClient> CreateClient(std::string_view tenant, std::string_view name = {});
  Result<std::vector<ClientRow>> ListClients(const std::optional<TenantId>& tenant);
  Result<IssuedClient> RotateClient(const ClientId& client);  // the old secret ends at once
  Status DisableClient(const ClientId& client);

 private:
  store::Database& database_;
  OrgId org_;
  Secret pepper_;
};

// Reads the pepper from `file`, or makes 32 random bytes there (mode 0600) when it does not exist.
// Refuses a file of another size or one that others may read.
Result<Secret> LoadOrCreatePepper(const std::string& file);

}  // namespace axonflow::identity

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/client_directory.h"

// The statements of the client directory, one a function. Digests are 64 lower-case hex digits.
namespace axonflow::identity {

// Whether the row is new.
Result<bool> InsertTenantUnlessExists(store::Transaction& transaction, const TenantRow& tenant);
Result<std::optional<TenantRow>> FindTenant(store::Transaction& transaction, const OrgId& org,
                                            const TenantId& id);
Result<std::vector<TenantRow>> SelectTenants(store::Transaction& transaction, const OrgId& org);
// Whether there is such a tenant.
Result<bool> SetTenantDisabled(store::Transaction& transaction, const OrgId& org,
                               const TenantId& id);

// Whether the row is new. A client id is unique across all organisations.
Result<bool> InsertClientUnlessExists(store::Transaction& transaction, const ClientRow& client,
                                      const std::string& digest);
Result<std::vector<ClientRow>> SelectClients(store::Transaction& transaction, const OrgId& org);
Result<std::vector<ClientRow>> SelectClientsOfTenant(store::Transaction& transaction,
                                                     const OrgId& org, const TenantId& tenant);
Result<std::optional<ClientRow>> FindClient(store::Transaction& transaction, const OrgId& org,
                                            const ClientId& id);
// Writes secret_version and rotated_at of `client` beside the digest.
Status UpdateSecret(store::Transaction& transaction, const ClientRow& client,
                    const std::string& digest);
// Whether there is such a client.
Result<bool> SetClientDisabled(store::Transaction& transaction, const OrgId& org,
                               const ClientId& id);

}  // namespace axonflow::identity

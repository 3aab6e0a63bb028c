// All SQL about tenants and clients.

#include "identity/client_directory_store.h"

#include "identity/credential_snapshot.h"
#include "telemetry/log.h"

namespace axonflow::identity {
namespace {

using store::Row;
using store::Transaction;
using store::Value;

std::int64_t Microseconds(Time time) { return time.time_since_epoch().count(); }
Time FromMicroseconds(std::int64_t us) { return Time(std::chrono::microseconds(us)); }

ClientRow ReadClient(const Row& row) {
  ClientRow client;
  client.org = OrgId(std::string(row.Text(0)));
  client.tenant = TenantId(std::string(row.Text(1)));
  client.id = ClientId(std::string(row.Text(2)));
  client.enabled = row.Int(3) != 0;
  client.secret_version = static_cast<int>(row.Int(4));
  client.created_at = FromMicroseconds(row.Int(5));
  client.rotated_at = FromMicroseconds(row.Int(6));
  return client;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool DecodeDigest(std::string_view hex, Digest256& out) {
  if (hex.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(hex[2 * i]);
    const int low = HexDigit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

// The look-up comes before anybody is known, so on PostgreSQL it is a function that may look across
// organizations and shows nothing else.
std::string_view CredentialsStatement(store::Engine engine) {
  if (engine == store::Engine::kPostgresql) {
    return R"(SELECT client_id, org_id, tenant_id, client_enabled, tenant_enabled, secret_digest
              FROM axonflow_client_credentials())";
  }
  return R"(SELECT c.client_id, c.org_id, c.tenant_id, c.enabled, t.enabled, c.secret_digest
            FROM clients c JOIN tenants t ON t.org_id = c.org_id AND t.tenant_id = c.tenant_id)";
}

}  // namespace

Result<bool> InsertTenantUnlessExists(Transaction& transaction, const TenantRow& tenant) {
  const auto changed = transaction.Execute(
      R"(INSERT INTO tenants (org_id, tenant_id, enabled, created_at)
         VALUES ($1, $2, 1, $3) ON CONFLICT (org_id, tenant_id) DO NOTHING)",
      {tenant.org.str(), tenant.id.str(), Microseconds(tenant.created_at)});
  if (!changed) return changed.error();
  return *changed > 0;
}

Result<std::optional<TenantRow>> FindTenant(Transaction& transaction, const OrgId& org,
                                            const TenantId& id) {
  std::optional<TenantRow> found;
  const Status read = transaction.Query(
      R"(SELECT enabled, created_at FROM tenants WHERE org_id = $1 AND tenant_id = $2)",
      {org.str(), id.str()}, [&](const Row& row) {
        found = TenantRow{id, org, row.Int(0) != 0, FromMicroseconds(row.Int(1))};
      });
  if (!read) return read.error();
  return found;
}

Result<std::vector<TenantRow>> SelectTenants(Transaction& transaction, const OrgId& org) {
  std::vector<TenantRow> tenants;
  const Status read = transaction.Query(
      R"(SELECT tenant_id, enabled, created_at FROM tenants WHERE org_id = $1 ORDER BY tenant_id)",
      {org.str()}, [&](const Row& row) {
        tenants.push_back({TenantId(std::string(row.Text(0))), org, row.Int(1) != 0,
                           FromMicroseconds(row.Int(2))});
      });
  if (!read) return read.error();
  return tenants;
}

Result<bool> SetTenantDisabled(Transaction& transaction, const OrgId& org, const TenantId& id) {
  const auto changed =
      transaction.Execute(R"(UPDATE tenants SET enabled = 0 WHERE org_id = $1 AND tenant_id = $2)",
                          {org.str(), id.str()});
  if (!changed) return changed.error();
  return *changed > 0;
}

Result<bool> InsertClientUnlessExists(Transaction& transaction, const ClientRow& client,
                                      const std::string& digest) {
  const auto changed = transaction.Execute(
      R"(INSERT INTO clients (org_id, tenant_id, client_id, enabled, secret_digest, secret_version,
                              created_at, rotated_at)
         VALUES ($1, $2, $3, 1, $4, $5, $6, $7) ON CONFLICT (client_id) DO NOTHING)",
      {client.org.str(), client.tenant.str(), client.id.str(), digest,
       std::int64_t{client.secret_version}, Microseconds(client.created_at),
       Microseconds(client.rotated_at)});
  if (!changed) return changed.error();
  return *changed > 0;
}

Result<std::vector<ClientRow>> SelectClients(Transaction& transaction, const OrgId& org) {
  std::vector<ClientRow> clients;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, client_id, enabled, secret_version, created_at, rotated_at
         FROM clients WHERE org_id = $1 ORDER BY tenant_id, client_id)",
      {org.str()}, [&](const Row& row) { clients.push_back(ReadClient(row)); });
  if (!read) return read.error();
  return clients;
}

Result<std::vector<ClientRow>> SelectClientsOfTenant(Transaction& transaction, const OrgId& org,
                                                     const TenantId& tenant) {
  std::vector<ClientRow> clients;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, client_id, enabled, secret_version, created_at, rotated_at
         FROM clients WHERE org_id = $1 AND tenant_id = $2 ORDER BY client_id)",
      {org.str(), tenant.str()}, [&](const Row& row) { clients.push_back(ReadClient(row)); });
  if (!read) return read.error();
  return clients;
}

Result<std::optional<ClientRow>> FindClient(Transaction& transaction, const OrgId& org,
                                            const ClientId& id) {
  std::optional<ClientRow> found;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, client_id, enabled, secret_version, created_at, rotated_at
         FROM clients WHERE org_id = $1 AND client_id = $2)",
      {org.str(), id.str()}, [&](const Row& row) { found = ReadClient(row); });
  if (!read) return read.error();
  return found;
}

Status UpdateSecret(Transaction& transaction, const ClientRow& client, const std::string& digest) {
  const auto changed = transaction.Execute(
      R"(UPDATE clients SET secret_digest = $1, secret_version = $2, rotated_at = $3
         WHERE org_id = $4 AND client_id = $5)",
      {digest, std::int64_t{client.secret_version}, Microseconds(client.rotated_at),
       client.org.str(), client.id.str()});
  if (!changed) return changed.error();
  return {};
}

Result<bool> SetClientDisabled(Transaction& transaction, const OrgId& org, const ClientId& id) {
  const auto changed =
      transaction.Execute(R"(UPDATE clients SET enabled = 0 WHERE org_id = $1 AND client_id = $2)",
                          {org.str(), id.str()});
  if (!changed) return changed.error();
  return *changed > 0;
}

Result<CredentialMap> LoadCredentials(store::Database& database) {
  CredentialMap credentials;
  std::string unreadable;  // a client whose digest is not one; it cannot log in, the others can
  const Status read = database.ReadAsPlatform(
      "The credential snapshot must know every client before it knows whose it is.",
      [&](Transaction& transaction) {
        credentials.clear();
        return transaction.Query(
            CredentialsStatement(transaction.engine()), {}, [&](const Row& row) {
              Credential credential{OrgId(std::string(row.Text(1))),
                                    TenantId(std::string(row.Text(2))),
                                    row.Int(3) != 0 && row.Int(4) != 0,
                                    {}};
              std::string id(row.Text(0));
              if (DecodeDigest(row.Text(5), credential.digest)) {
                credentials.insert_or_assign(std::move(id), std::move(credential));
              } else {
                unreadable = std::move(id);
              }
            });
      });
  if (!read) return read.error();
  if (!unreadable.empty()) {
    telemetry::LogError("A client's stored secret is damaged; rotate it.",
                        {{"client_id", unreadable}});
  }
  return credentials;
}

}  // namespace axonflow::identity

#include "identity/client_directory.h"

#include <array>
#include <utility>

#include "base/crypto.h"
#include "identity/client_directory_store.h"
#include "identity/names.h"
#include "identity/secret_digest.h"

namespace axonflow::identity {
namespace {

constexpr std::size_t kSecretBytes = 32;
// Lets secret scanners and people recognise a leaked secret.
constexpr std::string_view kSecretPrefix = "axs_";
constexpr std::size_t kClientSuffixBytes = 4;

Secret NewSecret() {
  std::array<std::uint8_t, kSecretBytes> bytes{};
  FillRandom(bytes);
  std::string text(kSecretPrefix);
  text += Base64UrlEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return Secret(std::move(text));
}

std::string NewClientName(std::string_view tenant) {
  std::array<std::uint8_t, kClientSuffixBytes> suffix{};
  FillRandom(suffix);
  return std::string(tenant) + "-" + HexEncode(suffix);
}

std::string HexDigest(const Secret& pepper, const ClientId& client, const Secret& secret) {
  return HexEncode(SecretDigest(pepper, client.str(), secret.Reveal()));
}

Error BadName(std::string_view kind, std::string_view name) {
  return {ErrorCode::kInvalidArgument,
          std::string(kind) + " name '" + std::string(name.substr(0, kNameBytesMax)) +
              "' is not usable: 1 to 128 characters of A-Z a-z 0-9 . _ - and not a reserved word"};
}

Error NoSuch(std::string_view kind, std::string_view name) {
  return {ErrorCode::kNotFound, "no " + std::string(kind) + " '" + std::string(name) + "'"};
}

// Makes the tenant if need be and the client in it, in one transaction.
Status InsertClient(store::Transaction& transaction, const Secret& pepper, IssuedClient& issued) {
  const ClientRow& client = issued.client;
  const auto created = InsertTenantUnlessExists(
      transaction, TenantRow{client.tenant, client.org, true, client.created_at});
  if (!created) return created.error();
  issued.tenant_created = *created;
  const auto tenant = FindTenant(transaction, client.org, client.tenant);
  if (!tenant) return tenant.error();
  if (!tenant->has_value() || !(*tenant)->enabled) {
    return Error{ErrorCode::kConflict, "tenant '" + client.tenant.str() + "' is disabled"};
  }
  const auto inserted =
      InsertClientUnlessExists(transaction, client, HexDigest(pepper, client.id, issued.secret));
  if (!inserted) return inserted.error();
  if (!*inserted) {
    return Error{ErrorCode::kConflict, "client '" + client.id.str() + "' exists already"};
  }
  return {};
}

}  // namespace

ClientDirectory::ClientDirectory(store::Database& database, OrgId org, Secret pepper)
    : database_(database), org_(std::move(org)), pepper_(std::move(pepper)) {}

Result<TenantRow> ClientDirectory::CreateTenant(std::string_view name) {
  if (!IsDirectoryName(name)) return BadName("tenant", name);
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  const TenantRow tenant{TenantId(std::string(name)), org_, true, Now()};
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    const auto created = InsertTenantUnlessExists(transaction, tenant);
    if (!created) return created.error();
    if (!*created) {
      return Error{ErrorCode::kConflict, "tenant '" + tenant.id.str() + "' exists already"};
    }
    return {};
  });
  if (!written) return written.error();
  return tenant;
}

Result<std::vector<TenantRow>> ClientDirectory::ListTenants() {
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  std::vector<TenantRow> tenants;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectTenants(transaction, org_);
    if (!selected) return selected.error();
    tenants = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return tenants;
}

Status ClientDirectory::DisableTenant(const TenantId& tenant) {
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  return database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    const auto found = SetTenantDisabled(transaction, org_, tenant);
    if (!found) return found.error();
    if (!*found) return NoSuch("tenant", tenant.str());
    return {};
  });
}

Result<IssuedClient> ClientDirectory::CreateClient(std::string_view tenant, std::string_view name) {
  if (!IsDirectoryName(tenant)) return BadName("tenant", tenant);
  const std::string client_name = name.empty() ? NewClientName(tenant) : std::string(name);
  if (!IsDirectoryName(client_name)) return BadName("client", client_name);
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  const Time now = Now();
  IssuedClient issued;
  issued.client =
      ClientRow{ClientId(client_name), TenantId(std::string(tenant)), org_, true, 1, now, now};
  issued.secret = NewSecret();
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) {
    return InsertClient(transaction, pepper_, issued);
  });
  if (!written) return written.error();
  return issued;
}

Result<std::vector<ClientRow>> ClientDirectory::ListClients(const std::optional<TenantId>& tenant) {
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  std::vector<ClientRow> clients;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = tenant ? SelectClientsOfTenant(transaction, org_, *tenant)
                           : SelectClients(transaction, org_);
    if (!selected) return selected.error();
    clients = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return clients;
}

Result<IssuedClient> ClientDirectory::RotateClient(const ClientId& client) {
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  IssuedClient issued;
  issued.secret = NewSecret();
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    const auto found = FindClient(transaction, org_, client);
    if (!found) return found.error();
    if (!found->has_value()) return NoSuch("client", client.str());
    issued.client = **found;
    issued.client.secret_version += 1;
    issued.client.rotated_at = Now();
    return UpdateSecret(transaction, issued.client, HexDigest(pepper_, client, issued.secret));
  });
  if (!written) return written.error();
  return issued;
}

Status ClientDirectory::DisableClient(const ClientId& client) {
  const auto scope = store::OrgScope::OrgWide(org_);
  if (!scope) return scope.error();
  return database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    const auto found = SetClientDisabled(transaction, org_, client);
    if (!found) return found.error();
    if (!*found) return NoSuch("client", client.str());
    return {};
  });
}

}  // namespace axonflow::identity

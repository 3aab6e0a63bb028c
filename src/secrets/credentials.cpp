#include "secrets/credentials.h"

#include <utility>
#include <vector>

#include "base/time.h"
#include "secrets/credential_rows.h"
#include "secrets/envelope.h"

namespace axonflow::secrets {
namespace {

constexpr std::string_view kTable = "stored_credentials";
constexpr std::string_view kCounting = "count of stored credentials";
constexpr std::string_view kRotating = "change of encryption keys";

CredentialRow KeyOf(const store::OrgScope& scope, const CredentialName& name) {
  CredentialRow row;
  row.org = scope.org.str();
  row.tenant = scope.tenant.str();
  row.kind = name.kind;
  row.owner = name.owner;
  row.field = name.field;
  return row;
}

// The row is its kind and owner, with a byte between that neither can hold.
std::string RowName(const CredentialRow& row) { return row.kind + "\n" + row.owner; }

Result<Secret> OpenRow(const KeyRing& ring, const CredentialRow& row) {
  if (!IsSealed(row.value)) return Secret(row.value);
  const std::string name = RowName(row);
  return Open(ring, Place{kTable, row.org, row.tenant, name, row.field}, row.value);
}

Result<std::string> SealRow(const KeyRing& ring, const CredentialRow& row, const Secret& value) {
  const std::string name = RowName(row);
  return Seal(ring, Place{kTable, row.org, row.tenant, name, row.field}, value);
}

Error KeyRequired() {
  return Error{ErrorCode::kUnavailable,
               "ENCRYPTION_KEY_REQUIRED: set CONNECTOR_ENCRYPTION_KEY (`axonflow keys generate` "
               "makes one) to store credentials"};
}

}  // namespace

Status Credentials::Put(store::Transaction& transaction, const store::OrgScope& scope,
                        const CredentialName& name, const Secret& value) {
  CredentialRow row = KeyOf(scope, name);
  if (sealing_.seals()) {
    auto sealed = SealRow(*sealing_.ring, row, value);
    if (!sealed) return sealed.error();
    row.value = std::move(*sealed);
    row.key_id = sealing_.ring->primary();
  } else if (!sealing_.plaintext_allowed) {
    return KeyRequired();
  } else if (IsSealed(value.Reveal())) {
    return Error{ErrorCode::kInvalidArgument, "a credential must not begin with enc:"};
  } else {
    row.value = value.Reveal();
  }
  return UpsertCredential(transaction, row, Now().time_since_epoch().count());
}

Result<std::optional<Secret>> Credentials::Get(store::Transaction& transaction,
                                               const store::OrgScope& scope,
                                               const CredentialName& name) {
  CredentialRow row = KeyOf(scope, name);
  auto value = FindCredential(transaction, row);
  if (!value) return value.error();
  if (!*value) return std::optional<Secret>();
  row.value = std::move(**value);
  auto secret = OpenRow(*sealing_.ring, row);
  if (!secret) return secret.error();
  return std::optional<Secret>(std::move(*secret));
}

Status Credentials::Remove(store::Transaction& transaction, const store::OrgScope& scope,
                           const CredentialName& name) {
  const auto removed = DeleteCredentials(transaction, KeyOf(scope, name));
  if (!removed) return removed.error();
  return {};
}

Result<Credentials::Counts> Credentials::Count() {
  Counts counts;
  const std::string primary = sealing_.seals() ? sealing_.ring->primary() : std::string();
  const Status read = database_.ReadAsPlatform(kCounting, [&](store::Transaction& transaction) {
    const auto rows = CountCredentials(transaction);
    if (!rows) return Status(rows.error());
    for (const CredentialCount& row : *rows) {
      if (row.key_id.empty()) {
        counts.plaintext += row.rows;
      } else if (row.key_id == primary) {
        counts.sealed += row.rows;
      } else {
        counts.under_other_keys += row.rows;
      }
    }
    return Status();
  });
  if (!read) return read.error();
  return counts;
}

Result<Credentials::Rotation> Credentials::Rotate(
    const std::function<void(const Rotation&)>& progress) {
  if (!sealing_.seals()) return KeyRequired();
  const KeyRing& ring = *sealing_.ring;
  Rotation rotation;
  CredentialRow after;
  while (true) {
    std::vector<CredentialRow> batch;
    Status step = database_.ReadAsPlatform(kRotating, [&](store::Transaction& transaction) {
      auto rows = SelectUnderOtherKeys(transaction, ring.primary(), after, kBatch);
      if (!rows) return Status(rows.error());
      batch = std::move(*rows);
      return Status();
    });
    if (!step) return step.error();
    if (batch.empty()) return rotation;
    Rotation done;
    step = database_.WriteAsPlatform(kRotating, [&](store::Transaction& transaction) {
      done = {};  // a transaction may be run again
      for (const CredentialRow& row : batch) {
        const auto value = OpenRow(ring, row);
        const auto sealed = value ? SealRow(ring, row, *value) : Result<std::string>(value.error());
        if (!sealed) {
          ++done.failed;
          continue;
        }
        const auto replaced = ReplaceCredential(transaction, row, *sealed, ring.primary());
        if (!replaced) return Status(replaced.error());
        if (*replaced) ++done.sealed_anew;  // else somebody stored another, under the new key
      }
      return Status();
    });
    if (!step) return step.error();
    rotation.sealed_anew += done.sealed_anew;
    rotation.failed += done.failed;
    after = batch.back();
    if (progress) progress(rotation);
  }
}

}  // namespace axonflow::secrets

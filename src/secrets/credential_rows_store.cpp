// All SQL about stored credentials.

#include "secrets/credential_rows.h"

namespace axonflow::secrets {
namespace {

using store::Row;
using store::Transaction;

CredentialRow RowOf(const Row& row) {
  const auto text = [&](int column) { return std::string(row.Text(column)); };
  return {text(0), text(1), text(2), text(3), text(4), text(5), text(6)};
}

}  // namespace

Status UpsertCredential(Transaction& transaction, const CredentialRow& row, std::int64_t now_us) {
  const auto changed = transaction.Execute(
      R"(INSERT INTO stored_credentials (org_id, tenant_id, kind, owner_id, field, value, key_id,
                                         updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (org_id, tenant_id, kind, owner_id, field) DO UPDATE
         SET value = excluded.value, key_id = excluded.key_id, updated_at = excluded.updated_at)",
      {row.org, row.tenant, row.kind, row.owner, row.field, row.value, row.key_id, now_us});
  if (!changed) return changed.error();
  return {};
}

Result<std::optional<std::string>> FindCredential(Transaction& transaction,
                                                  const CredentialRow& key) {
  std::optional<std::string> value;
  const Status read = transaction.Query(
      R"(SELECT value FROM stored_credentials
         WHERE org_id = $1 AND tenant_id = $2 AND kind = $3 AND owner_id = $4 AND field = $5)",
      {key.org, key.tenant, key.kind, key.owner, key.field},
      [&](const Row& row) { value = std::string(row.Text(0)); });
  if (!read) return read.error();
  return value;
}

Result<std::int64_t> DeleteCredentials(Transaction& transaction, const CredentialRow& key) {
  return transaction.Execute(
      R"(DELETE FROM stored_credentials
         WHERE org_id = $1 AND tenant_id = $2 AND kind = $3 AND owner_id = $4)",
      {key.org, key.tenant, key.kind, key.owner});
}

Result<std::vector<CredentialCount>> CountCredentials(Transaction& transaction) {
  std::vector<CredentialCount> counts;
  const Status read = transaction.Query(
      R"(SELECT key_id, count(*) FROM stored_credentials GROUP BY key_id ORDER BY key_id)", {},
      [&](const Row& row) { counts.push_back({std::string(row.Text(0)), row.Int(1)}); });
  if (!read) return read.error();
  return counts;
}

Result<std::vector<CredentialRow>> SelectUnderOtherKeys(Transaction& transaction,
                                                        const std::string& key_id,
                                                        const CredentialRow& after,
                                                        std::int64_t limit) {
  std::vector<CredentialRow> rows;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, kind, owner_id, field, value, key_id FROM stored_credentials
         WHERE key_id <> $1 AND (org_id, tenant_id, kind, owner_id, field) > ($2, $3, $4, $5, $6)
         ORDER BY org_id, tenant_id, kind, owner_id, field LIMIT $7)",
      {key_id, after.org, after.tenant, after.kind, after.owner, after.field, limit},
      [&](const Row& row) { rows.push_back(RowOf(row)); });
  if (!read) return read.error();
  return rows;
}

Result<bool> ReplaceCredential(Transaction& transaction, const CredentialRow& old,
                               const std::string& value, const std::string& key_id) {
  const auto changed = transaction.Execute(
      R"(UPDATE stored_credentials SET value = $1, key_id = $2
         WHERE org_id = $3 AND tenant_id = $4 AND kind = $5 AND owner_id = $6 AND field = $7
           AND value = $8)",
      {value, key_id, old.org, old.tenant, old.kind, old.owner, old.field, old.value});
  if (!changed) return changed.error();
  return *changed == 1;
}

}  // namespace axonflow::secrets

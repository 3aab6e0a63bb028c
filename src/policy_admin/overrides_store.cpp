// All SQL about overrides.

#include "policy_admin/overrides_store.h"

#include <utility>

#include "policy_admin/columns.h"
#include "policy_admin/policies_store.h"

namespace axonflow::policy_admin {
namespace {

using store::Row;
using store::Transaction;
using store::Value;

PolicyKind KindAt(const Row& row, int column) {
  return row.Text(column) == "dynamic" ? PolicyKind::kDynamic : PolicyKind::kStatic;
}

#define AXONFLOW_OVERRIDE_COLUMNS                                                     \
  "tenant_id, policy_slug, policy_uuid, kind, override_id, action, enabled, reason, " \
  "expires_at, version, created_at, created_by, updated_at, updated_by "

OverrideRecord ReadOverride(const Row& row, const OrgId& org) {
  OverrideRecord record;
  record.org = org;
  record.tenant = TenantOf(row.Text(0));
  record.rule.tier = record.tenant.empty() ? policy::Tier::kOrganization : policy::Tier::kTenant;
  record.rule.policy_id = row.Text(1);
  record.policy_uuid = row.Text(2);
  record.kind = KindAt(row, 3);
  record.rule.id = row.Text(4);
  record.rule.action = ActionAt(row, 5);
  if (!row.IsNull(6)) record.rule.enabled = row.Int(6) != 0;
  record.reason = row.Text(7);
  record.rule.expires_at = OptionalTimeAt(row, 8);
  record.rule.version = static_cast<int>(row.Int(9));
  record.created_at = TimeAt(row, 10);
  record.created_by = row.Text(11);
  record.updated_at = TimeAt(row, 12);
  record.updated_by = row.Text(13);
  return record;
}

#define AXONFLOW_SESSION_OVERRIDE_COLUMNS                                                  \
  "override_id, policy_slug, kind, requested_policy, user_email, tool_signature, reason, " \
  "ttl_seconds, created_at, expires_at, revoked_at, revoked_by, policy_uuid "

SessionOverrideRecord ReadSessionOverride(const Row& row, const OrgId& org,
                                          const TenantId& tenant) {
  SessionOverrideRecord record;
  record.org = org;
  record.tenant = tenant;
  record.rule.id = row.Text(0);
  record.rule.policy_id = row.Text(1);
  record.kind = KindAt(row, 2);
  record.requested_policy = row.Text(3);
  record.rule.user_email = row.Text(4);
  record.created_by = record.rule.user_email;
  record.rule.tool_signature = row.Text(5);
  record.reason = row.Text(6);
  record.ttl_seconds = row.Int(7);
  record.rule.created_at = TimeAt(row, 8);
  record.rule.expires_at = TimeAt(row, 9);
  record.revoked_at = OptionalTimeAt(row, 10);
  record.revoked_by = row.Text(11);
  record.policy_uuid = row.Text(12);
  return record;
}

Status Done(const Result<std::int64_t>& changed) {
  if (!changed) return changed.error();
  return {};
}

Result<bool> Any(const Result<std::int64_t>& changed) {
  if (!changed) return changed.error();
  return *changed > 0;
}

Result<std::vector<OverrideRecord>> SelectOverrides(Transaction& transaction, std::string_view sql,
                                                    const std::vector<Value>& parameters,
                                                    const OrgId& org) {
  std::vector<OverrideRecord> records;
  const Status read = transaction.Query(
      sql, parameters, [&](const Row& row) { records.push_back(ReadOverride(row, org)); });
  if (!read) return read.error();
  return records;
}

}  // namespace

Status UpsertOverride(Transaction& transaction, const OverrideRecord& record) {
  const auto& rule = record.rule;
  return Done(transaction.Execute(
      R"(INSERT INTO policy_overrides (org_id, tenant_id, policy_slug, policy_uuid, kind,
                                       override_id, action, enabled, reason, expires_at, version,
                                       created_at, created_by, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (org_id, tenant_id, policy_slug) DO UPDATE
         SET policy_uuid = excluded.policy_uuid, kind = excluded.kind,
             override_id = excluded.override_id, action = excluded.action,
             enabled = excluded.enabled, reason = excluded.reason,
             expires_at = excluded.expires_at, version = excluded.version,
             created_at = excluded.created_at, created_by = excluded.created_by,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by)",
      {record.org.str(), OwnerOf(record.tenant), rule.policy_id, record.policy_uuid,
       std::string(ToString(record.kind)), rule.id, Word(rule.action),
       rule.enabled ? Value(std::int64_t{*rule.enabled}) : Value(), record.reason,
       Microseconds(rule.expires_at), std::int64_t{rule.version}, Microseconds(record.created_at),
       record.created_by, Microseconds(record.updated_at), record.updated_by}));
}

Result<bool> DeleteOverrideRow(Transaction& transaction, const OrgId& org, const TenantId& owner,
                               std::string_view policy_slug) {
  return Any(transaction.Execute(
      R"(DELETE FROM policy_overrides
         WHERE org_id = $1 AND tenant_id = $2 AND policy_slug = $3)",
      {org.str(), OwnerOf(owner), std::string(policy_slug)}));
}

Result<std::vector<OverrideRecord>> SelectVisibleOverrides(Transaction& transaction,
                                                           const OrgId& org,
                                                           const TenantId& tenant) {
  return SelectOverrides(transaction,
                         "SELECT " AXONFLOW_OVERRIDE_COLUMNS
                         R"(FROM policy_overrides WHERE org_id = $1 AND tenant_id IN ($2, '*')
                            ORDER BY updated_at DESC, policy_slug, tenant_id)",
                         {org.str(), OwnerOf(tenant)}, org);
}

Result<std::vector<OverrideRecord>> SelectOwnOverrides(Transaction& transaction, const OrgId& org,
                                                       const TenantId& owner) {
  return SelectOverrides(transaction,
                         "SELECT " AXONFLOW_OVERRIDE_COLUMNS
                         R"(FROM policy_overrides WHERE org_id = $1 AND tenant_id = $2
                            ORDER BY policy_slug)",
                         {org.str(), OwnerOf(owner)}, org);
}

Status DeleteOverridesExpiredBefore(Transaction& transaction, const OrgId& org,
                                    const TenantId& owner, Time time) {
  return Done(transaction.Execute(
      R"(DELETE FROM policy_overrides WHERE org_id = $1 AND tenant_id = $2 AND expires_at < $3)",
      {org.str(), OwnerOf(owner), Microseconds(time)}));
}

Status InsertSessionOverride(Transaction& transaction, const SessionOverrideRecord& record) {
  const auto& rule = record.rule;
  return Done(transaction.Execute(
      R"(INSERT INTO session_overrides (org_id, tenant_id, override_id, policy_slug, policy_uuid,
                                        kind, requested_policy, user_email, tool_signature, reason,
                                        ttl_seconds, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13))",
      {record.org.str(), record.tenant.str(), rule.id, rule.policy_id, record.policy_uuid,
       std::string(ToString(record.kind)), record.requested_policy, rule.user_email,
       TextOrNull(rule.tool_signature), record.reason, record.ttl_seconds,
       Microseconds(rule.created_at), Microseconds(rule.expires_at)}));
}

Result<std::vector<SessionOverrideRecord>> SelectSessionOverrides(
    Transaction& transaction, const OrgId& org, const TenantId& tenant,
    const SessionOverrideFilter& filter) {
  std::vector<SessionOverrideRecord> records;
  const Value living_at = Microseconds(filter.living_at);
  const Status read = transaction.Query(
      "SELECT " AXONFLOW_SESSION_OVERRIDE_COLUMNS
      R"(FROM session_overrides
         WHERE org_id = $1 AND tenant_id = $2 AND ($3 = '' OR user_email = $3)
           AND ($4 = '' OR policy_slug = $4) AND ($5 = 1 OR revoked_at IS NULL)
           AND ($6 = 0 OR (revoked_at IS NULL AND expires_at > $7))
         ORDER BY created_at DESC, override_id LIMIT $8)",
      {org.str(), tenant.str(), filter.user, filter.policy_slug,
       std::int64_t{filter.include_revoked}, std::int64_t{filter.living_at.has_value()}, living_at,
       static_cast<std::int64_t>(filter.limit)},
      [&](const Row& row) { records.push_back(ReadSessionOverride(row, org, tenant)); });
  if (!read) return read.error();
  return records;
}

Result<std::optional<SessionOverrideRecord>> FindSessionOverride(Transaction& transaction,
                                                                 const OrgId& org,
                                                                 const TenantId& tenant,
                                                                 std::string_view id) {
  std::optional<SessionOverrideRecord> found;
  const Status read = transaction.Query(
      "SELECT " AXONFLOW_SESSION_OVERRIDE_COLUMNS
      R"(FROM session_overrides WHERE org_id = $1 AND tenant_id = $2 AND override_id = $3)",
      {org.str(), tenant.str(), std::string(id)},
      [&](const Row& row) { found = ReadSessionOverride(row, org, tenant); });
  if (!read) return read.error();
  return found;
}

Result<std::int64_t> CountLivingSessionOverrides(Transaction& transaction, const OrgId& org,
                                                 const TenantId& tenant, Time now) {
  std::int64_t count = 0;
  const Status read = transaction.Query(
      R"(SELECT count(*) FROM session_overrides
         WHERE org_id = $1 AND tenant_id = $2 AND revoked_at IS NULL AND expires_at > $3)",
      {org.str(), tenant.str(), Microseconds(now)}, [&](const Row& row) { count = row.Int(0); });
  if (!read) return read.error();
  return count;
}

Result<bool> MarkSessionOverrideRevoked(Transaction& transaction, const OrgId& org,
                                        const TenantId& tenant, std::string_view id, Time at,
                                        const std::string& by) {
  return Any(transaction.Execute(
      R"(UPDATE session_overrides SET revoked_at = $4, revoked_by = $5
         WHERE org_id = $1 AND tenant_id = $2 AND override_id = $3 AND revoked_at IS NULL)",
      {org.str(), tenant.str(), std::string(id), Microseconds(at), by}));
}

Status DeleteSessionOverridesExpiredBefore(Transaction& transaction, const OrgId& org,
                                           const TenantId& tenant, Time time) {
  return Done(transaction.Execute(
      R"(DELETE FROM session_overrides WHERE org_id = $1 AND tenant_id = $2 AND expires_at < $3)",
      {org.str(), tenant.str(), Microseconds(time)}));
}

Result<std::vector<TenantId>> OwnersOfOverridesOn(Transaction& transaction, const OrgId& org,
                                                  std::string_view policy_uuid) {
  std::vector<TenantId> owners;
  const Status read = transaction.Query(
      R"(SELECT tenant_id FROM policy_overrides WHERE org_id = $1 AND policy_uuid = $2
         UNION
         SELECT tenant_id FROM session_overrides
         WHERE org_id = $1 AND policy_uuid = $2 AND revoked_at IS NULL)",
      {org.str(), std::string(policy_uuid)},
      [&](const Row& row) { owners.push_back(TenantOf(row.Text(0))); });
  if (!read) return read.error();
  return owners;
}

Status DeleteOverridesOn(Transaction& transaction, const OrgId& org, std::string_view policy_uuid) {
  return Done(
      transaction.Execute(R"(DELETE FROM policy_overrides WHERE org_id = $1 AND policy_uuid = $2)",
                          {org.str(), std::string(policy_uuid)}));
}

Status RevokeSessionOverridesOn(Transaction& transaction, const OrgId& org,
                                std::string_view policy_uuid, Time at, const std::string& by) {
  return Done(transaction.Execute(
      R"(UPDATE session_overrides SET revoked_at = $3, revoked_by = $4
         WHERE org_id = $1 AND policy_uuid = $2 AND revoked_at IS NULL)",
      {org.str(), std::string(policy_uuid), Microseconds(at), by}));
}

}  // namespace axonflow::policy_admin

// All SQL about policies and their versions.

#include "policy_admin/policies_store.h"

#include <utility>

#include "policy_admin/columns.h"

namespace axonflow::policy_admin {
namespace {

using store::Row;
using store::Transaction;
using store::Value;

// In the order that ReadRow reads.
#define AXONFLOW_POLICY_COLUMNS                                                               \
  "tenant_id, uuid, kind, slug, name, description, category, type, severity, risk_level, "    \
  "allow_override, action, action_request, action_response, phase, priority, enabled, mode, " \
  "segment, pattern, conditions, actions, must_match, must_not_match, tags, metadata, "       \
  "version, created_at, created_by, updated_at, updated_by, deleted_at, "                     \
  "redaction_strategy "

constexpr std::string_view kUnreadable = "a stored policy holds a word that is none: ";

// Fails on words that this program did not write: a policy that cannot be read must not be left
// out.
Result<PolicyRow> ReadRow(const Row& row, const OrgId& org) {
  PolicyRow out;
  policy::Policy& policy = out.policy;
  const auto corrupt = [&](int column) {
    return Error{ErrorCode::kCorrupt, std::string(kUnreadable) + TextAt(row, column)};
  };
  out.org = org;
  out.tenant = TenantOf(row.Text(0));
  policy.tier = out.tenant.empty() ? policy::Tier::kOrganization : policy::Tier::kTenant;
  out.uuid = row.Text(1);
  out.kind = row.Text(2) == "dynamic" ? PolicyKind::kDynamic : PolicyKind::kStatic;
  policy.id = row.Text(3);
  policy.name = row.Text(4);
  policy.description = row.Text(5);
  policy.category = row.Text(6);
  out.type = row.Text(7);
  const auto severity = policy::ParseSeverity(row.Text(8));
  if (!severity) return corrupt(8);
  policy.severity = *severity;
  const auto risk = policy::ParseSeverity(row.Text(9));
  if (!risk) return corrupt(9);
  policy.risk_level = *risk;
  policy.allow_override = row.Int(10) != 0;
  const auto action = ActionAt(row, 11);
  if (!action) return corrupt(11);
  policy.action = *action;
  if (!row.IsNull(12)) policy.action_request = ActionAt(row, 12);
  if (!row.IsNull(13)) policy.action_response = ActionAt(row, 13);
  if (row.IsNull(12) == policy.action_request.has_value()) return corrupt(12);
  if (row.IsNull(13) == policy.action_response.has_value()) return corrupt(13);
  policy.on_request = row.Text(14) != "response";
  policy.on_response = row.Text(14) != "request";
  policy.priority = static_cast<int>(row.Int(15));
  policy.enabled = row.Int(16) != 0;
  const auto mode = policy::ParseMode(row.Text(17));
  if (!mode) return corrupt(17);
  policy.mode = *mode;
  policy.segment = row.Text(18);
  policy.pattern = row.Text(19);
  out.conditions = row.Text(20);
  out.actions = row.Text(21);
  policy.must_match = TextsOf(row.Text(22));
  policy.must_not_match = TextsOf(row.Text(23));
  out.tags = TextsOf(row.Text(24));
  out.metadata = row.Text(25);
  policy.version = static_cast<int>(row.Int(26));
  out.created_at = TimeAt(row, 27);
  out.created_by = row.Text(28);
  out.updated_at = TimeAt(row, 29);
  out.updated_by = row.Text(30);
  out.deleted_at = OptionalTimeAt(row, 31);
  if (!row.IsNull(32)) {
    policy.strategy = policy::ParseStrategy(row.Text(32));
    if (!policy.strategy) return corrupt(32);
  }
  return out;
}

std::string_view PhaseWord(const policy::Policy& policy) {
  if (policy.on_request && policy.on_response) return "both";
  return policy.on_request ? "request" : "response";
}

// $1 to $30 of both statements that write a row; those of the key come first.
std::vector<Value> ValuesOf(const PolicyRow& row) {
  const policy::Policy& policy = row.policy;
  const bool dynamic = row.kind == PolicyKind::kDynamic;
  return {
      row.org.str(),
      OwnerOf(row.tenant),
      row.uuid,
      policy.id,
      policy.name,
      policy.description,
      policy.category,
      TextOrNull(row.type),
      std::string(policy::ToString(policy.severity)),
      std::string(policy::ToString(policy.risk_level)),
      std::int64_t{policy.allow_override},
      std::string(policy::ToString(policy.action)),
      Word(policy.action_request),
      Word(policy.action_response),
      std::string(PhaseWord(policy)),
      std::int64_t{policy.priority},
      std::int64_t{policy.enabled},
      std::string(policy::ToString(policy.mode)),
      TextOrNull(policy.segment),
      dynamic ? Value() : Value(policy.pattern),
      dynamic ? Value(row.conditions) : Value(),
      dynamic ? Value(row.actions) : Value(),
      ToJson(policy.must_match),
      ToJson(policy.must_not_match),
      ToJson(row.tags),
      row.metadata,
      std::int64_t{policy.version},
      Microseconds(row.updated_at),
      row.updated_by,
      policy.strategy ? Value(std::string(policy::ToString(*policy.strategy))) : Value(),
  };
}

// Runs a query for whole rows.
Result<std::vector<PolicyRow>> SelectRows(Transaction& transaction, std::string_view sql,
                                          const std::vector<Value>& parameters, const OrgId& org) {
  std::vector<PolicyRow> rows;
  Status unreadable;
  const Status read = transaction.Query(sql, parameters, [&](const Row& row) {
    auto policy = ReadRow(row, org);
    if (policy) {
      rows.push_back(std::move(*policy));
    } else if (unreadable.ok()) {
      unreadable = policy.error();
    }
  });
  if (!read) return read.error();
  if (!unreadable) return unreadable.error();
  return rows;
}

Status Done(const Result<std::int64_t>& changed) {
  if (!changed) return changed.error();
  return {};
}

}  // namespace

std::string OwnerOf(const TenantId& tenant) {
  return tenant.empty() ? std::string(kOrganizationOwner) : tenant.str();
}

TenantId TenantOf(std::string_view owner) {
  return owner == kOrganizationOwner ? TenantId() : TenantId(std::string(owner));
}

Status InsertPolicy(Transaction& transaction, const PolicyRow& row) {
  auto values = ValuesOf(row);
  values.emplace_back(std::string(ToString(row.kind)));
  values.emplace_back(Microseconds(row.created_at));
  values.emplace_back(row.created_by);
  return Done(transaction.Execute(
      R"(INSERT INTO policies (org_id, tenant_id, uuid, slug, name, description, category, type,
                               severity, risk_level, allow_override, action, action_request,
                               action_response, phase, priority, enabled, mode, segment, pattern,
                               conditions, actions, must_match, must_not_match, tags, metadata,
                               version, updated_at, updated_by, redaction_strategy, kind, created_at,
                               created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33))",
      values));
}

Status UpdatePolicy(Transaction& transaction, const PolicyRow& row) {
  auto values = ValuesOf(row);
  values.push_back(Microseconds(row.deleted_at));
  return Done(transaction.Execute(
      R"(UPDATE policies
         SET slug = $4, name = $5, description = $6, category = $7, type = $8, severity = $9,
             risk_level = $10, allow_override = $11, action = $12, action_request = $13,
             action_response = $14, phase = $15, priority = $16, enabled = $17, mode = $18,
             segment = $19, pattern = $20, conditions = $21, actions = $22, must_match = $23,
             must_not_match = $24, tags = $25, metadata = $26, version = $27, updated_at = $28,
             updated_by = $29, redaction_strategy = $30, deleted_at = $31
         WHERE org_id = $1 AND tenant_id = $2 AND uuid = $3)",
      values));
}

Result<std::optional<PolicyRow>> FindPolicy(Transaction& transaction, const OrgId& org,
                                            const TenantId& tenant, PolicyKind kind,
                                            std::string_view id) {
  auto rows =
      SelectRows(transaction,
                 "SELECT " AXONFLOW_POLICY_COLUMNS
                 R"(FROM policies
                            WHERE org_id = $1 AND tenant_id IN ($2, '*') AND kind = $3
                              AND (uuid = $4 OR slug = $4) AND deleted_at IS NULL
                            ORDER BY CASE tenant_id WHEN '*' THEN 1 ELSE 0 END)",
                 {org.str(), OwnerOf(tenant), std::string(ToString(kind)), std::string(id)}, org);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<PolicyRow>();
  return std::optional<PolicyRow>(std::move(rows->front()));
}

Result<std::vector<PolicyRow>> SelectVisiblePolicies(Transaction& transaction, const OrgId& org,
                                                     const TenantId& tenant, PolicyKind kind) {
  return SelectRows(transaction,
                    "SELECT " AXONFLOW_POLICY_COLUMNS
                    R"(FROM policies
                       WHERE org_id = $1 AND tenant_id IN ($2, '*') AND kind = $3
                         AND deleted_at IS NULL
                       ORDER BY created_at, slug)",
                    {org.str(), OwnerOf(tenant), std::string(ToString(kind))}, org);
}

Result<std::vector<PolicyRow>> SelectOwnPolicies(Transaction& transaction, const OrgId& org,
                                                 const TenantId& owner, PolicyKind kind) {
  return SelectRows(transaction,
                    "SELECT " AXONFLOW_POLICY_COLUMNS
                    R"(FROM policies
                       WHERE org_id = $1 AND tenant_id = $2 AND kind = $3 AND deleted_at IS NULL
                       ORDER BY slug)",
                    {org.str(), OwnerOf(owner), std::string(ToString(kind))}, org);
}

Result<std::int64_t> CountOwnPolicies(Transaction& transaction, const OrgId& org,
                                      const TenantId& owner, PolicyKind kind) {
  std::int64_t count = 0;
  const Status read = transaction.Query(
      R"(SELECT count(*) FROM policies
         WHERE org_id = $1 AND tenant_id = $2 AND kind = $3 AND deleted_at IS NULL)",
      {org.str(), OwnerOf(owner), std::string(ToString(kind))},
      [&](const Row& row) { count = row.Int(0); });
  if (!read) return read.error();
  return count;
}

Result<bool> IsSlugTaken(Transaction& transaction, const OrgId& org, const TenantId& owner,
                         std::string_view slug) {
  bool taken = false;
  const Status read = transaction.Query(
      R"(SELECT 1 FROM policies
         WHERE org_id = $1 AND slug = $2 AND ($3 = '*' OR tenant_id IN ($3, '*'))
           AND deleted_at IS NULL
         LIMIT 1)",
      {org.str(), std::string(slug), OwnerOf(owner)}, [&](const Row&) { taken = true; });
  if (!read) return read.error();
  return taken;
}

Status InsertVersion(Transaction& transaction, const PolicyRow& row, const PolicyVersion& version) {
  return Done(transaction.Execute(
      R"(INSERT INTO policy_versions (org_id, tenant_id, policy_uuid, version, change_type, summary,
                                      snapshot, changed_at, changed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))",
      {row.org.str(), OwnerOf(row.tenant), row.uuid, std::int64_t{version.version},
       std::string(ToString(version.change_type)), version.summary, version.snapshot,
       Microseconds(version.changed_at), version.changed_by}));
}

Result<std::vector<PolicyVersion>> SelectVersions(Transaction& transaction, const OrgId& org,
                                                  const TenantId& owner, std::string_view uuid,
                                                  std::size_t limit) {
  std::vector<PolicyVersion> versions;
  const Status read = transaction.Query(
      R"(SELECT version, change_type, summary, snapshot, changed_at, changed_by
         FROM policy_versions WHERE org_id = $1 AND tenant_id = $2 AND policy_uuid = $3
         ORDER BY version DESC LIMIT $4)",
      {org.str(), OwnerOf(owner), std::string(uuid), static_cast<std::int64_t>(limit)},
      [&](const Row& row) {
        PolicyVersion version;
        version.version = static_cast<int>(row.Int(0));
        version.id = std::string(uuid) + ":" + std::to_string(version.version);
        version.policy_uuid = uuid;
        for (const ChangeType type :
             {ChangeType::kCreated, ChangeType::kUpdated, ChangeType::kDeleted,
              ChangeType::kEnabled, ChangeType::kDisabled}) {
          if (row.Text(1) == ToString(type)) version.change_type = type;
        }
        version.summary = row.Text(2);
        version.snapshot = row.Text(3);
        version.changed_at = TimeAt(row, 4);
        version.changed_by = row.Text(5);
        versions.push_back(std::move(version));
      });
  if (!read) return read.error();
  return versions;
}

}  // namespace axonflow::policy_admin

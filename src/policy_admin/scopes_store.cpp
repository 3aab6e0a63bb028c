// All SQL about scopes, postures of organizations and uses of templates.

#include "policy_admin/scopes_store.h"

#include <algorithm>
#include <utility>

#include "policy_admin/columns.h"
#include "policy_admin/policies_store.h"

namespace axonflow::policy_admin {
namespace {

using store::Row;
using store::Transaction;

Status Done(const Result<std::int64_t>& changed) {
  if (!changed) return changed.error();
  return {};
}

}  // namespace

Result<std::int64_t> BumpGeneration(Transaction& transaction, const OrgId& org,
                                    const TenantId& owner) {
  const auto bumped = transaction.Execute(
      R"(INSERT INTO policy_scopes (org_id, tenant_id, generation) VALUES ($1, $2, 1)
         ON CONFLICT (org_id, tenant_id)
         DO UPDATE SET generation = policy_scopes.generation + 1)",
      {org.str(), OwnerOf(owner)});
  if (!bumped) return bumped.error();
  return FindGeneration(transaction, org, owner);
}

Result<std::int64_t> FindGeneration(Transaction& transaction, const OrgId& org,
                                    const TenantId& owner) {
  std::int64_t generation = 0;
  const Status read = transaction.Query(
      R"(SELECT generation FROM policy_scopes WHERE org_id = $1 AND tenant_id = $2)",
      {org.str(), OwnerOf(owner)}, [&](const Row& row) { generation = row.Int(0); });
  if (!read) return read.error();
  return generation;
}

Result<std::vector<ScopeGeneration>> SelectGenerations(Transaction& transaction) {
  std::vector<ScopeGeneration> scopes;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, generation FROM policy_scopes)", {}, [&](const Row& row) {
        scopes.push_back({OrgId(TextAt(row, 0)), TenantOf(row.Text(1)), row.Int(2)});
      });
  if (!read) return read.error();
  return scopes;
}

Status UpsertPosture(Transaction& transaction, const OrgId& org, const PostureEntry& entry) {
  return Done(transaction.Execute(
      R"(INSERT INTO organization_postures (org_id, posture_group, action, reason, updated_at,
                                            updated_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (org_id, posture_group) DO UPDATE
         SET action = excluded.action, reason = excluded.reason,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by)",
      {org.str(), std::string(policy::ToString(entry.group)),
       std::string(policy::ToString(entry.action)), entry.reason, Microseconds(entry.updated_at),
       entry.updated_by}));
}

Result<std::vector<PostureEntry>> SelectPosture(Transaction& transaction, const OrgId& org) {
  std::vector<PostureEntry> entries;
  Status unreadable;
  const Status read = transaction.Query(
      R"(SELECT posture_group, action, reason, updated_at, updated_by
         FROM organization_postures WHERE org_id = $1)",
      {org.str()}, [&](const Row& row) {
        const auto group = policy::ParsePostureGroup(row.Text(0));
        const auto action = ActionAt(row, 1);
        if (!group || !action || !policy::Takes(*group, *action)) {
          unreadable =
              Error{ErrorCode::kCorrupt,
                    "a stored posture cannot be read: " + TextAt(row, 0) + " " + TextAt(row, 1)};
          return;
        }
        entries.push_back({*group, *action, TextAt(row, 2), TextAt(row, 4), TimeAt(row, 3)});
      });
  if (!read) return read.error();
  if (!unreadable) return unreadable.error();
  std::ranges::sort(entries, {}, &PostureEntry::group);
  return entries;
}

Result<bool> DeletePostureRow(Transaction& transaction, const OrgId& org,
                              policy::PostureGroup group) {
  const auto changed = transaction.Execute(
      R"(DELETE FROM organization_postures WHERE org_id = $1 AND posture_group = $2)",
      {org.str(), std::string(policy::ToString(group))});
  if (!changed) return changed.error();
  return *changed > 0;
}

Status InsertTemplateUse(Transaction& transaction, const OrgId& org, const TenantId& tenant,
                         const TemplateUse& use) {
  return Done(transaction.Execute(
      R"(INSERT INTO template_uses (org_id, tenant_id, use_id, template_id, template_name,
                                    policy_uuid, used_at, used_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8))",
      {org.str(), tenant.str(), use.id, use.template_id, use.template_name, use.policy_uuid,
       Microseconds(use.used_at), use.used_by}));
}

Result<std::vector<TemplateStatistic>> SelectTemplateStatistics(Transaction& transaction,
                                                                const OrgId& org,
                                                                const TenantId& tenant) {
  std::vector<TemplateStatistic> statistics;
  const Status read = transaction.Query(
      R"(SELECT template_id, max(template_name), count(*), max(used_at)
         FROM template_uses WHERE org_id = $1 AND tenant_id = $2
         GROUP BY template_id ORDER BY count(*) DESC, template_id)",
      {org.str(), tenant.str()}, [&](const Row& row) {
        statistics.push_back({TextAt(row, 0), TextAt(row, 1), row.Int(2), TimeAt(row, 3)});
      });
  if (!read) return read.error();
  return statistics;
}

}  // namespace axonflow::policy_admin

#include "policy_admin/directory_writes.h"

#include <array>
#include <utility>

#include "base/crypto.h"
#include "policy_admin/overrides_store.h"
#include "policy_admin/policies_store.h"

namespace axonflow::policy_admin {

std::string NewSlug(PolicyKind kind) {
  std::array<std::uint8_t, 6> bytes{};
  FillRandom(bytes);
  return (kind == PolicyKind::kStatic ? "custom_" : "dyn_") + HexEncode(bytes);
}

PolicyVersion VersionOf(const PolicyRow& row, ChangeType type, std::string summary) {
  PolicyVersion version;
  version.id = row.uuid + ":" + std::to_string(row.policy.version);
  version.policy_uuid = row.uuid;
  version.version = row.policy.version;
  version.snapshot = SnapshotOf(row);
  version.change_type = type;
  version.summary = std::move(summary);
  version.changed_by = row.updated_by;
  version.changed_at = row.updated_at;
  return version;
}

Status WriteNewPolicy(store::Transaction& transaction, const PolicyRow& row) {
  if (auto inserted = InsertPolicy(transaction, row); !inserted) return inserted;
  return InsertVersion(transaction, row, VersionOf(row, ChangeType::kCreated, "created"));
}

Status WriteChangedPolicy(store::Transaction& transaction, const PolicyRow& before,
                          const PolicyRow& after) {
  if (auto updated = UpdatePolicy(transaction, after); !updated) return updated;
  const auto differences = DifferencesOf(before, after);
  return InsertVersion(transaction, after,
                       VersionOf(after, ChangeTypeOf(differences), SummaryOf(differences)));
}

Status WriteDeletedPolicy(store::Transaction& transaction, const PolicyRow& after) {
  if (auto updated = UpdatePolicy(transaction, after); !updated) return updated;
  if (auto deleted = DeleteOverridesOn(transaction, after.org, after.uuid); !deleted) {
    return deleted;
  }
  auto revoked = RevokeSessionOverridesOn(transaction, after.org, after.uuid, after.updated_at,
                                          after.updated_by);
  if (!revoked) return revoked;
  return InsertVersion(transaction, after, VersionOf(after, ChangeType::kDeleted, "deleted"));
}

}  // namespace axonflow::policy_admin

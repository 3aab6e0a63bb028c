#include "audit/evidence_store.h"

#include "audit/audit_rows.h"
#include "base/time.h"

namespace axonflow::audit {

namespace {

constexpr std::string_view kColumns = R"(
      SELECT e.position, r.record, e.chain_seq, e.leaf_index, e.record_digest, e.prev_hash,
             e.chain_hash, e.signature, e.signing_key_id)";
constexpr std::string_view kJoin =
    " JOIN audit_records AS r ON r.node = e.node AND r.position = e.position";

// Reads rows of kColumns.
struct Collector {
  std::vector<StoredEvidence> rows;

  void operator()(const store::Row& row) {
    StoredEvidence evidence;
    evidence.position = JournalPosition{static_cast<std::uint64_t>(row.Int(0))};
    evidence.payload = row.Text(1);
    evidence.chain_seq = row.Int(2);
    evidence.leaf_index = static_cast<std::uint64_t>(row.Int(3));
    int column = 4;
    for (auto* digest : {&evidence.record_digest, &evidence.prev_hash, &evidence.chain_hash}) {
      const auto bytes = DigestFromBytes(row.Text(column++));
      // A hash of another length is damage: the zeros it leaves are found to be wrong like any
      // other value.
      if (bytes) *digest = *bytes;
    }
    if (!row.IsNull(7)) evidence.signature = row.Text(7);
    if (!row.IsNull(8)) evidence.signing_key_id = row.Text(8);
    rows.push_back(std::move(evidence));
  }
};

// A decision is looked for in each bucket of the embedded store's index (migrations/0002_audit.sql)
// and by its key alone on PostgreSQL.
std::string FromDecision(const store::Transaction& transaction) {
  const bool buckets = transaction.engine() == store::Engine::kSqlite;
  std::string sql = buckets ? R"(
      FROM (WITH RECURSIVE buckets(bucket) AS (
              SELECT 0 UNION ALL
              SELECT bucket + 1 FROM buckets
              WHERE bucket < (SELECT max(decision_bucket) FROM audit_records))
            SELECT bucket FROM buckets) AS b
      CROSS JOIN audit_records AS r)"
                            : " FROM audit_records AS r";
  sql += " JOIN audit_evidence AS e ON e.node = r.node AND e.position = r.position WHERE ";
  if (buckets) sql += "r.decision_bucket = b.bucket AND ";
  return sql + "r.decision_key = $1 AND r.decision_id = $2";
}

std::string FromRecord(const store::Transaction& transaction) {
  const bool buckets = transaction.engine() == store::Engine::kSqlite;
  std::string sql = buckets ? R"(
      FROM (WITH RECURSIVE buckets(bucket) AS (
              SELECT 0 UNION ALL
              SELECT bucket + 1 FROM buckets
              WHERE bucket < (SELECT max(decision_bucket) FROM audit_records))
            SELECT bucket FROM buckets) AS b
      CROSS JOIN audit_evidence AS e)"
                            : " FROM audit_evidence AS e";
  sql.append(kJoin).append(" WHERE ");
  if (buckets) sql += "e.record_bucket = b.bucket AND ";
  return sql + "e.record_key = $1";
}

void AddScope(const store::OrgScope& scope, std::string& sql, std::vector<store::Value>& values) {
  values.emplace_back(scope.org.str());
  sql += " AND e.org_id = $" + std::to_string(values.size());
  if (scope.tenant.empty()) return;
  values.emplace_back(scope.tenant.str());
  sql += " AND e.tenant_id = $" + std::to_string(values.size());
}

Result<std::vector<StoredEvidence>> Query(store::Transaction& transaction, const std::string& sql,
                                          const std::vector<store::Value>& values) {
  Collector collector;
  const auto read = transaction.Query(sql, values, std::ref(collector));
  if (!read) return read.error();
  return std::move(collector.rows);
}

// Records whose own id is `record_id`, among those that are no decision's own.
Result<std::vector<StoredEvidence>> ByRecordKey(store::Transaction& transaction,
                                                const store::OrgScope& scope,
                                                std::string_view record_id) {
  std::vector<store::Value> values{DecisionKey(record_id)};
  std::string sql = std::string(kColumns) + FromRecord(transaction);
  AddScope(scope, sql, values);
  auto rows = Query(transaction, sql + " ORDER BY e.chain_seq", values);
  if (!rows) return rows;
  RecordView record;
  std::erase_if(*rows, [&](const StoredEvidence& row) {
    return !DecodeRecordView(row.payload, record).ok() || record.id != record_id;
  });
  return rows;
}

}  // namespace

Result<std::vector<StoredEvidence>> ReadChain(store::Transaction& transaction,
                                              const store::OrgScope& scope,
                                              std::string_view chain_id) {
  std::vector<store::Value> values{DecisionKey(chain_id), std::string(chain_id)};
  std::string sql = std::string(kColumns) + FromDecision(transaction);
  AddScope(scope, sql, values);
  values.emplace_back(kChainRecordsMax + 1);
  auto rows = Query(
      transaction,
      sql + " ORDER BY e.chain_seq, e.position LIMIT $" + std::to_string(values.size()), values);
  if (!rows) return rows;
  if (rows->size() > static_cast<std::size_t>(kChainRecordsMax)) {
    return Error{ErrorCode::kTooLarge,
                 "the chain has more than " + std::to_string(kChainRecordsMax) + " records"};
  }
  if (!rows->empty()) return rows;
  auto alone = ByRecordKey(transaction, scope, chain_id);
  if (!alone) return alone;
  RecordView record;
  std::erase_if(*alone, [&](const StoredEvidence& row) {
    return !DecodeRecordView(row.payload, record).ok() || !record.decision_id.empty();
  });
  return alone;
}

Result<std::optional<StoredEvidence>> ReadEvidence(store::Transaction& transaction,
                                                   const store::OrgScope& scope,
                                                   std::string_view record_id) {
  std::vector<store::Value> values{DecisionKey(record_id), std::string(record_id)};
  std::string sql = std::string(kColumns) + FromDecision(transaction) + " AND r.is_decision = 1";
  AddScope(scope, sql, values);
  auto rows = Query(transaction, sql + " ORDER BY e.chain_seq LIMIT 1", values);
  if (!rows) return rows.error();
  if (rows->empty()) rows = ByRecordKey(transaction, scope, record_id);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<StoredEvidence>();
  return std::optional<StoredEvidence>(std::move(rows->front()));
}

Result<std::vector<StoredEvidence>> ReadLeaves(store::Transaction& transaction, const TreeId& tree,
                                               std::uint64_t first, std::int64_t limit) {
  return Query(transaction,
               std::string(kColumns) + " FROM audit_evidence AS e" + std::string(kJoin) +
                   " WHERE e.org_id = $1 AND e.tenant_id = $2 AND e.leaf_index >= $3"
                   " ORDER BY e.leaf_index LIMIT $4",
               {tree.org, tree.tenant, static_cast<std::int64_t>(first), limit});
}

Result<std::optional<TreeHead>> ReadHead(store::Transaction& transaction, const TreeId& tree,
                                         std::uint64_t size_max) {
  std::optional<TreeHead> head;
  const auto read = transaction.Query(
      R"(SELECT size, root, signed_at, signing_key_id, signature FROM audit_tree_heads
         WHERE org_id = $1 AND tenant_id = $2 AND size <= $3 ORDER BY minute DESC LIMIT 1)",
      {tree.org, tree.tenant, static_cast<std::int64_t>(size_max)}, [&](const store::Row& row) {
        head.emplace();
        head->origin = LogOrigin(tree.org, tree.tenant);
        head->size = static_cast<std::uint64_t>(row.Int(0));
        if (const auto root = DigestFromBytes(row.Text(1))) head->root = *root;
        head->signed_at = Time(std::chrono::microseconds(row.Int(2)));
        head->key_id = row.Text(3);
        head->signature = row.Text(4);
      });
  if (!read) return read.error();
  return head;
}

}  // namespace axonflow::audit

#include <algorithm>
#include <optional>
#include <utility>

#include "audit/audit_rows.h"
#include "audit/audit_store.h"
#include "base/time.h"

namespace axonflow::audit {

namespace {

constexpr std::uint64_t kPositionsABucket = 16'384;

enum Column : std::size_t {
  kPosition,
  kOrg,
  kTenant,
  kOccurredAt,
  kBucket,
  kKey,
  kDecision,
  kIsDecision,
  kVerdict,
  kRequestType,
  kClient,
  kUserEmail,
  kSession,
  kToolSignature,
  kOverride,
  kPolicies,
  kRecord,
  kColumns
};

// Of the 27,000 instructions that SQLite spends on a row in a statement of its own, 64 rows
// together save 5,000.
constexpr std::size_t kRowsAStatement = 64;

std::string_view OverrideOf(const RecordView& record) {
  for (const auto& [key, value] : record.context) {
    if (key == "override_id") return value;
  }
  return {};
}

store::Value TextOrNull(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return store::TextView(text);
}

std::string InsertStatement(std::size_t rows) {
  std::string sql = R"(
      INSERT INTO audit_records
        (position, org_id, tenant_id, occurred_at, decision_bucket, decision_key, decision_id,
         is_decision, verdict, request_type, client_id, user_email, session_id, tool_signature,
         override_id, policies, record)
      VALUES )";
  for (std::size_t i = 0; i < rows * kColumns; ++i) {
    if (i % kColumns == 0) sql.append(i == 0 ? "(" : "), (");
    sql.append(i % kColumns == 0 ? "$" : ", $").append(std::to_string(i + 1));
  }
  return sql + ")";
}

// The row of a node that ships for the first time.
Status BeginNode(store::Transaction& transaction) {
  const auto begun = transaction.Execute(
      "INSERT INTO audit_shipper (node, position) VALUES ($1, 0) ON CONFLICT DO NOTHING",
      {store::TextView(transaction.node())});
  return begun ? Status() : Status(begun.error());
}

Result<std::optional<JournalPosition>> FindShippedPosition(store::Transaction& transaction) {
  std::optional<JournalPosition> position;
  const auto read = transaction.Query(
      "SELECT position FROM audit_shipper WHERE node = $1" + std::string(transaction.ForUpdate()),
      {store::TextView(transaction.node())}, [&](const store::Row& row) {
        position = JournalPosition{static_cast<std::uint64_t>(row.Int(0))};
      });
  if (!read) return read.error();
  return position;
}

}  // namespace

std::int64_t DecisionKey(std::string_view decision_id) {
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (const char c : decision_id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211u;
  }
  return static_cast<std::int64_t>(hash);
}

std::int64_t DecisionBucket(JournalPosition position) {
  return static_cast<std::int64_t>(ToNumber(position) / kPositionsABucket);
}

void AppendPolicyList(const std::vector<PolicyMatchView>& matches, std::string& list) {
  if (!matches.empty()) list.append("\n");
  for (const auto& match : matches) {
    list.append(match.policy_id).append("\n").append(match.policy_name).append("\n");
  }
}

std::string PolicyNeedle(std::string_view id_or_name) {
  return std::string("\n").append(id_or_name).append("\n");
}

RowWriter::RowWriter() : memory_(kRowsAStatement), parameters_(kRowsAStatement * kColumns) {}

Status RowWriter::Fill(std::size_t row, JournalPosition position, std::string_view payload) {
  auto& memory = memory_[row];
  memory.payload = payload;
  if (auto decoded = DecodeRecordView(memory.payload, record_); !decoded.ok()) return decoded;
  const RecordView& record = record_;
  memory.policies.clear();
  AppendPolicyList(record.matches, memory.policies);
  const bool is_decision = !record.id.empty() && record.id == record.decision_id;
  store::Value* const values = &parameters_[row * kColumns];
  values[kPosition] = static_cast<std::int64_t>(ToNumber(position));
  values[kOrg] = store::TextView(record.org);
  values[kTenant] = store::TextView(record.tenant);
  values[kOccurredAt] = std::int64_t{record.timestamp.time_since_epoch().count()};
  values[kBucket] = DecisionBucket(position);
  values[kKey] = std::monostate{};
  if (!record.decision_id.empty()) values[kKey] = DecisionKey(record.decision_id);
  values[kDecision] = TextOrNull(record.decision_id);
  values[kIsDecision] = std::int64_t{is_decision};
  values[kVerdict] = store::TextView(CanonicalVerdictWord(record.verdict));
  values[kRequestType] = TextOrNull(record.request_type);
  values[kClient] = TextOrNull(record.client);
  values[kUserEmail] = TextOrNull(record.user_email);
  values[kSession] = TextOrNull(record.session_id);
  values[kToolSignature] = TextOrNull(record.tool_signature);
  values[kOverride] = TextOrNull(OverrideOf(record));
  values[kPolicies] = TextOrNull(memory.policies);
  values[kRecord] = store::BlobView(memory.payload);
  return {};
}

Status RowWriter::InsertRecord(store::Transaction& transaction, JournalPosition position,
                               std::string_view payload) {
  static const std::string sql = InsertStatement(1);
  if (auto filled = Fill(0, position, payload); !filled.ok()) return filled;
  const auto inserted = transaction.Execute(sql, parameters_);
  return inserted ? Status() : Status(inserted.error());
}

Status RowWriter::Add(store::Transaction& transaction, JournalPosition position,
                      std::string_view payload) {
  static const std::string sql = InsertStatement(kRowsAStatement);
  if (auto filled = Fill(rows_, position, payload); !filled.ok()) return filled;
  if (++rows_ < kRowsAStatement) return {};
  rows_ = 0;
  const auto inserted = transaction.Execute(sql, parameters_);
  return inserted ? Status() : Status(inserted.error());
}

Status RowWriter::Flush(store::Transaction& transaction) {
  static const std::string sql = InsertStatement(1);
  const auto rows = std::exchange(rows_, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    // The statement takes the first row of the parameters.
    const auto from = parameters_.begin() + static_cast<std::ptrdiff_t>(row * kColumns);
    if (row > 0) std::copy_n(from, kColumns, parameters_.begin());
    const auto inserted = transaction.Execute(sql, parameters_);
    if (!inserted) return inserted.error();
  }
  return {};
}

Status RowWriter::InsertQuarantined(store::Transaction& transaction, JournalPosition position,
                                    std::string_view payload, std::string_view reason) {
  const auto inserted = transaction.Execute(
      R"(
      INSERT INTO audit_quarantine (position, quarantined_at, reason, record) VALUES ($1, $2, $3, $4)
      ON CONFLICT DO NOTHING)",
      {static_cast<std::int64_t>(ToNumber(position)),
       std::int64_t{Now().time_since_epoch().count()}, std::string(reason),
       store::Blob{std::string(payload)}});
  return inserted ? Status() : Status(inserted.error());
}

Status RowWriter::SetShippedPosition(store::Transaction& transaction, JournalPosition position) {
  const auto updated = transaction.Execute(
      "UPDATE audit_shipper SET position = $1 WHERE node = $2 AND position < $1",
      {static_cast<std::int64_t>(ToNumber(position)), store::TextView(transaction.node())});
  if (!updated) return updated.error();
  // Another shipper on the same store would make rows appear twice; better none than two.
  if (*updated != 1) {
    return Error{ErrorCode::kInternal, "audit store: its position moved without this shipper"};
  }
  return {};
}

Result<JournalPosition> ShippedPosition(store::Transaction& transaction) {
  // A batch whose connection broke may still be at work in the server: whoever writes waits for it.
  const bool writes = !transaction.ForUpdate().empty();
  if (writes) {
    if (auto begun = BeginNode(transaction); !begun) return begun.error();
  }
  const auto position = FindShippedPosition(transaction);
  if (!position) return position.error();
  if (*position) return **position;
  const bool begins_later = !transaction.node().empty() && !writes;
  if (begins_later) return JournalPosition::kNone;
  return Error{ErrorCode::kCorrupt, "audit store: its position is missing"};
}

}  // namespace axonflow::audit

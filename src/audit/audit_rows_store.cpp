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

const std::string& OverrideOf(const Record& record) {
  static const std::string none;
  for (const auto& [key, value] : record.context) {
    if (key == "override_id") return value;
  }
  return none;
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

std::string PolicyList(const std::vector<PolicyMatch>& matches) {
  std::string list;
  for (const auto& match : matches) {
    if (list.empty()) list = "\n";
    list.append(match.policy_id).append("\n").append(match.policy_name).append("\n");
  }
  return list;
}

std::string PolicyNeedle(std::string_view id_or_name) {
  return std::string("\n").append(id_or_name).append("\n");
}

RowWriter::RowWriter() : parameters_(kColumns) {}

// Assigns into the string that is there, if one is, to keep its memory.
void RowWriter::SetText(std::size_t index, const std::string& text) {
  auto& value = parameters_[index];
  if (text.empty()) {
    value = std::monostate{};
  } else if (auto* present = std::get_if<std::string>(&value)) {
    *present = text;
  } else {
    value = text;
  }
}

Status RowWriter::InsertRecord(store::Transaction& transaction, JournalPosition position,
                               std::string_view payload) {
  if (auto decoded = DecodeRecordInto(payload, record_); !decoded.ok()) return decoded;
  const Record& record = record_;
  parameters_[kPosition] = static_cast<std::int64_t>(ToNumber(position));
  parameters_[kOrg] = record.org.str();
  parameters_[kTenant] = record.tenant.str();
  parameters_[kOccurredAt] = std::int64_t{record.timestamp.time_since_epoch().count()};
  parameters_[kBucket] = DecisionBucket(position);
  if (record.decision_id.empty()) {
    parameters_[kKey] = std::monostate{};
  } else {
    parameters_[kKey] = DecisionKey(record.decision_id.str());
  }
  SetText(kDecision, record.decision_id.str());
  const bool is_decision = !record.id.empty() && record.id == record.decision_id.str();
  parameters_[kIsDecision] = std::int64_t{is_decision};
  parameters_[kVerdict] = CanonicalVerdict(record.verdict);
  SetText(kRequestType, record.request_type);
  SetText(kClient, record.client.str());
  SetText(kUserEmail, record.user_email);
  SetText(kSession, record.session_id);
  SetText(kToolSignature, record.tool_signature);
  SetText(kOverride, OverrideOf(record));
  SetText(kPolicies, record.matches.empty() ? std::string() : PolicyList(record.matches));
  if (auto* blob = std::get_if<store::Blob>(&parameters_[kRecord])) {
    blob->bytes = payload;
  } else {
    parameters_[kRecord] = store::Blob{std::string(payload)};
  }
  const auto inserted = transaction.Execute(R"(
      INSERT INTO audit_records
        (position, org_id, tenant_id, occurred_at, decision_bucket, decision_key, decision_id,
         is_decision, verdict, request_type, client_id, user_email, session_id, tool_signature,
         override_id, policies, record)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17))",
                                            parameters_);
  return inserted ? Status() : Status(inserted.error());
}

Status RowWriter::InsertQuarantined(store::Transaction& transaction, JournalPosition position,
                                    std::string_view payload, std::string_view reason) {
  const auto inserted = transaction.Execute(
      R"(
      INSERT INTO audit_quarantine (position, quarantined_at, reason, record) VALUES ($1, $2, $3, $4)
      ON CONFLICT (position) DO NOTHING)",
      {static_cast<std::int64_t>(ToNumber(position)),
       std::int64_t{Now().time_since_epoch().count()}, std::string(reason),
       store::Blob{std::string(payload)}});
  return inserted ? Status() : Status(inserted.error());
}

Status RowWriter::SetShippedPosition(store::Transaction& transaction, JournalPosition position) {
  const auto updated =
      transaction.Execute("UPDATE audit_shipper SET position = $1 WHERE id = 1 AND position < $1",
                          {static_cast<std::int64_t>(ToNumber(position))});
  if (!updated) return updated.error();
  // Another shipper on the same store would make rows appear twice; better none than two.
  if (*updated != 1) {
    return Error{ErrorCode::kInternal, "audit store: its position moved without this shipper"};
  }
  return {};
}

Result<JournalPosition> ShippedPosition(store::Transaction& transaction) {
  std::int64_t position = -1;
  const auto read = transaction.Query("SELECT position FROM audit_shipper WHERE id = 1", {},
                                      [&](const store::Row& row) { position = row.Int(0); });
  if (!read) return read.error();
  if (position < 0) return Error{ErrorCode::kCorrupt, "audit store: its position is missing"};
  return JournalPosition{static_cast<std::uint64_t>(position)};
}

}  // namespace axonflow::audit

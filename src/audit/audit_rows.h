#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/record.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

// How a record lies in the audit tables (migrations/0002_audit.sql): shared by the shipper, which
// writes rows, and by the reads.
namespace axonflow::audit {

// The index key of a decision id: any id gives one, and different ids may share one, so compare the
// id as well. FNV-1a, 64 bits.
std::int64_t DecisionKey(std::string_view decision_id);
std::int64_t DecisionBucket(JournalPosition position);

// "\n<id>\n<name>\n" for each match: a policy is found by its id or name between line feeds.
void AppendPolicyList(const std::vector<PolicyMatchView>& matches, std::string& list);
std::string PolicyNeedle(std::string_view id_or_name);

// Canonical verdict as CanonicalVerdict gives it; static text.
std::string_view CanonicalVerdictWord(std::string_view text);

// Writes rows. Keeps its memory from row to row, so that a row costs no allocation. For one thread.
class RowWriter {
 public:
  RowWriter();

  // Writes one row at once. Fails with kCorrupt when `payload` is no record, otherwise as the
  // database says.
  Status InsertRecord(store::Transaction& transaction, JournalPosition position,
                      std::string_view payload);

  // The same, but the row is kept until a statement is full of them (a fifth less CPU a row) or
  // Flush, which must come before the end of the transaction. After a failure call Discard: any of
  // the rows since the last full statement may be the one at fault.
  Status Add(store::Transaction& transaction, JournalPosition position, std::string_view payload);
  Status Flush(store::Transaction& transaction);
  void Discard() { rows_ = 0; }

  // The record of the last Add or InsertRecord that did not fail on its bytes; until the next one.
  const RecordView& record() const { return record_; }

  static Status InsertQuarantined(store::Transaction& transaction, JournalPosition position,
                                  std::string_view payload, std::string_view reason);
  static Status SetShippedPosition(store::Transaction& transaction, JournalPosition position);

 private:
  // What the parameters of a row point into.
  struct RowMemory {
    std::string payload;
    std::string policies;
  };

  Status Fill(std::size_t row, JournalPosition position, std::string_view payload);

  RecordView record_;
  std::vector<RowMemory> memory_;
  std::vector<store::Value> parameters_;  // row after row
  std::size_t rows_ = 0;                  // kept, not written
};

Result<JournalPosition> ShippedPosition(store::Transaction& transaction);

}  // namespace axonflow::audit

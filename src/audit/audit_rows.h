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
std::string PolicyList(const std::vector<PolicyMatch>& matches);
std::string PolicyNeedle(std::string_view id_or_name);

// Writes rows, one statement each. Keeps its parameters from row to row, so that a row costs no
// allocation. For one thread.
class RowWriter {
 public:
  RowWriter();

  // Fails with kCorrupt when `payload` is no record, otherwise as the database says.
  Status InsertRecord(store::Transaction& transaction, JournalPosition position,
                      std::string_view payload);
  static Status InsertQuarantined(store::Transaction& transaction, JournalPosition position,
                                  std::string_view payload, std::string_view reason);
  static Status SetShippedPosition(store::Transaction& transaction, JournalPosition position);

 private:
  void SetText(std::size_t index, const std::string& text);

  Record record_;
  std::vector<store::Value> parameters_;
};

Result<JournalPosition> ShippedPosition(store::Transaction& transaction);

}  // namespace axonflow::audit

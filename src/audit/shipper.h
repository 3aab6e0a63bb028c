#pragma once

#include <chrono>
#include <memory>

#include "audit/evidence_rows.h"
#include "audit/journal.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

namespace axonflow::audit {

struct ShipperOptions {
  std::chrono::milliseconds interval{
      100};  // longest time a record waits for company, without a reader
  std::size_t batch_records_max = 4096;  // a transaction
  EvidenceOptions evidence{};
};

// Moves records from the journal into the store, in order, exactly once: the rows and the last
// position are one transaction. A batch that the store refuses is retried record by record, and a
// record that still fails is kept in audit_quarantine with the reason, so that it holds up nobody.
// The same transaction chains each stored record and adds it to its tenant's tree; the heads of
// trees that grew are signed a second later at most.
class Shipper {
 public:
  Shipper(Journal& journal, store::Database& database, ShipperOptions options);
  ~Shipper();  // Stop, however long the store takes

  // Starts the thread. Fails when the store's last position is beyond the journal's.
  Status Start();

  // Blocks until everything up to `position` is in the store; wakes the shipper at once.
  // kDeadlineExceeded when that takes longer, kUnavailable after EndWaits. Reads after a write go
  // through here.
  Status WaitUntilShipped(JournalPosition position, std::chrono::milliseconds timeout);

  // Blocks until every tree has a head that covers what is stored at the time of the call; signs
  // such heads at once. Fails as WaitUntilShipped. Receipts go through here.
  Status WaitForTreeHeads(std::chrono::milliseconds timeout);

  // Sends home everyone who waits in WaitUntilShipped or will: the process is stopping and nobody
  // reads the answer.
  void EndWaits();

  // Ends the waits, ships what is durable, then ends the thread, which the store can hold up. False
  // when that took longer than `wait`; the thread then still uses the journal and the store.
  bool Stop(std::chrono::milliseconds wait);

  JournalPosition shipped() const;
  Status health() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow::audit

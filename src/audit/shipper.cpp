#include "audit/shipper.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "audit/audit_rows.h"
#include "base/time.h"

namespace axonflow::audit {

namespace {

// How long an idle shipper may take to notice that it is to stop.
constexpr std::chrono::milliseconds kIdleMax{100};
constexpr std::chrono::milliseconds kRetryMin{50};
constexpr std::chrono::milliseconds kRetryMax{2'000};

// Whether another attempt with the same record can succeed: the store, not the record, is at fault.
bool StoreIsAway(const Status& status) {
  return status.error().code == ErrorCode::kUnavailable ||
         status.error().code == ErrorCode::kDeadlineExceeded;
}

Status ExecuteBare(store::Transaction& transaction, std::string_view sql) {
  const auto executed = transaction.Execute(sql, {});
  return executed ? Status() : Status(executed.error());
}

}  // namespace

struct Shipper::Impl {
  Impl(Journal& the_journal, store::Database& the_database, ShipperOptions the_options)
      : journal(the_journal), database(the_database), options(std::move(the_options)) {}

  void Run();
  void WaitForCompany();
  bool ShipAll();
  Status ShipBatch(bool one_by_one);
  Status InsertBatch(store::Transaction& transaction, bool one_by_one, JournalPosition& last);
  Status InsertOne(store::Transaction& transaction, JournalPosition position,
                   std::string_view payload, bool may_quarantine);
  Status InsertOrQuarantine(store::Transaction& transaction, JournalPosition position,
                            std::string_view payload, bool& inserted);
  bool WriteTreeHeads(bool ending);
  void Report(const Status& outcome);

  Journal& journal;
  store::Database& database;
  const ShipperOptions options;
  RowWriter rows;  // of the thread only
  EvidenceWriter evidence{options.evidence};

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable advanced;
  JournalPosition wanted{};        // some reader waits for this position
  std::uint64_t heads_wanted = 0;  // rounds of heads that somebody has asked for
  std::uint64_t heads_written = 0;
  std::condition_variable thread_ended;
  bool stopping = false;
  bool waits_ended = false;
  bool running = false;  // the thread has not come to its end
  Status health;
  std::atomic<JournalPosition> shipped{JournalPosition::kNone};

  std::thread thread;
};

Shipper::Shipper(Journal& journal, store::Database& database, ShipperOptions options)
    : impl_(std::make_unique<Impl>(journal, database, std::move(options))) {}

Shipper::~Shipper() {
  Stop(std::chrono::milliseconds(0));
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Shipper::EndWaits() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->waits_ended = true;
  }
  impl_->advanced.notify_all();
}

bool Shipper::Stop(std::chrono::milliseconds wait) {
  EndWaits();
  std::unique_lock lock(impl_->mutex);
  impl_->stopping = true;
  impl_->wake.notify_all();
  return impl_->thread_ended.wait_for(lock, wait, [&] { return !impl_->running; });
}

Status Shipper::Start() {
  if (impl_->thread.joinable()) return Error{ErrorCode::kInternal, "shipper: started twice"};
  JournalPosition position{};
  const auto read =
      impl_->database.ReadAsPlatform(store::kAuditShipping, [&](store::Transaction& transaction) {
        const auto stored = ShippedPosition(transaction);
        if (!stored) return Status(stored.error());
        position = *stored;
        return Status();
      });
  if (!read) return read;
  if (position > impl_->journal.durable()) {
    return Error{ErrorCode::kCorrupt, "audit store: it holds records up to " +
                                          std::to_string(ToNumber(position)) +
                                          ", but the journal ends at " +
                                          std::to_string(ToNumber(impl_->journal.durable())) +
                                          ": they do not belong together"};
  }
  // Also fails when the records after `position` are gone.
  const auto readable =
      impl_->journal.ReadAfter(position, 1, [](JournalPosition, std::string_view) {});
  if (!readable) return readable.error();
  impl_->shipped = position;
  impl_->running = true;
  impl_->thread = std::thread([impl = impl_.get()] {
    impl->Run();
    const std::lock_guard lock(impl->mutex);
    impl->running = false;
    impl->thread_ended.notify_all();
  });
  return {};
}

void Shipper::Impl::Run() {
  auto retry = kRetryMin;
  for (;;) {
    journal.WaitForRecordsAfter(shipped, kIdleMax);
    WaitForCompany();
    std::uint64_t heads_asked = 0;
    {
      const std::lock_guard lock(mutex);
      heads_asked = heads_wanted;
    }
    const bool shipped_all = ShipAll() && WriteTreeHeads(heads_asked > heads_written);
    std::unique_lock lock(mutex);
    if (shipped_all && heads_asked > heads_written) {
      heads_written = heads_asked;
      advanced.notify_all();
    }
    if (stopping) {
      lock.unlock();
      if (shipped_all) static_cast<void>(WriteTreeHeads(true));  // reported in health
      return;
    }
    if (shipped_all) {
      retry = kRetryMin;
      continue;
    }
    wake.wait_for(lock, retry, [&] { return stopping; });
    retry = std::min(retry * 2, kRetryMax);
  }
}

// Lets a batch grow for `interval`, unless a reader waits.
void Shipper::Impl::WaitForCompany() {
  if (journal.durable() == shipped) return;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, options.interval, [&] { return stopping || wanted > shipped.load(); });
}

// Ships what is durable now; false when that failed and is to be tried again later.
bool Shipper::Impl::ShipAll() {
  const auto target = journal.durable();
  while (shipped.load() < target) {
    auto outcome = ShipBatch(false);
    if (!outcome.ok() && !StoreIsAway(outcome)) outcome = ShipBatch(true);
    Report(outcome);
    if (!outcome.ok()) return false;
    journal.Release(shipped);
  }
  return true;
}

Status Shipper::Impl::ShipBatch(bool one_by_one) {
  JournalPosition last{};
  auto outcome = database.WriteAsPlatform(
      store::kAuditShipping,
      [&](store::Transaction& transaction) { return InsertBatch(transaction, one_by_one, last); });
  if (outcome.ok()) {
    const std::lock_guard lock(mutex);
    shipped = last;
  }
  return outcome;
}

// The rows go from the journal's buffer into the store, so that a batch is never in memory as a
// whole.
Status Shipper::Impl::InsertBatch(store::Transaction& transaction, bool one_by_one,
                                  JournalPosition& last) {
  // A commit whose answer got lost may have moved the position already.
  const auto stored = ShippedPosition(transaction);
  if (!stored) return stored.error();
  if (*stored < shipped.load()) {
    return Error{ErrorCode::kCorrupt, "audit store: it lost records that it had confirmed"};
  }
  rows.Discard();  // of an attempt that failed
  if (auto begun = evidence.Begin(transaction); !begun) return begun;
  Status status;
  const auto read = journal.ReadAfter(
      *stored, options.batch_records_max, [&](JournalPosition position, std::string_view payload) {
        if (!status.ok()) return;
        status = InsertOne(transaction, position, payload, one_by_one);
      });
  if (!read) return read.error();
  if (status.ok()) status = rows.Flush(transaction);
  if (status.ok()) status = evidence.Finish(transaction);
  if (!status.ok()) return status;
  last = *read;
  if (last == *stored) return {};
  return RowWriter::SetShippedPosition(transaction, last);
}

Status Shipper::Impl::InsertOne(store::Transaction& transaction, JournalPosition position,
                                std::string_view payload, bool may_quarantine) {
  bool stored = true;
  const auto inserted = may_quarantine ? InsertOrQuarantine(transaction, position, payload, stored)
                                       : rows.Add(transaction, position, payload);
  if (!inserted.ok() || !stored) return inserted;
  return evidence.Add(transaction, position, payload, rows.record());
}

// False when it is to be tried again later.
bool Shipper::Impl::WriteTreeHeads(bool ending) {
  const auto now = Now();
  if (!evidence.HeadsAreDue(now, ending)) return true;
  const auto written =
      database.WriteAsPlatform(store::kAuditShipping, [&](store::Transaction& transaction) {
        return evidence.WriteHeads(transaction, now, ending);
      });
  Report(written);
  return written.ok();
}

Status Shipper::Impl::InsertOrQuarantine(store::Transaction& transaction, JournalPosition position,
                                         std::string_view payload, bool& inserted_row) {
  // A failed statement would spoil the whole transaction on some engines; the savepoint saves it.
  if (auto set = ExecuteBare(transaction, "SAVEPOINT audit_record"); !set.ok()) return set;
  const auto inserted = rows.InsertRecord(transaction, position, payload);
  inserted_row = inserted.ok();
  if (!inserted.ok()) {
    if (StoreIsAway(inserted)) return inserted;
    auto undone = ExecuteBare(transaction, "ROLLBACK TO SAVEPOINT audit_record");
    if (!undone.ok()) return undone;
    auto kept =
        RowWriter::InsertQuarantined(transaction, position, payload, inserted.error().message);
    if (!kept.ok()) return kept;
  }
  return ExecuteBare(transaction, "RELEASE SAVEPOINT audit_record");
}

void Shipper::Impl::Report(const Status& outcome) {
  {
    const std::lock_guard lock(mutex);
    health = outcome;
  }
  if (outcome.ok()) advanced.notify_all();
}

Status Shipper::WaitUntilShipped(JournalPosition position, std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  if (impl_->shipped.load() >= position) return {};
  impl_->wanted = std::max(impl_->wanted, position);
  impl_->wake.notify_one();
  impl_->advanced.wait_for(lock, timeout,
                           [&] { return impl_->shipped.load() >= position || impl_->waits_ended; });
  if (impl_->shipped.load() >= position) return {};
  if (impl_->waits_ended) {
    return Error{ErrorCode::kUnavailable, "audit store: the server is stopping"};
  }
  std::string message = "audit store: it did not receive the latest records in time";
  if (!impl_->health.ok()) message += " (" + impl_->health.error().message + ")";
  return Error{ErrorCode::kDeadlineExceeded, message};
}

Status Shipper::WaitForTreeHeads(std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  const auto round = ++impl_->heads_wanted;
  impl_->wake.notify_one();
  impl_->advanced.wait_for(lock, timeout,
                           [&] { return impl_->heads_written >= round || impl_->waits_ended; });
  if (impl_->heads_written >= round) return {};
  if (impl_->waits_ended) {
    return Error{ErrorCode::kUnavailable, "audit store: the server is stopping"};
  }
  return Error{ErrorCode::kDeadlineExceeded, "audit store: no tree head was signed in time"};
}

JournalPosition Shipper::shipped() const { return impl_->shipped; }

Status Shipper::health() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->health;
}

}  // namespace axonflow::audit

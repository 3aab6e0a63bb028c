#include "audit/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "audit/segment.h"
#include "audit/segment_files.h"
#include "audit/segment_list.h"
#include "audit/segment_reader.h"
#include "audit/segment_writer.h"
#include "base/crc32c.h"
#include "base/executor.h"

namespace axonflow::audit {

namespace {

// How long the first record of a group waits for company while traffic is dense. A sync costs about
// 40 us of CPU however many records it covers.
constexpr std::chrono::microseconds kGatherMax{1'000};
// So much at a time leaves ReadAfter, whatever records_max says.
constexpr std::size_t kReadBytesMax = 32 << 20;

// One suspended Append. Lives in the coroutine (or on the stack of AppendAndWait) until it is
// resumed.
struct Waiter {
  std::coroutine_handle<> handle;
  Executor* executor = nullptr;           // set: resume `handle` there
  std::binary_semaphore* done = nullptr;  // otherwise release this
  std::uint64_t position = 0;
  Status status;
};

struct Group {
  std::string frames;
  std::vector<Waiter*> waiters;

  void Clear() {
    frames.clear();
    waiters.clear();
  }
};

Status CheckOptions(const JournalOptions& options) {
  const auto largest =
      segment::kHeaderBytes + segment::kFrameHeaderBytes + options.record_bytes_max;
  if (options.record_bytes_max == 0 || options.record_bytes_max > (std::size_t{32} << 20)) {
    return Error{ErrorCode::kInvalidArgument, "journal: record_bytes_max must be 1 byte to 32 MiB"};
  }
  if (options.segment_bytes < largest || options.retained_bytes_max < 4 * largest) {
    return Error{ErrorCode::kInvalidArgument,
                 "journal: segment_bytes and a quarter of retained_bytes_max must hold one record"};
  }
  return {};
}

}  // namespace

struct Journal::Impl {
  explicit Impl(const JournalOptions& journal_options) : options(journal_options), reader(list) {}

  bool Enqueue(Waiter& waiter, std::string_view payload, std::uint32_t payload_crc);
  Status Admit(std::size_t frame_bytes) const;
  void Run();
  bool TakeGroup();
  void CommitGroup();
  void Publish(const Status& outcome);
  void Resume(Group& group);
  Status CheckPayload(std::string_view payload) const;

  const JournalOptions options;
  segment::Descriptor lock_file;
  segment::SegmentList list;
  segment::SegmentReader reader;
  std::unique_ptr<segment::SegmentWriter> writer;  // used by the thread only

  mutable std::mutex mutex;
  std::condition_variable wake_writer;
  std::condition_variable became_durable;
  Group pending;
  std::uint64_t next_position = 1;
  std::size_t in_flight_bytes = 0;  // of the group that is being written
  std::size_t wake_at = 0;          // the thread sleeps until so many records wait; 0: it is awake
  int durable_watchers = 0;
  bool stopping = false;
  Status health;
  std::atomic<std::uint64_t> durable{0};

  // Of the thread only.
  Group writing;
  std::size_t last_group_records = 0;
  std::vector<std::pair<Executor*, std::vector<std::coroutine_handle<>>>> resumptions;

  std::thread thread;
};

Status Journal::Impl::CheckPayload(std::string_view payload) const {
  if (payload.empty())
    return Error{ErrorCode::kInvalidArgument, "journal: a record cannot be empty"};
  if (payload.size() > options.record_bytes_max) {
    return Error{ErrorCode::kTooLarge, "journal: a record of " + std::to_string(payload.size()) +
                                           " bytes is over record_bytes_max"};
  }
  return {};
}

Status Journal::Impl::Admit(std::size_t frame_bytes) const {
  if (stopping) return Error{ErrorCode::kUnavailable, "journal: closing"};
  const auto waiting = pending.frames.size() + in_flight_bytes + frame_bytes;
  if (waiting > options.pending_bytes_max) {
    return Error{ErrorCode::kResourceExhausted,
                 "journal: pending_bytes_max reached, the disk is too slow"};
  }
  if (list.bytes() + waiting > options.retained_bytes_max) {
    return Error{ErrorCode::kResourceExhausted,
                 "journal: retained_bytes_max reached, the audit store takes no records"};
  }
  return {};
}

// Puts a record into the next group. False when a bound forbids it; `waiter.status` says why. After
// true the waiter belongs to the thread and may be resumed at any moment: do not touch it.
bool Journal::Impl::Enqueue(Waiter& waiter, std::string_view payload, std::uint32_t payload_crc) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex);
    waiter.status = Admit(segment::kFrameHeaderBytes + payload.size());
    if (!waiter.status.ok()) return false;
    waiter.position = next_position++;
    segment::AppendFrame(pending.frames, payload_crc, waiter.position, payload);
    pending.waiters.push_back(&waiter);
    wake = pending.waiters.size() == wake_at;
  }
  if (wake) wake_writer.notify_one();
  return true;
}

void Journal::Impl::Run() {
  while (TakeGroup()) CommitGroup();
}

// Waits for records. When the last group was large, clients are many and come in a wave: the first
// one then waits a moment until as many as last time are there, so that one sync serves them all. A
// lone client never waits for company.
bool Journal::Impl::TakeGroup() {
  std::unique_lock lock(mutex);
  wake_at = 1;
  wake_writer.wait(lock, [&] { return !pending.waiters.empty() || stopping; });
  if (pending.waiters.empty()) return false;
  if (pending.waiters.size() < last_group_records && !stopping) {
    wake_at = last_group_records;
    wake_writer.wait_for(lock, kGatherMax,
                         [&] { return pending.waiters.size() >= last_group_records || stopping; });
  }
  wake_at = 0;
  std::swap(writing, pending);
  in_flight_bytes = writing.frames.size();
  last_group_records = writing.waiters.size();
  return true;
}

void Journal::Impl::CommitGroup() {
  const auto outcome = writer->Write(writing.frames);
  Publish(outcome);
  Resume(writing);
}

// Makes the outcome visible. After a failure the records that wait already are refused as well:
// they were numbered behind the ones that are lost, and positions have no gaps.
void Journal::Impl::Publish(const Status& outcome) {
  const auto reached = writer->durable();
  bool notify = false;
  {
    const std::lock_guard lock(mutex);
    durable.store(reached, std::memory_order_release);
    if (!outcome.ok()) {
      writing.waiters.insert(writing.waiters.end(), pending.waiters.begin(), pending.waiters.end());
      pending.Clear();
      next_position = reached + 1;
      health = outcome;
    } else if (!health.ok()) {
      health = Status();
    }
    in_flight_bytes = 0;
    notify = durable_watchers > 0;
  }
  if (notify) became_durable.notify_all();
  for (Waiter* waiter : writing.waiters) {
    if (waiter->position > reached) waiter->status = outcome;
  }
}

void Journal::Impl::Resume(Group& group) {
  for (Waiter* waiter : group.waiters) {
    if (waiter->executor == nullptr) {
      waiter->done->release();
      continue;
    }
    const auto same = [&](const auto& entry) { return entry.first == waiter->executor; };
    auto found = std::find_if(resumptions.begin(), resumptions.end(), same);
    if (found == resumptions.end()) {
      resumptions.emplace_back(waiter->executor, std::vector<std::coroutine_handle<>>());
      found = std::prev(resumptions.end());
    }
    found->second.push_back(waiter->handle);
  }
  group.Clear();
  for (auto& [executor, handles] : resumptions) {
    if (handles.empty()) continue;
    executor->Post(handles);
    handles.clear();
  }
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Journal>> Journal::Open(const JournalOptions& options) {
  if (const auto checked = CheckOptions(options); !checked) return checked.error();
  std::error_code error;
  const bool created = std::filesystem::create_directories(options.directory, error);
  if (error) {
    return segment::DiskError("cannot create " + options.directory.string(), error.value());
  }
  if (created) {
    std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, error);
    if (error) {
      return segment::DiskError("cannot protect " + options.directory.string(), error.value());
    }
  }
  auto impl = std::make_unique<Impl>(options);
  const auto lock_path = options.directory / "lock";
  impl->lock_file =
      segment::Descriptor(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!impl->lock_file.is_open())
    return segment::DiskError("cannot open " + lock_path.string(), errno);
  if (::flock(impl->lock_file.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kConflict,
                 "journal: another process uses " + options.directory.string()};
  }
  // Only whole segments can be released, so retained_bytes_max must be several of them.
  const auto segment_bytes =
      std::min<std::uint64_t>(options.segment_bytes, options.retained_bytes_max / 4);
  auto writer = segment::SegmentWriter::Open(options.directory, segment_bytes, impl->list);
  if (!writer) return writer.error();
  impl->writer = std::move(*writer);
  impl->durable = impl->writer->durable();
  impl->next_position = impl->durable + 1;
  impl->thread = std::thread([implementation = impl.get()] { implementation->Run(); });
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Journal::~Journal() { Stop(); }

void Journal::Stop() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake_writer.notify_one();
  impl_->became_durable.notify_all();
  impl_->thread.join();
}

Task<Result<JournalPosition>> Journal::Append(std::string payload) {
  struct Suspension {
    Impl& impl;
    std::string_view payload;
    std::uint32_t payload_crc;
    Waiter waiter;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle) {
      waiter.handle = handle;
      return impl.Enqueue(waiter, payload, payload_crc);
    }
    void await_resume() const noexcept {}
  };

  if (const auto checked = impl_->CheckPayload(payload); !checked) co_return checked.error();
  Executor* const executor = Executor::Current();
  if (executor == nullptr) {
    co_return Error{ErrorCode::kInternal, "journal: Append needs a thread of an executor"};
  }
  Suspension suspension{*impl_, payload, Crc32c(payload), {}};
  suspension.waiter.executor = executor;
  co_await suspension;
  if (!suspension.waiter.status.ok()) co_return suspension.waiter.status.error();
  co_return JournalPosition{suspension.waiter.position};
}

Result<JournalPosition> Journal::AppendAndWait(std::string payload) {
  if (const auto checked = impl_->CheckPayload(payload); !checked) return checked.error();
  std::binary_semaphore done(0);
  Waiter waiter;
  waiter.done = &done;
  if (impl_->Enqueue(waiter, payload, Crc32c(payload))) done.acquire();
  if (!waiter.status.ok()) return waiter.status.error();
  return JournalPosition{waiter.position};
}

JournalPosition Journal::durable() const {
  return JournalPosition{impl_->durable.load(std::memory_order_acquire)};
}

Status Journal::health() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->health;
}

Result<JournalPosition> Journal::ReadAfter(
    JournalPosition from, std::size_t records_max,
    const std::function<void(JournalPosition, std::string_view payload)>& on_record) {
  const auto durable = ToNumber(this->durable());
  const auto first = ToNumber(from) + 1;
  if (first > durable || records_max == 0) return from;
  const auto last = std::min<std::uint64_t>(durable, ToNumber(from) + records_max);
  const auto delivered = impl_->reader.Read(first, last, kReadBytesMax,
                                            [&](std::uint64_t position, std::string_view payload) {
                                              on_record(JournalPosition{position}, payload);
                                            });
  if (!delivered) return delivered.error();
  return JournalPosition{*delivered};
}

void Journal::WaitForRecordsAfter(JournalPosition seen, std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  ++impl_->durable_watchers;
  impl_->became_durable.wait_for(lock, timeout,
                                 [&] { return durable() > seen || impl_->stopping; });
  --impl_->durable_watchers;
}

void Journal::Release(JournalPosition shipped) {
  for (const auto& segment : impl_->list.TakeUpTo(ToNumber(shipped))) {
    std::error_code error;
    // A file that cannot be removed is read and released again after the next start.
    std::filesystem::remove(segment.path, error);
  }
}

}  // namespace axonflow::audit

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"

namespace axonflow::audit {

struct JournalOptions {
  std::filesystem::path directory;
  std::size_t segment_bytes = 64 << 20;  // preallocated; a new segment starts when one is full
  std::size_t record_bytes_max = 1 << 20;
  std::size_t pending_bytes_max =
      16 << 20;  // appended but not yet durable; more is kResourceExhausted
  std::size_t retained_bytes_max = std::size_t{4}
                                   << 30;  // unshipped segments; more is kResourceExhausted
};

// The append-only file that an answer waits for. Records have consecutive positions; a group of
// them is written with one write and one fdatasync by the journal's own thread (group commit).
// After a failed write or sync nothing is acknowledged until a later attempt has succeeded.
class Journal {
 public:
  // Opens or creates the journal. A torn tail (bytes after the last whole record of the last
  // segment) is cut off; damage anywhere else is kCorrupt with file and offset. Takes an exclusive
  // lock on the folder: a second process gets kConflict.
  static Result<std::unique_ptr<Journal>> Open(const JournalOptions& options);
  ~Journal();

  // Makes what is pending durable, resumes its waiters and ends the writing thread; later appends
  // fail. Afterwards no executor is posted to, so executors may go away. Called by the destructor.
  void Stop();

  // Appends `payload` and suspends until it is durable, then goes on where it was called
  // (Executor::Current). Fails without suspending when a bound is reached, and after suspending
  // when the disk refuses. Safe from any thread that belongs to an Executor.
  // The journal posts to that executor, which therefore must outlive it.
  Task<Result<JournalPosition>> Append(std::string payload);

  // The same for threads without an executor (tests, command line): blocks.
  Result<JournalPosition> AppendAndWait(std::string payload);

  JournalPosition durable() const;  // last position that is on disk
  Status health() const;            // ok, or why the last write failed

  // Calls `on_record` for durable records after `from`, in order, at most `records_max` of them.
  // Returns the last position delivered (`from` when there was none). For one reader: the shipper.
  Result<JournalPosition> ReadAfter(
      JournalPosition from, std::size_t records_max,
      const std::function<void(JournalPosition, std::string_view payload)>& on_record);

  // Blocks until a record after `seen` is durable, the timeout passes or the journal closes.
  void WaitForRecordsAfter(JournalPosition seen, std::chrono::milliseconds timeout);

  // Segments that hold only positions up to `shipped` may be deleted.
  void Release(JournalPosition shipped);

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow::audit

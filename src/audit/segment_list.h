#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "audit/segment_files.h"

namespace axonflow::audit::segment {

// The segments on disk, oldest first; the last one is being written. Thread-safe.
class SegmentList {
 public:
  void Add(SegmentFile file, std::uint64_t bytes);
  void SetLastBytes(std::uint64_t bytes);

  // The segment that holds `position` if any does.
  std::optional<SegmentFile> Containing(std::uint64_t position) const;

  // Takes out every segment but the last whose positions all are <= `position`.
  std::vector<SegmentFile> TakeUpTo(std::uint64_t position);

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    SegmentFile file;
    std::uint64_t bytes;
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace axonflow::audit::segment

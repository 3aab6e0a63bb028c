#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "audit/segment_files.h"
#include "audit/segment_list.h"
#include "base/result.h"

namespace axonflow::audit::segment {

// Follows the journal from record to record. Keeps its place, so that going on costs no search.
class SegmentReader {
 public:
  explicit SegmentReader(const SegmentList& list) : list_(list) {}

  // Calls `on_record` for the records from `first` to at most `last`, which must be durable; stops
  // after `bytes_max` bytes. Returns the last position delivered (`first` - 1: none).
  Result<std::uint64_t> Read(
      std::uint64_t first, std::uint64_t last, std::size_t bytes_max,
      const std::function<void(std::uint64_t position, std::string_view payload)>& on_record);

 private:
  Status Seek(std::uint64_t position);
  Status Refill();
  Result<std::string_view> Next();

  const SegmentList& list_;
  SegmentFile segment_{};
  Descriptor file_;
  std::uint64_t next_ = 0;    // position of the frame at offset_
  std::uint64_t offset_ = 0;  // of that frame in the file
  std::string buffer_;        // bytes of the file from buffer_offset_ on
  std::uint64_t buffer_offset_ = 0;
};

}  // namespace axonflow::audit::segment

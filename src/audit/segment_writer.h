#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "audit/segment_files.h"
#include "audit/segment_list.h"
#include "base/result.h"

namespace axonflow::audit::segment {

// The end of the journal: the one segment that is being written. Used by one thread.
class SegmentWriter {
 public:
  // Reads all segments of `directory`, cuts a torn tail of the last one, fills `list` and makes
  // what is there durable. kCorrupt with file and offset for damage anywhere else.
  static Result<std::unique_ptr<SegmentWriter>> Open(const std::filesystem::path& directory,
                                                     std::uint64_t segment_bytes,
                                                     SegmentList& list);

  // Makes `frames` durable: whole frames with consecutive positions after durable(). May fail part
  // of the way: durable() tells how far it came, and the file is cut back to that record before the
  // next attempt. Marks the group starts in `frames`.
  Status Write(std::string& frames);

  std::uint64_t durable() const { return durable_; }

 private:
  SegmentWriter(std::filesystem::path directory, std::uint64_t segment_bytes, SegmentList& list);

  Status Recover();
  Status AdoptLast(const SegmentFile& file, std::string_view bytes, std::uint64_t end, bool clean);
  Status StartSegment();
  Status Repair();
  void LayOutAhead(std::uint64_t end);
  Status WriteGroup(std::string_view group);
  void RememberTail(std::string_view group);

  const std::filesystem::path directory_;
  const std::uint64_t segment_bytes_;
  SegmentList& list_;
  Descriptor file_;
  std::uint64_t durable_ = 0;   // last position on disk
  std::uint64_t offset_ = 0;    // where the next frame goes
  std::uint64_t laid_out_ = 0;  // the file is written, with zeros if need be, up to here
  bool needs_repair_ = false;   // bytes after offset_ are unknown
  bool tail_suspect_ = false;   // a sync failed: the last block may be damaged on disk
  std::string tail_;            // durable bytes from the last block boundary to offset_
};

}  // namespace axonflow::audit::segment

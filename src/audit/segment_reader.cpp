#include "audit/segment_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "audit/segment.h"

namespace axonflow::audit::segment {

namespace {

constexpr std::size_t kChunkBytes = 256 << 10;
constexpr std::size_t kFrameBytesMax = 64 << 20;  // far above any record_bytes_max

}  // namespace

Result<std::uint64_t> SegmentReader::Read(
    std::uint64_t first, std::uint64_t last, std::size_t bytes_max,
    const std::function<void(std::uint64_t position, std::string_view payload)>& on_record) {
  // What an earlier call saw behind its last record may have been cut and written anew.
  buffer_.clear();
  std::size_t bytes = 0;
  std::uint64_t position = first;
  while (position <= last && bytes < bytes_max) {
    if (next_ != position) {
      if (const auto found = Seek(position); !found) return found.error();
    }
    const auto payload = Next();
    if (!payload) return payload.error();
    on_record(position, *payload);
    bytes += payload->size();
    ++position;
  }
  return position - 1;
}

Status SegmentReader::Seek(std::uint64_t position) {
  const auto segment = list_.Containing(position);
  if (!segment) {
    return Error{ErrorCode::kNotFound,
                 "journal: record " + std::to_string(position) + " is no longer there"};
  }
  Descriptor file(::open(segment->path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return DiskError("cannot open " + segment->path.string(), errno);
  segment_ = *segment;
  file_ = std::move(file);
  next_ = segment->first_position;
  offset_ = kHeaderBytes;
  buffer_.clear();
  while (next_ < position) {
    if (const auto skipped = Next(); !skipped) return skipped.error();
  }
  return {};
}

// Makes buffer_ begin at offset_ and hold at least the frame there, as far as the file goes.
Status SegmentReader::Refill() {
  std::size_t wanted = kChunkBytes;
  for (;;) {
    buffer_.resize(wanted);
    buffer_offset_ = offset_;
    std::size_t done = 0;
    while (done < wanted) {
      const auto got = ::pread(file_.get(), buffer_.data() + done, wanted - done,
                               static_cast<off_t>(offset_ + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return DiskError("cannot read " + segment_.path.string(), errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    buffer_.resize(done);
    // The second time round, or at the end of the file, more bytes will not come.
    if (done < wanted || wanted > kChunkBytes || FrameBytes(buffer_) <= done) return {};
    wanted = std::min(FrameBytes(buffer_), kFrameBytesMax);
  }
}

Result<std::string_view> SegmentReader::Next() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto skip = offset_ - buffer_offset_;
    if (!buffer_.empty() && skip < buffer_.size()) {
      const auto frame = ParseFrame(std::string_view(buffer_).substr(skip));
      if (frame && frame->position == next_) {
        offset_ += frame->bytes();
        ++next_;
        return frame->payload;
      }
    }
    if (attempt > 0) break;
    if (const auto filled = Refill(); !filled) return filled.error();
  }
  // The segment may end here, and the next record begin the next one.
  const auto segment = list_.Containing(next_);
  if (segment && segment->first_position == next_ && segment_.first_position != next_) {
    if (const auto found = Seek(next_); !found) return found.error();
    return Next();
  }
  return Error{ErrorCode::kCorrupt, "journal: " + segment_.path.string() + " is damaged at byte " +
                                        std::to_string(offset_) + ": record " +
                                        std::to_string(next_) + " fails its check"};
}

}  // namespace axonflow::audit::segment

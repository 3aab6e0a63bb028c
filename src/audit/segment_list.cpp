#include "audit/segment_list.h"

#include <algorithm>
#include <utility>

namespace axonflow::audit::segment {

void SegmentList::Add(SegmentFile file, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::move(file), bytes});
  bytes_ += bytes;
}

void SegmentList::SetLastBytes(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ += bytes - entries_.back().bytes;
  entries_.back().bytes = bytes;
}

std::optional<SegmentFile> SegmentList::Containing(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), position,
      [](std::uint64_t value, const Entry& entry) { return value < entry.file.first_position; });
  if (after == entries_.begin()) return std::nullopt;
  return std::prev(after)->file;
}

std::vector<SegmentFile> SegmentList::TakeUpTo(std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  std::vector<SegmentFile> taken;
  while (entries_.size() > 1 && entries_[1].file.first_position <= position + 1) {
    bytes_ -= entries_.front().bytes;
    taken.push_back(std::move(entries_.front().file));
    entries_.erase(entries_.begin());
  }
  return taken;
}

}  // namespace axonflow::audit::segment

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The files of a journal folder: "<first position, 20 digits>.segment", and the descriptors on
// them.
namespace axonflow::audit::segment {

struct SegmentFile {
  std::uint64_t first_position;
  std::filesystem::path path;
};

std::filesystem::path SegmentPath(const std::filesystem::path& directory,
                                  std::uint64_t first_position);

// In order of position. Other names in the folder are left alone.
Result<std::vector<SegmentFile>> ListSegments(const std::filesystem::path& directory);

// The whole file. kNotFound when it is not there (the shipper may have released it).
Result<std::string> ReadSegment(const std::filesystem::path& path);

// "journal: <what>: <text of errno>"; kUnavailable.
Error DiskError(std::string_view what, int error_number);

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

// Writes all of `bytes` at `offset`; returns 0 or the errno. `*written` counts what arrived.
int WriteAt(int descriptor, std::string_view bytes, std::uint64_t offset, std::size_t* written);

// Syncs the folder itself, so that a created file survives a power loss.
Status SyncDirectory(const std::filesystem::path& directory);

// fdatasync, or what a test has put in its place to play a failing disk.
int SyncData(int descriptor);
void ReplaceSyncForTest(int (*sync)(int));  // nullptr: fdatasync again

}  // namespace axonflow::audit::segment

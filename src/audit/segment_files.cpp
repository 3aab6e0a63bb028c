#include "audit/segment_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

namespace axonflow::audit::segment {

namespace {

constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kDigits = 20;

std::atomic<int (*)(int)> sync_data{&::fdatasync};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) ::close(number_);
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Error DiskError(std::string_view what, int error_number) {
  std::string message = "journal: ";
  if (!what.empty()) message.append(what).append(": ");
  return Error{ErrorCode::kUnavailable, message + std::strerror(error_number)};
}

std::filesystem::path SegmentPath(const std::filesystem::path& directory,
                                  std::uint64_t first_position) {
  char name[32];
  std::snprintf(name, sizeof name, "%020llu.segment",
                static_cast<unsigned long long>(first_position));
  return directory / name;
}

Result<std::vector<SegmentFile>> ListSegments(const std::filesystem::path& directory) {
  std::vector<SegmentFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    std::uint64_t first = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + kDigits, first);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + kDigits) continue;
    files.push_back({first, it->path()});
  }
  if (error) return DiskError("cannot list " + directory.string(), error.value());
  std::sort(files.begin(), files.end(), [](const SegmentFile& a, const SegmentFile& b) {
    return a.first_position < b.first_position;
  });
  return files;
}

Result<std::string> ReadSegment(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    const int reason = errno;
    auto error = DiskError("cannot open " + path.string(), reason);
    if (reason == ENOENT) error.code = ErrorCode::kNotFound;
    return error;
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return DiskError("cannot read " + path.string(), errno);
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return DiskError("cannot read " + path.string(), errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

int WriteAt(int descriptor, std::string_view bytes, std::uint64_t offset, std::size_t* written) {
  *written = 0;
  while (*written < bytes.size()) {
    const auto got = ::pwrite(descriptor, bytes.data() + *written, bytes.size() - *written,
                              static_cast<off_t>(offset + *written));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return ENOSPC;
    *written += static_cast<std::size_t>(got);
  }
  return 0;
}

Status SyncDirectory(const std::filesystem::path& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) {
    return DiskError("cannot sync " + directory.string(), errno);
  }
  return {};
}

int SyncData(int descriptor) { return sync_data.load()(descriptor); }

void ReplaceSyncForTest(int (*sync)(int)) {
  sync_data.store(sync == nullptr ? &::fdatasync : sync);
}

}  // namespace axonflow::audit::segment

#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace axonflow {
namespace {

Error FromErrno(const std::string& action, const std::filesystem::path& path) {
  const int code = errno;
  return Error{code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
               action + " " + path.string() + ": " + std::strerror(code)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

Status WriteAll(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FromErrno("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status SyncFolder(const std::filesystem::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return FromErrno("cannot sync folder", folder);
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return FromErrno("cannot open", path);
  std::string bytes;
  char chunk[16384];
  while (true) {
    const ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FromErrno("cannot read", path);
    if (got == 0) return bytes;
    bytes.append(chunk, static_cast<std::size_t>(got));
    if (bytes.size() > bytes_max) {
      return Error{ErrorCode::kTooLarge,
                   path.string() + " is larger than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  {
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (fd.get() < 0) return FromErrno("cannot create", temporary);
    if (auto written = WriteAll(fd.get(), bytes, temporary); !written) return written;
    if (::fsync(fd.get()) != 0) return FromErrno("cannot sync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return FromErrno("cannot rename to", path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return SyncFolder(folder);
}

}  // namespace axonflow

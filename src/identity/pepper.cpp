#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/crypto.h"
#include "identity/client_directory.h"

namespace axonflow::identity {
namespace {

constexpr std::size_t kPepperBytes = 32;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

Error SystemError(const std::string& file, std::string_view act) {
  return {ErrorCode::kUnavailable,
          file + ": cannot " + std::string(act) + ": " + std::strerror(errno)};
}

Error Refused(const std::string& file, std::string_view why) {
  return {ErrorCode::kPermissionDenied, file + ": " + std::string(why)};
}

Result<Secret> ReadPepper(const std::string& file, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return SystemError(file, "read its mode");
  if (!S_ISREG(status.st_mode)) return Refused(file, "is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Refused(file, "is open to other users; make it private with: chmod 600");
  }
  std::array<char, kPepperBytes + 1> bytes{};
  const ssize_t size = ::read(fd, bytes.data(), bytes.size());
  if (size < 0) return SystemError(file, "read");
  if (size != static_cast<ssize_t>(kPepperBytes)) {
    return Error{ErrorCode::kCorrupt, file + ": must hold exactly 32 bytes"};
  }
  Secret pepper(std::string(bytes.data(), kPepperBytes));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return pepper;
}

Status SyncFolder(const std::filesystem::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || ::fsync(fd.get()) != 0) return SystemError(folder.string(), "sync");
  return {};
}

// Writes new random bytes under a name of its own and links it to `file`, which fails when another
// process was first. Nobody ever sees half a pepper, and two processes end up with the same one.
Status CreatePepper(const std::string& file) {
  const std::string temporary = file + "." + NewUuid();
  const FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return SystemError(temporary, "create");
  std::array<std::uint8_t, kPepperBytes> bytes{};
  FillRandom(bytes);
  const bool written =
      ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(kPepperBytes) &&
      ::fsync(fd.get()) == 0;
  OPENSSL_cleanse(bytes.data(), bytes.size());
  Status result;
  if (!written) {
    result = SystemError(temporary, "write");
  } else if (::link(temporary.c_str(), file.c_str()) != 0 && errno != EEXIST) {
    result = SystemError(file, "create");
  }
  ::unlink(temporary.c_str());
  if (!result) return result;
  return SyncFolder(std::filesystem::absolute(file).parent_path());
}

// Makes the folder of `file` when it is missing, closed to other users.
Status CreateParent(const std::string& file) {
  std::error_code error;
  const auto parent = std::filesystem::absolute(file, error).parent_path();
  if (std::filesystem::is_directory(parent, error)) return {};
  std::filesystem::create_directories(parent, error);
  if (error) return Error{ErrorCode::kUnavailable, parent.string() + ": " + error.message()};
  std::filesystem::permissions(parent, std::filesystem::perms::owner_all, error);
  if (error) return Error{ErrorCode::kUnavailable, parent.string() + ": " + error.message()};
  return {};
}

}  // namespace

Result<Secret> LoadOrCreatePepper(const std::string& file) {
  {
    const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.ok()) return ReadPepper(file, fd.get());
    if (errno != ENOENT) return SystemError(file, "open");
  }
  if (const Status parent = CreateParent(file); !parent) return parent.error();
  if (const Status created = CreatePepper(file); !created) return created.error();
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return SystemError(file, "open");
  return ReadPepper(file, fd.get());
}

}  // namespace axonflow::identity

#include "secrets/source.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/json.h"

namespace axonflow::secrets {
namespace {

// Others must neither read nor change it, and its group must not change it.
constexpr mode_t kRefusedModes = S_IROTH | S_IWOTH | S_IXOTH | S_IWGRP;

class EnvironmentSource final : public Source {
 public:
  explicit EnvironmentSource(
      std::function<std::optional<std::string>(const std::string&)> environment)
      : environment_(std::move(environment)) {}

  Result<Secret> Read(const Reference& reference) override {
    auto value = environment_(reference.path);
    if (!value || value->empty()) {
      return Error{ErrorCode::kNotFound, reference.Masked() + ": the variable is not set"};
    }
    while (!value->empty() && static_cast<unsigned char>(value->back()) <= ' ') value->pop_back();
    return Secret(std::move(*value));
  }

 private:
  const std::function<std::optional<std::string>(const std::string&)> environment_;
};

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

std::string VersionOf(const struct stat& state) {
  return std::to_string(state.st_dev) + "." + std::to_string(state.st_ino) + "." +
         std::to_string(state.st_size) + "." + std::to_string(state.st_mtim.tv_sec) + "." +
         std::to_string(state.st_mtim.tv_nsec) + "." + std::to_string(state.st_mode) + "." +
         std::to_string(state.st_ctim.tv_nsec);
}

class FileSource final : public Source {
 public:
  Result<Secret> Read(const Reference& reference) override {
    const std::string place = reference.Masked();
    const Descriptor file(::open(reference.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
      const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kPermissionDenied;
      return Error{code, place + ": " + std::strerror(errno)};
    }
    struct stat state{};
    if (::fstat(file.get(), &state) != 0 || !S_ISREG(state.st_mode)) {
      return Error{ErrorCode::kPermissionDenied, place + ": not a regular file"};
    }
    if ((state.st_mode & kRefusedModes) != 0) {
      return Error{ErrorCode::kPermissionDenied,
                   place + ": others can read or change it; give it the mode 0400 or 0440"};
    }
    if (state.st_uid != ::geteuid() && state.st_uid != 0) {
      return Error{ErrorCode::kPermissionDenied, place + ": it belongs to another user"};
    }
    if (static_cast<std::size_t>(state.st_size) > kSecretBytesMax) {
      return Error{ErrorCode::kTooLarge, place + ": longer than 65536 bytes"};
    }
    std::string text(static_cast<std::size_t>(state.st_size) + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
      const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error{ErrorCode::kUnavailable, place + ": " + std::strerror(errno)};
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    while (filled > 0 && static_cast<unsigned char>(text[filled - 1]) <= ' ') --filled;
    text.resize(filled);
    if (text.empty()) return Error{ErrorCode::kNotFound, place + ": the file is empty"};
    return TakeField(Secret(std::move(text)), reference.field, place);
  }

  std::string Version(const Reference& reference) override {
    struct stat state{};
    if (::stat(reference.path.c_str(), &state) != 0) return "none";
    return VersionOf(state);
  }
};

}  // namespace

std::unique_ptr<Source> MakeEnvironmentSource(
    std::function<std::optional<std::string>(const std::string&)> environment) {
  return std::make_unique<EnvironmentSource>(std::move(environment));
}

std::unique_ptr<Source> MakeFileSource() { return std::make_unique<FileSource>(); }

Result<Secret> TakeField(const Secret& text, const std::string& field, const std::string& place) {
  if (field.empty()) return text;
  JsonDocument document;
  Result<Secret> taken = Error{ErrorCode::kNotFound, place + ": no text of that field in it"};
  const auto root = document.Parse(text.Reveal());
  if (!root) {
    taken = Error{ErrorCode::kCorrupt, place + ": not a JSON object"};
  } else if (const auto member = root->Find(field)) {
    if (const auto value = member->AsString(); value && !value->empty()) {
      taken = Secret(std::string(*value));
    }
  }
  // The document keeps its buffers, with the secret in them, until the next text overwrites them.
  static_cast<void>(document.Parse('"' + std::string(text.Reveal().size(), 'x') + '"').ok());
  return taken;
}

}  // namespace axonflow::secrets

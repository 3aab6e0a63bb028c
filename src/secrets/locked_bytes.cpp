#include "secrets/locked_bytes.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace axonflow::secrets {

Result<LockedBytes> LockedBytes::Make(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t inner = (size + page - 1) / page * page;
  LockedBytes locked;
  locked.mapped_bytes_ = inner + 2 * page;
  void* const mapping =
      ::mmap(nullptr, locked.mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return Error{ErrorCode::kUnavailable, "no memory for key material"};
  }
  locked.mapping_ = static_cast<std::uint8_t*>(mapping);
  std::uint8_t* const start = locked.mapping_ + page;
  if (::mprotect(start, inner, PROT_READ | PROT_WRITE) != 0 || ::mlock(start, inner) != 0) {
    return Error{ErrorCode::kUnavailable, std::string("cannot lock key material into memory: ") +
                                              std::strerror(errno) +
                                              "; raise the limit of locked memory (ulimit -l)"};
  }
  // Kernels that do not know the second advice lose only that protection.
  if (::madvise(start, inner, MADV_DONTDUMP) != 0) {
    return Error{ErrorCode::kUnavailable, "cannot keep key material out of core dumps"};
  }
  static_cast<void>(::madvise(start, inner, MADV_WIPEONFORK));
  locked.data_ = start;
  locked.size_ = size;
  return locked;
}

LockedBytes::LockedBytes(LockedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(std::exchange(other.mapped_bytes_, 0)) {}

LockedBytes& LockedBytes::operator=(LockedBytes&& other) noexcept {
  if (this != &other) {
    Release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapping_ = std::exchange(other.mapping_, nullptr);
    mapped_bytes_ = std::exchange(other.mapped_bytes_, 0);
  }
  return *this;
}

LockedBytes::~LockedBytes() { Release(); }

void LockedBytes::Release() {
  if (mapping_ == nullptr) return;
  if (data_ != nullptr) OPENSSL_cleanse(data_, size_);
  ::munmap(mapping_, mapped_bytes_);
  mapping_ = nullptr;
}

Status DisableCoreDumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error{ErrorCode::kUnavailable,
                 std::string("cannot switch core dumps off: ") + std::strerror(errno)};
  }
  return {};
}

}  // namespace axonflow::secrets

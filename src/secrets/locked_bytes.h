#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace axonflow::secrets {

// A few bytes of key material in pages of their own: locked into memory, left out of core dumps,
// empty in a forked child, behind unreadable pages on both sides, and overwritten at the end.
// Moves, does not copy.
class LockedBytes {
 public:
  LockedBytes() = default;
  // `size` zero bytes. kUnavailable when the system gives no page or does not lock it
  // (RLIMIT_MEMLOCK): a key that may be written to swap is not kept in silence.
  static Result<LockedBytes> Make(std::size_t size);
  LockedBytes(LockedBytes&& other) noexcept;
  LockedBytes& operator=(LockedBytes&& other) noexcept;
  LockedBytes(const LockedBytes&) = delete;
  LockedBytes& operator=(const LockedBytes&) = delete;
  ~LockedBytes();

  std::span<std::uint8_t> bytes() { return {data_, size_}; }
  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  void Release();

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint8_t* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
};

// Ends core dumps of this process and keeps other processes of the same user from reading its
// memory (prctl PR_SET_DUMPABLE, RLIMIT_CORE 0). Call it before the first secret is read.
Status DisableCoreDumps();

}  // namespace axonflow::secrets

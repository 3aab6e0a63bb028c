#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace axonflow::net {

// How many bytes of large request buffers the whole server may hold. Bodies are read before anybody
// has shown a credential, so their sum needs a bound that does not depend on who sends them.
// Thread-safe; asked only when a buffer grows beyond RequestReader::kUncountedBytesMax, never by a
// small request.
class BodyBudget {
 public:
  // With more than this in use the memory that comes and goes is worth giving back to the system.
  static constexpr std::size_t kBusyBytes = 16 << 20;

  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes `bytes`, or nothing and returns false when that would exceed the bound.
  bool TryTake(std::size_t bytes) {
    const std::size_t used = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (used > bytes_max_) {
      used_.fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    if (used > kBusyBytes) busy_moves_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  void GiveBack(std::size_t bytes) {
    const std::size_t used = used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (used > kBusyBytes) busy_moves_.fetch_add(1, std::memory_order_relaxed);
  }

  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  // Rises with every take and return while more than kBusyBytes are in use.
  std::uint64_t busy_moves() const { return busy_moves_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_ = 0;
  std::atomic<std::uint64_t> busy_moves_ = 0;
};

}  // namespace axonflow::net

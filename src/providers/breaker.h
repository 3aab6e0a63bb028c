#pragma once

#include <chrono>
#include <mutex>

namespace axonflow::providers {

// Keeps calls away from a provider that fails again and again, so that they fail over or fail at
// once instead of waiting for it. Thread-safe.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int kFailuresMax = 8;  // one after the other, until it opens
  static constexpr std::chrono::milliseconds kOpenFor{2'000};
  static constexpr std::chrono::milliseconds kOpenForMax{60'000};  // doubled up to this

  // Whether the provider may be asked. While it is open one call passes after each wait, to see how
  // the provider is.
  bool Allow(Clock::time_point now);
  void Succeed();
  void Fail(Clock::time_point now);

  bool open(Clock::time_point now) const;

 private:
  mutable std::mutex mutex_;
  int failures_ = 0;
  std::chrono::milliseconds wait_ = kOpenFor;
  bool trying_ = false;                // a call has passed while it was open and has not ended
  Clock::time_point refuses_until_{};  // while failures_ == kFailuresMax
};

}  // namespace axonflow::providers

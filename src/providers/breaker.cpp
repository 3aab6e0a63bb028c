#include "providers/breaker.h"

#include <algorithm>
#include <utility>

namespace axonflow::providers {

bool Breaker::Allow(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failures_ < kFailuresMax) return true;
  if (now < refuses_until_) return false;
  refuses_until_ = now + wait_;  // the others, while this one tries
  trying_ = true;
  return true;
}

void Breaker::Succeed() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  wait_ = kOpenFor;
  trying_ = false;
}

void Breaker::Fail(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const bool was_open = failures_ == kFailuresMax;
  if (!was_open && ++failures_ < kFailuresMax) return;
  // Calls that were under way when it opened say nothing new.
  if (was_open && !std::exchange(trying_, false)) return;
  refuses_until_ = now + wait_;
  wait_ = std::min(2 * wait_, kOpenForMax);
}

bool Breaker::open(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return failures_ == kFailuresMax && now < refuses_until_;
}

}  // namespace axonflow::providers

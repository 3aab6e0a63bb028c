#include "providers/breaker.h"

#include <algorithm>

namespace axonflow::providers {

bool Breaker::Allow(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failures_ < kFailuresMax) return true;
  if (now < closed_until_) return false;
  closed_until_ = now + wait_;  // for the others, while this one tries
  return true;
}

void Breaker::Succeed() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  wait_ = kOpenFor;
}

void Breaker::Fail(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (failures_ < kFailuresMax) ++failures_;
  if (failures_ < kFailuresMax) return;
  closed_until_ = now + wait_;
  wait_ = std::min(2 * wait_, kOpenForMax);
}

bool Breaker::open(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return failures_ >= kFailuresMax && now < closed_until_;
}

}  // namespace axonflow::providers

#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace axonflow::app {
namespace {

// POSIX promises a process so many, in case the system does not say.
constexpr std::size_t kDescriptorsAssumed = 256;

}  // namespace

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kDescriptorsAssumed;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    // The kernel refuses more than its own maximum; the limit then stays as it was.
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t ConnectionsWithin(std::size_t descriptors, std::size_t wanted) {
  const std::size_t free =
      descriptors > kReservedDescriptors ? descriptors - kReservedDescriptors : 0;
  return std::clamp(free, kConnectionsMin, std::max(wanted, kConnectionsMin));
}

}  // namespace axonflow::app

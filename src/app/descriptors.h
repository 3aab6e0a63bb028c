#pragma once

#include <cstddef>

namespace axonflow::app {

// Descriptors that connections leave to the journal, the store, the log and the listening sockets.
inline constexpr std::size_t kReservedDescriptors = 64;
inline constexpr std::size_t kConnectionsMin = 16;

// Raises the soft limit of open files to the hard one, which needs no right. Returns the limit in
// force.
std::size_t RaiseDescriptorLimit();

// How many connections `descriptors` allow: `wanted`, or fewer so that kReservedDescriptors stay
// free. Never fewer than kConnectionsMin: with so few descriptors the server hardly starts.
std::size_t ConnectionsWithin(std::size_t descriptors, std::size_t wanted);

}  // namespace axonflow::app

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/node.h"

namespace axonflow::cli {

// What bind(2) says to `address` (numeric, IPv4 or IPv6) and `port`: 0 or its errno. Without
// SO_REUSEPORT, so that a running server of ours shows.
int TryToBind(const std::string& address, std::uint16_t port);

// Whether a server of `node` could start at this moment: its settings fit together, no other
// process holds its journal, and its port is free. Makes and changes nothing, so whatever a start
// should not do in vain (such as ending a client's secret) can come after it. kInvalidArgument for
// settings, kUnavailable for the rest; the message says what to do.
Status CanStart(const Node& node);

}  // namespace axonflow::cli

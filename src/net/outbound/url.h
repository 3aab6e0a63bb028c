#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/outbound/address.h"

namespace axonflow::outbound {

// An absolute http or https URL, taken apart by one strict reader. What is sent is written anew
// from these parts, so that no second reader can understand the same text differently.
struct Url {
  static constexpr std::size_t kBytesMax = 8'192;

  bool tls = true;
  std::string host;                  // a lower-case name or an address without brackets
  std::optional<IpAddress> address;  // when the host is one
  std::uint16_t port = 0;
  std::string target;  // path and query as given; begins with '/'

  // Refuses (kInvalidArgument, one sentence without the URL): other schemes, user names and
  // passwords, white space, control and non-ASCII bytes, backslashes, percent signs in the host,
  // names with a dot at the end, hosts that some readers take for an address (decimal, octal, hex,
  // fewer than four numbers), IPv6 zones, bad ports. A fragment is left out.
  static Result<Url> Parse(std::string_view text);

  // What `location`, the value of a Location header, means on this URL (RFC 3986 section 5.2).
  Result<Url> Resolve(std::string_view location) const;

  std::string ToString() const;
  // "https://host:port", the port always written.
  std::string Origin() const;
};

}  // namespace axonflow::outbound

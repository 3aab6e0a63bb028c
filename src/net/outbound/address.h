#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace axonflow::outbound {

// An IPv4 or IPv6 address as bytes in network order; an IPv4 address fills the first four.
struct IpAddress {
  enum class Family : std::uint8_t { kV4, kV6 };

  Family family = Family::kV4;
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress V4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);

  // Four decimal numbers without leading zeros, or the text of RFC 4291 section 2.2 without a zone.
  // Nothing for every other spelling: 0177.0.0.1, 127.1, 2130706433 and 0x7f.1 are not addresses.
  static std::optional<IpAddress> Parse(std::string_view text);

  std::string ToString() const;
  int bits() const { return family == Family::kV4 ? 32 : 128; }
  bool operator==(const IpAddress&) const = default;
};

// A block of addresses, "10.0.0.0/8" or "fd00::/8".
struct Cidr {
  IpAddress base;
  int prefix_bits = 0;

  // An address alone stands for itself (/32 or /128). Refuses a base with bits behind the prefix,
  // since such an entry says something else than its author meant.
  static Result<Cidr> Parse(std::string_view text);

  // An IPv4 address is in no IPv6 block, and the other way round.
  bool Contains(const IpAddress& address) const;
};

// What an address is for. Everything but kPublic is refused unless it is allowed by name.
enum class AddressKind : std::uint8_t {
  kPublic,
  kThisNetwork,    // 0.0.0.0/8, ::
  kLoopback,       // 127.0.0.0/8, ::1
  kPrivate,        // RFC 1918, fc00::/7, fec0::/10
  kCarrier,        // 100.64.0.0/10 (RFC 6598)
  kLinkLocal,      // 169.254.0.0/16, fe80::/10
  kMetadata,       // where a cloud hands out the credentials of the machine
  kProtocol,       // 192.0.0.0/24, 192.88.99.0/24, 2001::/23 and what lies outside 2000::/3
  kDocumentation,  // RFC 5737, RFC 3849, RFC 9637
  kBenchmark,      // 198.18.0.0/15
  kMulticast,      // 224.0.0.0/4, ff00::/8
  kReserved,       // 240.0.0.0/4 with the broadcast address
  kDisguised,      // an IPv4 address inside an IPv6 one: mapped, compatible, translated, 6to4
};

std::string_view ToString(AddressKind kind);

// By the registries of RFC 6890 and its updates. 64:ff9b::/96 (NAT64, RFC 6052) is judged by the
// IPv4 address inside, since it is what a resolver answers on a network that only has IPv6; the
// other forms of an IPv4 address inside an IPv6 one have no honest use as a destination.
AddressKind Classify(const IpAddress& address);

}  // namespace axonflow::outbound

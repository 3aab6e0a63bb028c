#include "net/outbound/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace axonflow::outbound {
namespace {

struct Block {
  std::array<std::uint8_t, 16> base;
  int prefix_bits;
  AddressKind kind;
};

bool SamePrefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
                int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

// The first block that holds the address decides, so single addresses come before their networks.
constexpr Block kV4Blocks[] = {
    // Amazon (also ECS and EKS), Google, Azure, OpenStack; Alibaba; Oracle; Azure's wire server.
    {{169, 254, 169, 254}, 32, AddressKind::kMetadata},
    {{169, 254, 170, 2}, 32, AddressKind::kMetadata},
    {{169, 254, 170, 23}, 32, AddressKind::kMetadata},
    {{100, 100, 100, 200}, 32, AddressKind::kMetadata},
    {{192, 0, 0, 192}, 32, AddressKind::kMetadata},
    {{168, 63, 129, 16}, 32, AddressKind::kMetadata},
    {{0, 0, 0, 0}, 8, AddressKind::kThisNetwork},
    {{10, 0, 0, 0}, 8, AddressKind::kPrivate},
    {{100, 64, 0, 0}, 10, AddressKind::kCarrier},
    {{127, 0, 0, 0}, 8, AddressKind::kLoopback},
    {{169, 254, 0, 0}, 16, AddressKind::kLinkLocal},
    {{172, 16, 0, 0}, 12, AddressKind::kPrivate},
    {{192, 0, 0, 0}, 24, AddressKind::kProtocol},
    {{192, 0, 2, 0}, 24, AddressKind::kDocumentation},
    {{192, 88, 99, 0}, 24, AddressKind::kProtocol},
    {{192, 168, 0, 0}, 16, AddressKind::kPrivate},
    {{198, 18, 0, 0}, 15, AddressKind::kBenchmark},
    {{198, 51, 100, 0}, 24, AddressKind::kDocumentation},
    {{203, 0, 113, 0}, 24, AddressKind::kDocumentation},
    {{224, 0, 0, 0}, 4, AddressKind::kMulticast},
    {{240, 0, 0, 0}, 4, AddressKind::kReserved},
};

constexpr Block kV6Blocks[] = {
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     AddressKind::kMetadata},  // Amazon
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     AddressKind::kMetadata},  // Google
    {{}, 128, AddressKind::kThisNetwork},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressKind::kLoopback},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, AddressKind::kDisguised},  // mapped
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96, AddressKind::kDisguised},  // translated
    {{}, 96, AddressKind::kDisguised},                                          // compatible
    {{0x20, 0x02}, 16, AddressKind::kDisguised},                                // 6to4
    {{0xfc}, 7, AddressKind::kPrivate},
    {{0xfe, 0x80}, 10, AddressKind::kLinkLocal},
    {{0xfe, 0xc0}, 10, AddressKind::kPrivate},
    {{0xff}, 8, AddressKind::kMulticast},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressKind::kDocumentation},
    {{0x3f, 0xff}, 20, AddressKind::kDocumentation},
    {{0x20, 0x01}, 23, AddressKind::kProtocol},  // Teredo, benchmarking, ORCHID among them
    {{0x20}, 3, AddressKind::kPublic},
    {{}, 0, AddressKind::kProtocol},
};

constexpr std::array<std::uint8_t, 16> kNat64{0x00, 0x64, 0xff, 0x9b};
constexpr int kNat64Bits = 96;
constexpr std::size_t kAddressBytesMax = 45;

template <std::size_t kCount>
AddressKind KindIn(const Block (&blocks)[kCount], const IpAddress& address) {
  for (const Block& block : blocks) {
    if (SamePrefix(address.bytes, block.base, block.prefix_bits)) return block.kind;
  }
  return AddressKind::kPublic;
}

}  // namespace

IpAddress IpAddress::V4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  IpAddress address;
  address.bytes[0] = a;
  address.bytes[1] = b;
  address.bytes[2] = c;
  address.bytes[3] = d;
  return address;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.size() > kAddressBytesMax || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  IpAddress address;
  address.family = text.find(':') == std::string_view::npos ? Family::kV4 : Family::kV6;
  const int family = address.family == Family::kV4 ? AF_INET : AF_INET6;
  // inet_pton takes neither fewer than four numbers nor another base than ten, and no zone.
  if (::inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
  // It does take "010.0.0.1" with some C libraries, which others read as octal.
  if (address.family == Family::kV4 && address.ToString() != text) return std::nullopt;
  return address;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family == Family::kV4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

Result<Cidr> Cidr::Parse(std::string_view text) {
  const Error bad{ErrorCode::kInvalidArgument,
                  "\"" + std::string(text.substr(0, 64)) +
                      "\" is not an address block such as 10.1.0.0/16 or fd00::/8"};
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return bad;
  Cidr block{*base, base->bits()};
  if (slash == std::string_view::npos) return block;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), block.prefix_bits);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-' ||
      block.prefix_bits > base->bits()) {
    return bad;
  }
  for (int bit = block.prefix_bits; bit < base->bits(); ++bit) {
    if ((base->bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return bad;
  }
  return block;
}

bool Cidr::Contains(const IpAddress& address) const {
  return address.family == base.family && SamePrefix(address.bytes, base.bytes, prefix_bits);
}

std::string_view ToString(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic:
      return "public";
    case AddressKind::kThisNetwork:
      return "unspecified";
    case AddressKind::kLoopback:
      return "loopback";
    case AddressKind::kPrivate:
      return "private";
    case AddressKind::kCarrier:
      return "carrier-shared";
    case AddressKind::kLinkLocal:
      return "link-local";
    case AddressKind::kMetadata:
      return "metadata-service";
    case AddressKind::kProtocol:
      return "special-purpose";
    case AddressKind::kDocumentation:
      return "documentation";
    case AddressKind::kBenchmark:
      return "benchmarking";
    case AddressKind::kMulticast:
      return "multicast";
    case AddressKind::kReserved:
      return "reserved";
    case AddressKind::kDisguised:
      return "wrapped IPv4";
  }
  return "unknown";
}

AddressKind Classify(const IpAddress& address) {
  if (address.family == IpAddress::Family::kV4) return KindIn(kV4Blocks, address);
  if (SamePrefix(address.bytes, kNat64, kNat64Bits)) {
    return Classify(
        IpAddress::V4(address.bytes[12], address.bytes[13], address.bytes[14], address.bytes[15]));
  }
  return KindIn(kV6Blocks, address);
}

}  // namespace axonflow::outbound

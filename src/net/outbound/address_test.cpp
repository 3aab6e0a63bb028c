#include "net/outbound/address.h"

#include <gtest/gtest.h>

namespace axonflow::outbound {
namespace {

AddressKind KindOf(const char* text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return Classify(address.value_or(IpAddress{}));
}

TEST(IpAddress, ReadsOnlyThePlainSpelling) {
  for (const char* good : {"8.8.8.8", "0.0.0.0", "255.255.255.255", "::", "::1", "2606:4700::1111",
                           "::ffff:1.2.3.4"}) {
    EXPECT_TRUE(IpAddress::Parse(good).has_value()) << good;
  }
  for (const char* bad : {"", "8.8.8", "08.8.8.8", "8.8.8.8.", "8.8.8.8 ", "0x8.8.8.8", "256.1.1.1",
                          "1::2::3", "::1%eth0", "[::1]", "8.8.8.8/8", "12345::"}) {
    EXPECT_FALSE(IpAddress::Parse(bad).has_value()) << bad;
  }
}

// Each block's first and last address, and its neighbours outside.
TEST(Classify, KnowsTheEdgesOfEveryBlock) {
  struct Row {
    const char *before, *first, *last, *after;
    AddressKind kind;
  };
  const Row rows[] = {
      {"", "0.0.0.0", "0.255.255.255", "1.0.0.0", AddressKind::kThisNetwork},
      {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", AddressKind::kPrivate},
      {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", AddressKind::kCarrier},
      {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", AddressKind::kLoopback},
      {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", AddressKind::kLinkLocal},
      {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", AddressKind::kPrivate},
      {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", AddressKind::kProtocol},
      {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", AddressKind::kDocumentation},
      {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", AddressKind::kProtocol},
      {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", AddressKind::kPrivate},
      {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", AddressKind::kBenchmark},
      {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0",
       AddressKind::kDocumentation},
      {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", AddressKind::kDocumentation},
      {"223.255.255.255", "224.0.0.0", "239.255.255.255", "", AddressKind::kMulticast},
      {"", "240.0.0.0", "255.255.255.255", "", AddressKind::kReserved},
      {"2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff::", "2001:db9::",
       AddressKind::kDocumentation},
      {"2000:ffff::", "2001::", "2001:1ff:ffff::", "2001:200::", AddressKind::kProtocol},
      {"2001:ffff::", "2002::", "2002:ffff:ffff::", "2003::", AddressKind::kDisguised},
      {"3ffe:ffff::", "3fff::", "3fff:fff:ffff::", "3fff:1000::", AddressKind::kDocumentation},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(KindOf(row.first), row.kind) << row.first;
    EXPECT_EQ(KindOf(row.last), row.kind) << row.last;
    for (const char* outside : {row.before, row.after}) {
      if (*outside == '\0') continue;
      EXPECT_EQ(KindOf(outside), AddressKind::kPublic) << outside;
    }
  }
}

TEST(Classify, JudgesNat64ByTheAddressInside) {
  EXPECT_EQ(KindOf("64:ff9b::8.8.8.8"), AddressKind::kPublic);
  EXPECT_EQ(KindOf("64:ff9b::10.1.1.1"), AddressKind::kPrivate);
  EXPECT_EQ(KindOf("64:ff9b::169.254.169.254"), AddressKind::kMetadata);
  EXPECT_EQ(KindOf("64:ff9b:1::8.8.8.8"), AddressKind::kProtocol);
}

TEST(Cidr, ContainsItsEdgesAndNothingBeyond) {
  const auto block = Cidr::Parse("10.4.0.0/14");
  ASSERT_TRUE(block.ok());
  EXPECT_TRUE(block->Contains(*IpAddress::Parse("10.4.0.0")));
  EXPECT_TRUE(block->Contains(*IpAddress::Parse("10.7.255.255")));
  EXPECT_FALSE(block->Contains(*IpAddress::Parse("10.3.255.255")));
  EXPECT_FALSE(block->Contains(*IpAddress::Parse("10.8.0.0")));
  EXPECT_FALSE(block->Contains(*IpAddress::Parse("::ffff:10.4.0.0")));
  EXPECT_TRUE(Cidr::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("255.1.2.3")));
  EXPECT_TRUE(Cidr::Parse("::1")->Contains(*IpAddress::Parse("::1")));
}

TEST(Cidr, RefusesWhatItsAuthorDidNotMean) {
  for (const char* bad :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "fd00::1/8",
        "::/129", "10/8", "example.org", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Cidr::Parse(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace axonflow::outbound

#include "net/outbound/egress_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "net/outbound/testing.h"

namespace axonflow::outbound {
namespace {

constexpr std::size_t kRowsMin = 80;

EgressGuard Allowing(const std::vector<std::string>& blocks) {
  auto guard = EgressGuard::FromList(blocks);
  EXPECT_TRUE(guard.ok());
  return *guard;
}

Status CheckedWith(const EgressGuard& guard, const RefusedDestination& row, Purpose purpose) {
  const auto url = guard.Admit(row.url, purpose, false);
  if (!url) return url.error();
  return guard.CheckAnswer(*url, url->address ? std::vector{*url->address} : row.answer, purpose,
                           false);
}

TEST(EgressGuard, RefusesEveryRowOfTheTable) {
  const auto rows = ReadRefusedDestinations();
  ASSERT_GE(rows.size(), kRowsMin);
  std::set<std::string> tricks;
  for (const RefusedDestination& row : rows) {
    EXPECT_TRUE(tricks.insert(row.trick).second) << "twice in the table: " << row.trick;
    for (const Purpose purpose : {Purpose::kProvider, Purpose::kCallback, Purpose::kIdentity}) {
      EXPECT_FALSE(CheckedWith(EgressGuard(), row, purpose).ok()) << row.trick << " " << row.url;
    }
  }
}

// A list for one network opens that network and no other trick.
TEST(EgressGuard, RefusesDisguisesOfAnAllowedAddress) {
  const EgressGuard guard = Allowing({"127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "0.0.0.0/0"});
  for (const char* url :
       {"https://2130706433/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://[::ffff:127.0.0.1]/", "https://[::127.0.0.1]/", "https://user@127.0.0.1/",
        "https://127.0.0.1:22/", "https://169.254.169.254/", "https://[::1]/"}) {
    EXPECT_FALSE(guard.Admit(url, Purpose::kCallback, false).ok()) << url;
  }
  EXPECT_TRUE(guard.Admit("http://127.0.0.1:11434/", Purpose::kProvider, false).ok());
  EXPECT_TRUE(guard.Admit("https://10.20.30.40/", Purpose::kProvider, false).ok());
}

TEST(EgressGuard, LetsAMetadataServiceThroughByItsOwnNameOnly) {
  const auto metadata = *IpAddress::Parse("169.254.169.254");
  EXPECT_FALSE(Allowing({"169.254.169.0/24"}).CheckAddress(metadata, Purpose::kSecrets).ok());
  EXPECT_TRUE(Allowing({"169.254.169.254/32"}).CheckAddress(metadata, Purpose::kSecrets).ok());
  EgressGuard open;
  open.Open(Purpose::kCallback);
  EXPECT_FALSE(open.CheckAddress(metadata, Purpose::kCallback).ok());
}

TEST(EgressGuard, AnEscapeOpensOnePurposeOnly) {
  EgressGuard guard;
  guard.Open(Purpose::kCallback);
  const auto address = *IpAddress::Parse("10.1.2.3");
  EXPECT_TRUE(guard.CheckAddress(address, Purpose::kCallback).ok());
  EXPECT_FALSE(guard.CheckAddress(address, Purpose::kConnector).ok());
  const auto benchmark = *IpAddress::Parse("198.18.5.5");
  EXPECT_TRUE(EgressGuard().CheckAddress(benchmark, Purpose::kConnector).ok());
  EXPECT_FALSE(EgressGuard().CheckAddress(benchmark, Purpose::kProvider).ok());
}

TEST(EgressGuard, AdmitsPublicDestinations) {
  const EgressGuard guard;
  for (const char* url : {"https://api.example.org/v1/messages", "https://8.8.8.8/",
                          "https://[2606:4700::1111]/", "https://api.example.org:8443/",
                          "https://11.0.0.1/", "https://172.32.0.1/", "https://1.0.0.1/"}) {
    EXPECT_TRUE(guard.Admit(url, Purpose::kProvider, false).ok()) << url;
  }
  const Url url = *Url::Parse("https://api.example.org/");
  EXPECT_TRUE(
      guard.CheckAnswer(url, {*IpAddress::Parse("93.184.216.34")}, Purpose::kProvider, false).ok());
  EXPECT_TRUE(
      guard.CheckAnswer(url, {*IpAddress::Parse("64:ff9b::808:808")}, Purpose::kProvider, false)
          .ok());
}

TEST(EgressGuard, TakesNoTlsOnlyWhereItIsAllowed) {
  const Url url = *Url::Parse("http://hooks.example.org/");
  const std::vector<IpAddress> answer{*IpAddress::Parse("93.184.216.34")};
  EXPECT_FALSE(EgressGuard().CheckAnswer(url, answer, Purpose::kCallback, false).ok());
  EXPECT_TRUE(EgressGuard().CheckAnswer(url, answer, Purpose::kCallback, true).ok());
  EXPECT_TRUE(Allowing({"93.184.216.34"}).CheckAnswer(url, answer, Purpose::kCallback, false).ok());
}

TEST(EgressGuard, NamesTheBadEntryOfAList) {
  const auto guard = EgressGuard::FromList({"10.0.0.0/8", "10.0.0.1/8"});
  ASSERT_FALSE(guard.ok());
  EXPECT_THAT(guard.error().message, testing::HasSubstr("10.0.0.1/8"));
}

}  // namespace
}  // namespace axonflow::outbound

#include "audit/segment.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/crc32c.h"

namespace axonflow::audit::segment {
namespace {

// A segment of groups; each group is a list of payloads.
std::string Segment(std::uint64_t first, const std::vector<std::vector<std::string>>& groups) {
  std::string bytes = EncodeHeader(first);
  for (const auto& group : groups) {
    const auto start = bytes.size();
    for (const auto& payload : group) AppendFrame(bytes, Crc32c(payload), first++, payload);
    MarkGroupStart(bytes, start);
  }
  return bytes;
}

TEST(Segment, ScanDeliversEveryFrameInOrder) {
  const auto bytes = Segment(7, {{"one", "two"}, {"three"}});
  std::vector<std::string> seen;
  std::vector<bool> starts;
  const auto scan = ScanSegment(bytes, [&](const Frame& frame) {
    EXPECT_EQ(frame.position, 7 + seen.size());
    seen.emplace_back(frame.payload);
    starts.push_back(frame.starts_group);
  });
  EXPECT_TRUE(scan.header_ok);
  EXPECT_EQ(scan.first_position, 7u);
  EXPECT_EQ(scan.next_position, 10u);
  EXPECT_EQ(scan.end, bytes.size());
  EXPECT_TRUE(scan.clean);
  EXPECT_FALSE(scan.damaged);
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(starts, (std::vector<bool>{true, false, true}));
}

TEST(Segment, LaidOutZerosAreACleanEnd) {
  const auto scan = ScanSegment(Segment(1, {{"one"}}) + std::string(5000, '\0'), nullptr);
  EXPECT_TRUE(scan.clean);
  EXPECT_EQ(scan.next_position, 2u);
}

TEST(Segment, AnyFlippedBitInAnEarlierGroupIsDamage) {
  const auto first = Segment(1, {{"first record"}});
  const auto bytes = Segment(1, {{"first record"}, {"second record"}});
  for (std::size_t at = kHeaderBytes; at < first.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      // The group mark of the damaged frame itself proves nothing and is not in the CRC.
      if (at == kHeaderBytes + 3 && bit == 7) continue;
      auto flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const auto scan = ScanSegment(flipped, nullptr);
      EXPECT_TRUE(scan.damaged) << at << ":" << bit;
      EXPECT_EQ(scan.end, kHeaderBytes) << at;
    }
  }
}

TEST(Segment, BytesOfTheLastGroupMayBeTornInAnyOrder) {
  // Power loss can keep the second block of a write and lose the first.
  auto bytes = Segment(1, {{"kept"}, {"lost", "came through"}});
  const auto kept = Segment(1, {{"kept"}}).size();
  bytes[kept + kFrameHeaderBytes] = 'X';
  const auto scan = ScanSegment(bytes, nullptr);
  EXPECT_FALSE(scan.clean);
  EXPECT_FALSE(scan.damaged);
  EXPECT_EQ(scan.end, kept);
}

TEST(Segment, AHoleBeforeALaterGroupIsDamage) {
  auto bytes = Segment(1, {{"one"}, {"two"}, {"three"}});
  const auto start = Segment(1, {{"one"}}).size();
  const auto end = Segment(1, {{"one"}, {"two"}}).size();
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(start),
            bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
  EXPECT_TRUE(ScanSegment(bytes, nullptr).damaged);
}

TEST(Segment, ABadHeaderIsDamageOnlyWhenFramesFollow) {
  auto bytes = Segment(900, {{"one"}});
  bytes[9] = static_cast<char>(bytes[9] ^ 1);
  EXPECT_FALSE(ScanSegment(bytes, nullptr).header_ok);
  EXPECT_TRUE(ScanSegment(bytes, nullptr).damaged);
  const auto torn = EncodeHeader(900).substr(0, 11) + std::string(100, '\0');
  EXPECT_FALSE(ScanSegment(torn, nullptr).header_ok);
  EXPECT_FALSE(ScanSegment(torn, nullptr).damaged);
}

TEST(Segment, AFrameOutOfPlaceEndsTheScan) {
  auto bytes = Segment(1, {{"one"}});
  AppendFrame(bytes, Crc32c(std::string_view("three")), 3, "three");
  const auto scan = ScanSegment(bytes, nullptr);
  EXPECT_EQ(scan.next_position, 2u);
  EXPECT_FALSE(scan.clean);
}

}  // namespace
}  // namespace axonflow::audit::segment

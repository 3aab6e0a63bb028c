#include "base/time.h"

#include <gtest/gtest.h>

namespace axonflow {
namespace {

using std::chrono::microseconds;

TEST(FormatRfc3339, WritesUtcWithMicroseconds) {
  EXPECT_EQ(FormatRfc3339(Time{microseconds{0}}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatRfc3339(Time{microseconds{951'782'400'000'007}}), "2000-02-29T00:00:00.000007Z");
}

TEST(ParseRfc3339, ReadsEverySpellingOfOneMoment) {
  const auto wanted = ParseRfc3339("2026-11-23T15:04:05.120000Z");
  ASSERT_TRUE(wanted);
  for (const char* text :
       {"2026-11-23T15:04:05.12Z", "2026-11-23 15:04:05.1200004Z", "2026-11-23t15:04:05.12z",
        "2026-11-23T17:04:05.12+02:00", "2026-11-23T10:34:05.120000000-04:30"}) {
    EXPECT_EQ(ParseRfc3339(text), wanted) << text;
  }
}

TEST(ParseRfc3339, RoundTripsWithFormat) {
  for (std::int64_t micros : {0LL, 1LL, 1'764'000'000'123'456LL, 253'402'300'799'999'999LL}) {
    const Time time{microseconds{micros}};
    EXPECT_EQ(ParseRfc3339(FormatRfc3339(time)), time);
  }
}

TEST(ParseRfc3339, RefusesEverythingElse) {
  for (const char* text :
       {"", "now", "2026-11-23", "2026-11-23T15:04:05", "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T15:60:00Z",
        "2026-11-23T15:04:05.Z", "2026-11-23T15:04:05+0200", "2026-11-23T15:04:05Zx",
        "1969-12-31T23:59:59Z", "2026-1-23T15:04:05Z", "+2026-11-23T15:04:05Z"}) {
    EXPECT_FALSE(ParseRfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace axonflow

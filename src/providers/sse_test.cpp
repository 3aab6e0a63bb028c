#include "providers/sse.h"

#include <gtest/gtest.h>

namespace axonflow::providers {
namespace {

constexpr std::string_view kStream =
    "\xEF\xBB\xBF: hello\r\nevent: one\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:two\n\nid: "
    "7\r\rdata: "
    "\xC3\xA9\n\n";

std::vector<SseEvent> ReadIn(std::string_view text, std::size_t piece) {
  SseReader reader;
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    EXPECT_TRUE(reader.Feed(text.substr(at, piece), events));
  }
  EXPECT_FALSE(reader.incomplete());
  return events;
}

TEST(SseReader, ReadsTheSameEventsHoweverTheyAreCut) {
  for (std::size_t piece = 1; piece <= kStream.size(); ++piece) {
    const auto events = ReadIn(kStream, piece);
    ASSERT_EQ(events.size(), 3U) << piece;
    EXPECT_EQ(events[0].name, "one");
    EXPECT_EQ(events[0].data, "{\"a\":\n1}");
    EXPECT_EQ(events[1].name, "");
    EXPECT_EQ(events[1].data, "two");
    EXPECT_EQ(events[2].data, "\xC3\xA9");
  }
}

TEST(SseReader, SaysThatAnEventWasNotEnded) {
  SseReader reader;
  std::vector<SseEvent> events;
  ASSERT_TRUE(reader.Feed("data: x\n", events));
  EXPECT_TRUE(events.empty());
  EXPECT_TRUE(reader.incomplete());
}

TEST(SseReader, RefusesAnEventWithoutEnd) {
  SseReader reader;
  std::vector<SseEvent> events;
  const std::string line(4096, 'x');
  Status status;
  for (int i = 0; i < 300 && status; ++i) status = reader.Feed("data: " + line + "\n", events);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kTooLarge);
  EXPECT_FALSE(reader.Feed("\n\n", events));
  EXPECT_TRUE(events.empty());
}

TEST(AppendSse, WritesWhatTheReaderReads) {
  std::string out;
  AppendSse("message_stop", "{}", out);
  AppendSse("", "[DONE]", out);
  EXPECT_EQ(out, "event: message_stop\ndata: {}\n\ndata: [DONE]\n\n");
}

}  // namespace
}  // namespace axonflow::providers

#include "base/utf8.h"

#include <gtest/gtest.h>

namespace axonflow {
namespace {

TEST(Utf8SequenceLength, AcceptsExactlyTheWellFormedRanges) {
  EXPECT_EQ(Utf8SequenceLength("a"), 1U);
  EXPECT_EQ(Utf8SequenceLength("\xC2\x80"), 2U);
  EXPECT_EQ(Utf8SequenceLength("\xE0\xA0\x80"), 3U);
  EXPECT_EQ(Utf8SequenceLength("\xED\x9F\xBF"), 3U);
  EXPECT_EQ(Utf8SequenceLength("\xF4\x8F\xBF\xBF"), 4U);
  for (const char* bad : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC2", ""}) {
    EXPECT_EQ(Utf8SequenceLength(bad), 0U);
  }
}

TEST(Utf8Prefix, NeverEndsInsideASequence) {
  const std::string_view text = "a\u00e9\u20ac\U0001F600";  // 1 + 2 + 3 + 4 bytes
  const std::size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t max = 0; max < std::size(wanted); ++max) {
    EXPECT_EQ(Utf8Prefix(text, max).size(), wanted[max]) << max;
  }
}

}  // namespace
}  // namespace axonflow

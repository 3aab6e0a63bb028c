#include "policy/hidden_text.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy {
namespace {

std::string Filler(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "plain words stay as they are and ";
  return text;
}

TEST(HiddenText, SaysThatNothingIsHiddenInPlainText) {
  HiddenText hidden;
  EXPECT_FALSE(hidden.Read(Filler(5'000)));
}

TEST(HiddenText, HoldsTheChangedPlacesWithTheirSurroundingsOnly) {
  const std::string secret = "%64%72%6f%70%20%74%61%62%6c%65";
  const std::string text = Filler(5'000) + secret + Filler(5'000) + secret + Filler(5'000);
  HiddenText hidden;
  ASSERT_TRUE(hidden.Read(text));
  EXPECT_LT(hidden.text().size(), 4 * HiddenText::kAroundBytes + 100);
  const auto first = hidden.text().find("drop table");
  const auto second = hidden.text().find("drop table", first + 1);
  ASSERT_NE(first, std::string_view::npos);
  ASSERT_NE(second, std::string_view::npos);
  for (const auto& [at, place] :
       {std::pair(first, text.find(secret)), std::pair(second, text.rfind(secret))}) {
    const Span original =
        hidden.ToOriginal({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 10)});
    EXPECT_EQ(text.substr(original.begin, original.end - original.begin), secret);
    EXPECT_EQ(original.begin, place);
  }
}

TEST(HiddenText, FollowsAnEncodingInsideAnother) {
  const std::string secret = "%2564%2572%256f%2570";  // percent-encoded twice
  const std::string text = Filler(2'000) + secret + Filler(2'000);
  HiddenText hidden;
  ASSERT_TRUE(hidden.Read(text));
  const auto at = hidden.text().find("drop");
  ASSERT_NE(at, std::string_view::npos);
  const Span original =
      hidden.ToOriginal({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 4)});
  EXPECT_EQ(text.substr(original.begin, original.end - original.begin), secret);
}

TEST(HiddenText, NeverCutsACharacter) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "äöü ";
  text += "%64%72%6f%70";
  for (int i = 0; i < 400; ++i) text += "äöü ";
  HiddenText hidden;
  ASSERT_TRUE(hidden.Read(text));
  EXPECT_NE(static_cast<unsigned char>(hidden.text().front()) & 0xC0U, 0x80U);
}

}  // namespace
}  // namespace axonflow::policy

#include "governance/excerpt.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/testing.h"

namespace axonflow::governance {
namespace {

constexpr std::size_t kMax = 256;
constexpr char kCard[] = "4111 1111 1111 1111";

std::shared_ptr<const policy::PolicyView> Builtin() { return policy::testing::BuiltinView(); }

TEST(RedactedExcerpt, LeavesCleanTextAsItIs) {
  EXPECT_EQ(*RedactedExcerpt("What is the capital of France?", *Builtin(), kMax),
            "What is the capital of France?");
}

TEST(RedactedExcerpt, HidesAValueInside) {
  const auto excerpt = RedactedExcerpt(std::string("My card is ") + kCard, *Builtin(), kMax);
  ASSERT_TRUE(excerpt);
  EXPECT_TRUE(excerpt->starts_with("My card is "));
  EXPECT_EQ(excerpt->find("1111"), std::string::npos) << *excerpt;
}

TEST(RedactedExcerpt, KeepsNoPartOfAValueAcrossTheCut) {
  for (std::size_t lead = kMax - 24; lead <= kMax + 2; ++lead) {
    std::string text(lead - 8, 'x');
    text += " card:  ";
    text += kCard;
    const auto excerpt = RedactedExcerpt(text, *Builtin(), kMax);
    ASSERT_TRUE(excerpt);
    EXPECT_LE(excerpt->size(), kMax + 16);
    EXPECT_EQ(excerpt->find("4111 1"), std::string::npos) << lead << ": " << *excerpt;
    EXPECT_EQ(excerpt->find("1111"), std::string::npos) << lead << ": " << *excerpt;
  }
}

TEST(RedactedExcerpt, NeverCutsACharacter) {
  std::string text;
  while (text.size() < kMax + 50) text += "\u20ac";
  const auto excerpt = RedactedExcerpt(text, *Builtin(), kMax);
  ASSERT_TRUE(excerpt);
  EXPECT_EQ(excerpt->size(), kMax / 3 * 3);
}

TEST(RedactedExcerpt, IsTheSameFromWhatTheWholeTextShowed) {
  const auto view = Builtin();
  std::size_t redacted = 0;
  for (std::uint32_t i = 0; i < view->size(); ++i) {
    for (const std::string& text : view->policy(i).must_match) {
      const auto found = view->Detect({.text = text, .every_phase = true});
      ASSERT_TRUE(found);
      const auto again = RedactedExcerpt(text, *view, 1024);
      const auto from_found = RedactedExcerpt(text, *view, *found, 1024);
      ASSERT_TRUE(again && from_found);
      EXPECT_EQ(*from_found, *again) << view->policy(i).id;
      redacted += *again == text ? 0 : 1;
    }
  }
  EXPECT_GT(redacted, 50U);
}

}  // namespace
}  // namespace axonflow::governance

#include "policy/dynamic/needle_matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace axonflow::policy {
namespace {

std::vector<std::uint64_t> Search(const NeedleMatcher& matcher, std::string_view text) {
  std::vector<std::uint64_t> found(matcher.words(), 0);
  matcher.Find(text, found);
  return found;
}

TEST(NeedleMatcher, FindsNeedlesInsideEachOther) {
  NeedleMatcher matcher;
  const auto she = matcher.Add("she");
  const auto he = matcher.Add("he");
  const auto hers = matcher.Add("hers");
  const auto his = matcher.Add("his");
  EXPECT_EQ(matcher.Add("he"), he);
  matcher.Build();
  const auto found = Search(matcher, "ushers");
  EXPECT_TRUE(NeedleMatcher::Has(found, she));
  EXPECT_TRUE(NeedleMatcher::Has(found, he));
  EXPECT_TRUE(NeedleMatcher::Has(found, hers));
  EXPECT_FALSE(NeedleMatcher::Has(found, his));
}

TEST(NeedleMatcher, FindsNothingWithoutNeedles) {
  NeedleMatcher matcher;
  matcher.Build();
  EXPECT_TRUE(Search(matcher, "any text").empty());
}

TEST(NeedleMatcher, TakesNeedlesOfEveryByte) {
  NeedleMatcher matcher;
  std::string all;
  for (int byte = 255; byte >= 0; --byte) all += static_cast<char>(byte);
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i + 3 <= all.size(); ++i)
    numbers.push_back(matcher.Add(all.substr(i, 3)));
  matcher.Build();
  const auto found = Search(matcher, all);
  for (const auto number : numbers) EXPECT_TRUE(NeedleMatcher::Has(found, number));
  EXPECT_FALSE(NeedleMatcher::Has(Search(matcher, all.substr(0, 2)), numbers[0]));
}

// Deep needles, so that both the states with rows and those without are on the way.
TEST(NeedleMatcher, AgreesWithSearchingEachNeedleAlone) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t below) { return random() % below; };
  for (int round = 0; round < 3'000; ++round) {
    const std::string alphabet = std::string("abcdefgh").substr(0, 2 + pick(7));
    const auto word = [&](std::size_t most) {
      std::string text;
      for (std::size_t i = 1 + pick(most); i > 0; --i) text += alphabet[pick(alphabet.size())];
      return text;
    };
    NeedleMatcher matcher;
    std::vector<std::string> needles;
    for (std::size_t i = 0; i < 1 + pick(100); ++i) {
      needles.push_back(word(12));
      matcher.Add(needles.back());
    }
    matcher.Build();
    const std::string text = word(80) + needles[pick(needles.size())] + word(20);
    const auto found = Search(matcher, text);
    for (const std::string& needle : needles) {
      ASSERT_EQ(NeedleMatcher::Has(found, matcher.Add(needle)),
                text.find(needle) != std::string::npos)
          << needle << " in " << text;
    }
  }
}

}  // namespace
}  // namespace axonflow::policy

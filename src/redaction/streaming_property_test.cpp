#include "redaction/streaming_redactor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "redaction/redactor.h"
#include "redaction/testing.h"

namespace axonflow::redaction {
namespace {

using testing::BytewiseStreamed;
using testing::CatalogueDocument;
using testing::Document;
using testing::Everything;
using testing::kScale;
using testing::Piece;
using testing::RandomCuts;
using testing::Setting;
using testing::Streamed;
using testing::ValuesOnly;
using testing::WholeCatalogue;

// The sets of policies in turn: everything, patterns and values with statements, and without.
const Setting& SettingOf(int i) {
  return i % 2 == 0 ? WholeCatalogue() : i % 4 == 1 ? Everything() : ValuesOnly();
}

TEST(StreamingProperty, IsTheSameForEveryRandomChunking) {
  std::mt19937_64 random(20261123);
  const int documents = 10'000 / kScale;
  int chunkings = 0;
  for (int i = 0; i < documents; ++i) {
    const Setting& setting = SettingOf(i);
    const std::string text = CatalogueDocument(random, i % 100 == 0 ? 8'000 : 500);
    const std::string once = setting.AsStream(text);
    for (int chunking = 0; chunking < 10; ++chunking, ++chunkings) {
      ASSERT_EQ(Streamed(setting, text, RandomCuts(random, text.size())), once)
          << "document " << i << "\n"
          << text;
    }
  }
  EXPECT_EQ(chunkings, documents * 10);
}

TEST(StreamingProperty, IsTheSameForEverySplitInTwo) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200 / std::min(kScale, 20); ++i) {
    const Setting& setting = SettingOf(i);
    const std::string text = CatalogueDocument(random, 400);
    const std::string once = setting.AsStream(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      ASSERT_EQ(Streamed(setting, text, {cut}), once) << "cut at " << cut << " of\n" << text;
    }
  }
}

TEST(StreamingProperty, IsTheSameByteByByte) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 1000 / kScale; ++i) {
    const Setting& setting = SettingOf(i);
    const std::string text = CatalogueDocument(random, i % 50 == 0 ? 9'000 : 600);
    ASSERT_EQ(BytewiseStreamed(setting, text), setting.AsStream(text)) << text;
  }
}

// Of all but the model for prompt injection, in text as it stands.
TEST(StreamingProperty, IsTheRedactionOfTheWholeText) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 6'000 / kScale; ++i) {
    const Setting& setting = i % 2 == 0 ? Everything() : ValuesOnly();
    const std::string text = Document(random, i % 100 == 0 ? 12'000 : 700);
    ASSERT_EQ(setting.AsStream(text), setting.Whole(text)) << "document " << i << "\n" << text;
    ASSERT_EQ(Streamed(setting, text, RandomCuts(random, text.size())), setting.Whole(text));
  }
}

TEST(StreamingProperty, IsTheRedactionOfWhatTheCatalogueNames) {
  for (const std::string& text : testing::MustMatch()) {
    for (const Setting* setting : {&Everything(), &ValuesOnly()}) {
      const std::string framed = "The harbour is quiet. " + text + "\nNobody came.";
      ASSERT_EQ(setting->AsStream(framed), setting->Whole(framed)) << text;
    }
  }
}

// What has neither a digit nor the length of a key is known by what stands before it.
TEST(StreamingProperty, IsTheRedactionOfSecretsThatLookLikeWords) {
  for (const std::string text :
       {"so passphrase = \"correcthorse\" it is", "{\"db_password\":\"wintermute\", \"a\": \"b\"}",
        "machine api.test login ann password wintermute end",
        "default login ann password\n  wintermute end", "curl -u ann:wintermute https://api.test/x",
        "see ftp://ann:wintermute@files.test/a now"}) {
    const std::string framed = "All is well here. " + text + " and nothing else follows.";
    const std::string whole = ValuesOnly().Whole(framed);
    EXPECT_NE(whole, framed) << text;
    EXPECT_EQ(BytewiseStreamed(ValuesOnly(), framed), whole);
    EXPECT_EQ(BytewiseStreamed(Everything(), framed), Everything().Whole(framed));
  }
}

bool Holds(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

// The model for prompt injection judges a sentence with those around it, so how far around an
// attack the text goes may differ. That it goes may not, and no value may stay that the whole
// loses.
TEST(StreamingProperty, KeepsNoValueAndNoAttackThatTheRedactionOfTheWholeTakesOut) {
  constexpr std::string_view kAttack = "[REDACTED:security-dangerous]";
  std::mt19937_64 random(17);
  int attacks = 0;
  int values = 0;
  for (int i = 0; i < 2'000 / kScale; ++i) {
    const std::string text = CatalogueDocument(random, 700);
    const std::string whole = WholeCatalogue().Whole(text);
    const std::string streamed = WholeCatalogue().AsStream(text);
    if (Holds(whole, kAttack)) {
      ++attacks;
      EXPECT_TRUE(Holds(streamed, kAttack)) << i << "\n" << text;
    }
    const auto places = ValuesOnly().detect(text);
    ASSERT_TRUE(places);
    for (const Place& place : *places) {
      const auto value =
          std::string_view(text).substr(place.span.begin, place.span.end - place.span.begin);
      if (Holds(whole, value)) continue;
      ++values;
      EXPECT_FALSE(Holds(streamed, value)) << i << ": " << value << "\n" << text;
    }
  }
  EXPECT_GT(attacks, 500 / kScale);
  EXPECT_GT(values, 5'000 / kScale);
}

TEST(StreamingProperty, IsTheRedactionOfTheWholeForLongTexts) {
  std::mt19937_64 random(31);
  for (int i = 0; i < 12 / std::min(kScale, 6); ++i) {
    const Setting& setting = i % 2 == 0 ? Everything() : ValuesOnly();
    std::string text;
    while (text.size() < 200'000) text += Piece(random);
    const std::string whole = setting.Whole(text);
    for (int chunking = 0; chunking < 3; ++chunking) {
      ASSERT_TRUE(Streamed(setting, text, RandomCuts(random, text.size())) == whole) << i;
    }
    ASSERT_TRUE(Streamed(setting, text, {}) == whole) << i;
  }
}

}  // namespace
}  // namespace axonflow::redaction

#include "secrets/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"

namespace axonflow::secrets {
namespace {

std::string Random() { return std::string(GenerateKey("k")->Reveal().substr(2)); }

Result<std::shared_ptr<const KeyRing>> Parse(const std::string& single, const std::string& ring) {
  return KeyRing::Parse(Secret(single), Secret(ring));
}

TEST(KeyRing, TakesOneKeyManyOrBoth) {
  const std::string a = Random(), b = Random(), c = Random();
  EXPECT_TRUE((*Parse("", ""))->empty());
  EXPECT_EQ((*Parse(a, ""))->primary(), "default");
  const auto both = Parse(a, "2026-b:" + b + ", c_1:" + c);
  ASSERT_TRUE(both.ok());
  EXPECT_THAT((*both)->ids(), testing::ElementsAre("2026-b", "c_1", "default"));
  EXPECT_EQ((*both)->Find("c_1"), *Base64Decode(c));
  EXPECT_EQ((*both)->Find("default"), *Base64Decode(a));
  EXPECT_TRUE((*both)->Find("d").empty());
}

// Each row: the two settings. No message may hold a byte of what looks like a key.
TEST(KeyRing, RefusesWeakAndMalformedKeys) {
  const std::string good = Random();
  std::string counted;
  for (int i = 0; i < 32; ++i) counted += static_cast<char>(i);
  const std::pair<std::string, std::string> rows[] = {
      {"short", ""},
      {Base64Encode(std::string(31, 'x') + "y"), "a"},
      {Base64Encode("only sixteen byt"), ""},
      {Base64Encode(good + good), ""},
      {good.substr(0, 43), ""},
      {good + "=", ""},
      {" " + good, ""},
      {Base64Encode(std::string(32, '\0')), ""},
      {Base64Encode(std::string(32, 'A')), ""},
      {Base64Encode(counted), ""},
      {"", good},
      {"", ":" + good},
      {"", "UPPER:" + good},
      {"", "a b:" + good},
      {"", std::string(33, 'a') + ":" + good},
      {"", "a:" + good + ",a:" + Random()},
      {"", "a:" + good + ",b:" + good},
      {good, "a:" + good},
      {"", "a:" + good + ",,b:" + Random()},
      {Random(), "default:" + good},
  };
  for (const auto& [single, ring] : rows) {
    const auto parsed = Parse(single, ring);
    ASSERT_FALSE(parsed.ok()) << single << " " << ring;
    EXPECT_EQ(parsed.error().message.find(good.substr(0, 20)), std::string::npos);
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += "k" + std::to_string(i) + ":" + Random() + ",";
  EXPECT_FALSE(Parse("", many).ok());
}

TEST(GenerateKey, MakesWhatTheRingTakes) {
  const auto line = GenerateKey("2026-11");
  ASSERT_TRUE(line.ok());
  EXPECT_EQ((*KeyRing::Parse(Secret(), *line))->primary(), "2026-11");
  EXPECT_NE(Random(), Random());
  EXPECT_FALSE(GenerateKey("").ok());
  EXPECT_FALSE(GenerateKey("no:colon").ok());
}

}  // namespace
}  // namespace axonflow::secrets

#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow {
namespace {

std::string Nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

TEST(JsonDocument, ReadsEveryType) {
  JsonDocument document;
  const auto root = document.Parse(
      R"({"text":"a\u00e9\n","yes":true,"n":-5,"d":2.5,"none":null,"list":[1,"x",{}],"obj":{"k":1}})");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->Find("text")->AsString(), "a\u00e9\n");
  EXPECT_EQ(root->Find("yes")->AsBool(), true);
  EXPECT_EQ(root->Find("n")->AsInt(), -5);
  EXPECT_EQ(root->Find("d")->AsDouble(), 2.5);
  EXPECT_FALSE(root->Find("d")->AsInt());
  EXPECT_FALSE(root->Find("n")->AsString());
  EXPECT_FALSE(root->Find("none"));
  EXPECT_FALSE(root->Find("absent"));
  EXPECT_EQ(root->Find("list")->size(), 3U);
  int elements = 0;
  root->Find("list")->ForEachElement([&](JsonValue) { ++elements; });
  EXPECT_EQ(elements, 3);
  std::string keys;
  root->ForEachMember([&](std::string_view key, JsonValue) { keys += std::string(key) + ","; });
  EXPECT_EQ(keys, "text,yes,n,d,none,list,obj,");
  EXPECT_EQ(root->Find("obj")->ToString(), R"({"k":1})");
}

TEST(JsonDocument, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "empty"},
      {"{", "valid JSON"},
      {R"({"a":1} x)", "valid JSON"},
      {R"({"a":1,"a":2})", "same key twice"},
      {R"({"x":[{"a":1,"b":2,"a":1}]})", "same key twice"},
      {R"({"a":"\ud800"})", "malformed"},
      {R"({"a":"\u0000"})", "U+0000"},
      {R"({"a\u0000":1})", "U+0000"},
      {std::string("{\"a\":\"\xC0\x80\"}"), "UTF-8"},
      {std::string("{\"a\":\"\xED\xA0\x80\"}"), "UTF-8"},
      {std::string("{\"a\":\"\n\"}"), "control"},
      {R"({"a":01})", "number"},
      {R"({"a":1e999})", "number"},
      {R"({'a':1})", "valid JSON"},
  };
  JsonDocument document;
  for (const auto& [text, wanted] : cases) {
    const auto root = document.Parse(text);
    ASSERT_FALSE(root) << text;
    EXPECT_EQ(root.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(root.error().message.find(wanted), std::string::npos)
        << text << " -> " << root.error().message;
  }
}

TEST(JsonDocument, FindsADuplicateAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 200; ++i) text += "\"key" + std::to_string(i) + "\":1,";
  JsonDocument document;
  EXPECT_TRUE(document.Parse(text + "\"last\":1}"));
  EXPECT_FALSE(document.Parse(text + "\"key7\":1}"));
}

TEST(JsonDocument, BoundsDepthAndSurvivesDeepText) {
  JsonDocument document;
  EXPECT_TRUE(document.Parse(Nested(32)));
  EXPECT_TRUE(document.Parse(Nested(static_cast<int>(JsonDocument::kDepthMax) - 1)));
  EXPECT_FALSE(document.Parse(Nested(static_cast<int>(JsonDocument::kDepthMax) + 1)));
  EXPECT_FALSE(document.Parse(Nested(100'000)));
  EXPECT_TRUE(document.Parse("[]"));
}

TEST(JsonDocument, GrowsForLongTextAndIsReusable) {
  JsonDocument document;
  const std::string big = "\"" + std::string(1'000'000, 'x') + "\"";
  EXPECT_EQ(document.Parse(big)->AsString()->size(), 1'000'000U);
  EXPECT_EQ(document.Parse("7")->AsInt(), 7);
  EXPECT_EQ(document.Parse(big)->AsString()->size(), 1'000'000U);
}

}  // namespace
}  // namespace axonflow

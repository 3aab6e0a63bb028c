#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/json.h"

namespace axonflow {
namespace {

TEST(JsonWriter, PutsCommasAndNesting) {
  JsonWriter json;
  json.BeginObject().Field("a", 1).Key("list").BeginArray().Int(1).BeginObject().EndObject();
  json.String("x").BeginArray().EndArray().EndArray().Field("b", true).Key("n").Null();
  json.Field("d", 0.5)
      .Key("raw")
      .Raw("{\"k\":[]}")
      .Field("u", std::uint64_t{18446744073709551615U});
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"list":[1,{},"x",[]],"b":true,"n":null,"d":0.5,"raw":{"k":[]},)"
                         R"("u":18446744073709551615})");
}

TEST(JsonWriter, EscapesControlsQuotesAndBackslashes) {
  JsonWriter json;
  json.String(std::string("\"\\\n\r\t\b\f\x01\x1f/\0", 11));
  EXPECT_EQ(json.text(), R"("\"\\\n\r\t\b\f\u0001\u001f/\u0000")");
}

TEST(JsonWriter, FindsASpecialByteAtEveryPlaceOfALongText) {
  for (std::size_t at = 0; at < 40; ++at) {
    for (const char special : {'"', '\\', '\n', '\x1f', '\x80'}) {
      std::string text(40, 'a');
      text[at] = special;
      JsonWriter json;
      json.String(text);
      EXPECT_NE(json.text(), '"' + text + '"') << at << " " << static_cast<int>(special);
    }
    std::string text(40, 'a');
    text[at] = '\x7f';
    JsonWriter json;
    json.String(text);
    EXPECT_EQ(json.text(), '"' + text + '"');
  }
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  JsonWriter json;
  json.String("a\xC0\x80z\xE2\x82");
  EXPECT_EQ(json.text(), "\"a\uFFFD\uFFFDz\uFFFD\uFFFD\"");
}

TEST(JsonWriter, WritesNullForNumbersThatJsonLacks) {
  JsonWriter json;
  json.BeginArray().Double(std::numeric_limits<double>::infinity());
  json.Double(std::numeric_limits<double>::quiet_NaN()).EndArray();
  EXPECT_EQ(json.text(), "[null,null]");
}

TEST(JsonWriter, AnyBytesComeOutAsValidJson) {
  std::mt19937 random(7);
  JsonDocument document;
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    // The reader refuses U+0000, which the writer may well write.
    std::erase(bytes, '\0');
    JsonWriter json;
    json.String(bytes);
    EXPECT_TRUE(document.Parse(json.text())) << json.text();
  }
}

}  // namespace
}  // namespace axonflow

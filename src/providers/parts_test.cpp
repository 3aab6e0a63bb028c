#include "providers/parts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "redaction/json_leaves.h"

namespace axonflow::providers {
namespace {

std::vector<std::string> TextsOf(const Fields& fields, std::string_view json) {
  const auto parts = ReadParts(fields, json);
  EXPECT_TRUE(parts);
  std::vector<std::string> texts;
  for (const auto& part : *parts) texts.push_back(part.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ReadParts, SeesEveryTextOfAChatRequest) {
  EXPECT_EQ(TextsOf(kChatCompletions.request, R"({
      "model":"gpt-4o","temperature":0.5,"stream":false,
      "messages":[{"role":"system","content":"be kind"},
                  {"role":"user","name":"Ann","content":[{"type":"text","text":"hi \u00e9"}]},
                  {"role":"assistant","tool_calls":[{"id":"c1","type":"function",
                    "function":{"name":"pay","arguments":"{\"card\":1}"}}]},
                  {"role":"tool","tool_call_id":"c1","content":"paid"}],
      "tools":[{"type":"function","function":{"name":"pay","description":"pays",
        "parameters":{"properties":{"Card No":{"description":"number"}}}}}],
      "metadata":{"who":12345678}})"),
            (Texts{"gpt-4o", "be kind", "Ann", "hi \xC3\xA9", "c1", "pay", "{\"card\":1}", "c1",
                   "paid", "pay", "pays", "Card No", "number", "12345678"}));
}

TEST(ReadParts, TakesNoLooseTextForAWordOfTheProtocol) {
  EXPECT_EQ(TextsOf(kChatCompletions.request, R"({"messages":[{"role":"4111 1111 1111 1111"}]})"),
            Texts{"4111 1111 1111 1111"});
}

TEST(ReadParts, LeavesPicturesAndVectorsAlone) {
  EXPECT_EQ(TextsOf(kChatCompletions.request,
                    R"({"messages":[{"content":[{"type":"image_url",
                        "image_url":{"url":"data:image/png;base64,AAAA"}}]}]})"),
            Texts{});
  EXPECT_EQ(TextsOf(kChatCompletions.request,
                    R"({"messages":[{"content":[{"type":"image_url",
                        "image_url":{"url":"data:text/plain;base64,AAAA"}}]}]})"),
            Texts{"data:text/plain;base64,AAAA"});
  EXPECT_EQ(TextsOf(kEmbeddings.answer, R"({"data":[{"embedding":[0.123456789,-0.987654321]}]})"),
            Texts{});
  EXPECT_EQ(TextsOf(kMessages.request,
                    R"({"messages":[{"content":[{"type":"image","source":{"type":"base64",
                        "media_type":"image/png","data":"QUJDRA=="}},
                        {"type":"document","source":{"type":"text","media_type":"text/plain",
                        "data":"seen"}}]}]})"),
            (Texts{"image/png", "text/plain", "seen"}));
}

TEST(ReadParts, MarksWhatIsOfUnknownType) {
  const auto parts = ReadParts(kMessages.answer, R"({"content":[{"type":"text","text":"a"},
      {"type":"hologram","text":"b","deep":{"x":["c"]}}]})");
  ASSERT_TRUE(parts);
  Texts withheld;
  for (const auto& part : *parts) {
    if (part.withheld) withheld.push_back(part.text);
  }
  EXPECT_EQ(withheld, (Texts{"b", "c"}));
}

TEST(Rewrite, ChangesWhatWasReplacedAndNothingElse) {
  constexpr std::string_view kJson =
      R"({ "a" : "one" , "n":41111111111, "b":"tw\"o", "keep": [1.50, true] })";
  const auto parts = ReadParts(Fields{}, kJson);
  ASSERT_TRUE(parts);
  Texts replacements;
  for (const auto& part : *parts) replacements.push_back(part.text);
  EXPECT_EQ(Rewrite(kJson, *parts, replacements), kJson);
  replacements = {"on\"e", "[N]", "tw\"o"};
  EXPECT_EQ(Rewrite(kJson, *parts, replacements),
            R"({ "a" : "on\"e" , "n":"[N]", "b":"tw\"o", "keep": [1.50, true] })");
}

// A canary in every place of a full document of each endpoint, one at a time: it must come out as a
// part. What a table calls opaque is listed here by name, so that a new opaque field is a decision.
TEST(ReadParts, SeesACanaryInEveryFieldThatIsNotOpaqueByName) {
  const std::vector<std::string> documents = {
      R"({"model":"m","messages":[{"role":"user","content":"x","name":"x","refusal":"x",
          "reasoning_content":"x","tool_call_id":"x","tool_calls":[{"id":"x","type":"function",
          "function":{"name":"x","arguments":"x"}}],"function_call":{"name":"x","arguments":"x"}},
          {"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":
          {"url":"x","detail":"low"}},{"type":"refusal","refusal":"x"}]}],
          "tools":[{"type":"function","function":{"name":"x","description":"x","parameters":
          {"type":"object","properties":{"q":{"description":"x","enum":["x"]}}}}}],
          "tool_choice":{"type":"function","function":{"name":"x"}},"stop":["x"],"user":"x",
          "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"title":"x"}}},
          "prediction":{"type":"content","content":"x"},"metadata":{"k":"x"},"unknown":"x",
          "web_search_options":{"user_location":{"approximate":{"city":"x"}}},"functions":
          [{"name":"x","description":"x"}],"prompt":"x","suffix":"x","input":"x","instructions":"x",
          "system":"x","stop_sequences":["x"]})",
  };
  constexpr std::string_view kCanary = "4111 1111 1111 1111";
  for (const Surface* surface : Surfaces()) {
    for (const auto& document : documents) {
      const auto leaves = redaction::ReadJsonLeaves(document);
      ASSERT_TRUE(leaves);
      for (const auto& leaf : leaves->leaves) {
        const bool text = leaf.kind == redaction::JsonLeaf::Kind::kString;
        if (!text && leaf.kind != redaction::JsonLeaf::Kind::kKey) continue;
        std::string planted = document;
        planted.replace(leaf.begin, leaf.end - leaf.begin, kCanary);
        const auto parts = ReadParts(surface->request, planted);
        ASSERT_TRUE(parts);
        EXPECT_TRUE(
            std::ranges::any_of(*parts, [&](const Part& part) { return part.text == kCanary; }))
            << surface->request_type << ": " << planted.substr(leaf.begin - 20, 60);
      }
    }
  }
}

}  // namespace
}  // namespace axonflow::providers

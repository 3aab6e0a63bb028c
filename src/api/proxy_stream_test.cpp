#include "api/proxy_stream.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "policy/testing.h"
#include "providers/sse.h"

namespace axonflow::api {
namespace {

using Pieces = std::vector<std::string>;

constexpr std::uint32_t kSeed = 20;
constexpr int kRounds = 40;

// Texts with something to redact at the begin, the end, in between, and nothing at all.
const Pieces kTexts = {
    "The card is 4111 1111 1111 1111, as you asked.",
    "4111-1111-1111-1111",
    "Write to ann.lee@example.org or bob@example.com; the number is 4111111111111111",
    "Paris is the capital of France, and Rome is not.",
    "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich: ann.lee@example.org",
    "",
};

std::string Event(const std::function<void(JsonWriter&)>& write) {
  JsonWriter json;
  json.BeginObject();
  write(json);
  json.EndObject();
  return std::move(json).Take();
}

// One protocol: how it cuts a text into events, and how a client puts it together again.
struct Protocol {
  std::string name;
  std::function<std::unique_ptr<StreamRules>(governance::AnswerJudge&)> make;
  std::function<std::string(const Pieces&)> stream;  // the bytes of the provider
  std::function<void(const JsonValue&, std::string&)> read;
};

std::string Sse(const std::vector<std::pair<std::string, std::string>>& events) {
  std::string bytes;
  for (const auto& [name, data] : events) providers::AppendSse(name, data, bytes);
  return bytes;
}

std::string TextOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  return member ? std::string(member->AsString().value_or("")) : "";
}

std::string ChatStream(const Pieces& pieces, bool chat) {
  std::vector<std::pair<std::string, std::string>> events;
  const auto chunk = [&](const std::string* text) {
    return Event([&](JsonWriter& json) {
      json.Field("id", "c").Field("object", chat ? "chat.completion.chunk" : "text_completion");
      json.Field("created", 1).Field("model", "m").Key("choices").BeginArray().BeginObject();
      json.Field("index", 0);
      if (chat) {
        json.Key("delta").BeginObject();
        if (text != nullptr) json.Field("content", *text);
        json.EndObject();
      } else {
        json.Field("text", text == nullptr ? "" : *text);
      }
      json.Key("finish_reason");
      text == nullptr ? json.String("stop") : json.Null();
      json.EndObject().EndArray();
    });
  };
  for (const auto& piece : pieces) events.emplace_back("", chunk(&piece));
  events.emplace_back("", chunk(nullptr));
  events.emplace_back("", "[DONE]");
  return Sse(events);
}

void ReadChat(const JsonValue& root, std::string& text) {
  const auto choices = root.Find("choices");
  if (!choices) return;
  choices->ForEachElement([&](JsonValue choice) {
    text += TextOf(choice, "text");
    if (const auto delta = choice.Find("delta")) text += TextOf(*delta, "content");
  });
}

std::string MessagesStream(const Pieces& pieces) {
  std::vector<std::pair<std::string, std::string>> events;
  events.emplace_back(
      "message_start",
      R"({"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":1}}})");
  events.emplace_back("content_block_start", R"({"type":"content_block_start","index":0,)"
                                             R"("content_block":{"type":"text","text":""}})");
  for (const auto& piece : pieces) {
    events.emplace_back("content_block_delta", Event([&](JsonWriter& json) {
                          json.Field("type", "content_block_delta").Field("index", 0);
                          json.Key("delta").BeginObject().Field("type", "text_delta");
                          json.Field("text", piece).EndObject();
                        }));
  }
  events.emplace_back("content_block_stop", R"({"type":"content_block_stop","index":0})");
  events.emplace_back("message_delta",
                      R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})");
  events.emplace_back("message_stop", R"({"type":"message_stop"})");
  return Sse(events);
}

void ReadMessages(const JsonValue& root, std::string& text) {
  if (const auto delta = root.Find("delta")) text += TextOf(*delta, "text");
}

std::string ResponsesStream(const Pieces& pieces) {
  std::vector<std::pair<std::string, std::string>> events;
  const auto add = [&](std::string_view type, const std::function<void(JsonWriter&)>& more) {
    events.emplace_back(type, Event([&](JsonWriter& json) {
                          json.Field("type", type).Field("sequence_number", 1);
                          json.Field("item_id", "i").Field("output_index", 0);
                          json.Field("content_index", 0);
                          more(json);
                        }));
  };
  std::string whole;
  for (const auto& piece : pieces) {
    add("response.output_text.delta", [&](JsonWriter& json) { json.Field("delta", piece); });
    whole += piece;
  }
  add("response.output_text.done", [&](JsonWriter& json) { json.Field("text", whole); });
  events.emplace_back("response.completed",
                      R"({"type":"response.completed","response":{"id":"r","output":[]}})");
  return Sse(events);
}

// The text of the end must be what the pieces were: a client may take either.
void ReadResponses(const JsonValue& root, std::string& text) {
  text += TextOf(root, "delta");
  if (TextOf(root, "type") == "response.output_text.done") {
    EXPECT_EQ(TextOf(root, "text"), text) << "the whole text differs from its pieces";
  }
}

const std::vector<Protocol>& Protocols() {
  static const std::vector<Protocol> all = {
      {"chat", MakeOpenAiStream, [](const Pieces& p) { return ChatStream(p, true); }, ReadChat},
      {"completion", MakeOpenAiStream, [](const Pieces& p) { return ChatStream(p, false); },
       ReadChat},
      {"responses", MakeResponsesStream, ResponsesStream, ReadResponses},
      {"messages", MakeAnthropicStream, MessagesStream, ReadMessages},
  };
  return all;
}

class StreamRulesTest : public testing::Test {
 protected:
  governance::AnswerJudge Under(const std::map<std::string, std::string>& posture) {
    governance::View view = policy::testing::BuiltinView(*policy::Posture::FromVariables(posture));
    return {view, cache_.Make(view), {}, policy::Plane::kProxy};
  }

  // What leaves of `bytes`, fed in random pieces; `status` is that of the last Take.
  std::string Pass(StreamRules& rules, std::string_view bytes, Status& status) {
    providers::SseReader reader;
    std::string out;
    while (!bytes.empty() && status) {
      const auto size = std::min<std::size_t>(bytes.size(), 1 + random_() % 40);
      std::vector<providers::SseEvent> events;
      EXPECT_TRUE(reader.Feed(bytes.substr(0, size), events));
      bytes.remove_prefix(size);
      for (const auto& event : events) {
        status = rules.Take(event, out);
        if (!status) break;
      }
    }
    return out;
  }

  // The text that a client reads from a stream.
  static std::string Read(const Protocol& protocol, std::string_view bytes) {
    providers::SseReader reader;
    std::vector<providers::SseEvent> events;
    EXPECT_TRUE(reader.Feed(bytes, events));
    std::string text;
    JsonDocument document;
    for (const auto& event : events) {
      if (event.data == "[DONE]") continue;
      const auto root = document.Parse(event.data);
      EXPECT_TRUE(root) << event.data;
      if (root) protocol.read(*root, text);
    }
    return text;
  }

  // `text` cut at random places between characters.
  Pieces Cut(std::string_view text) {
    Pieces pieces;
    const std::size_t most = 1 + random_() % 12;
    while (!text.empty()) {
      std::size_t size = std::min<std::size_t>(text.size(), 1 + random_() % most);
      while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        ++size;
      }
      pieces.emplace_back(text.substr(0, size));
      text.remove_prefix(size);
    }
    return pieces;
  }

  governance::OpennessCache cache_;
  std::mt19937 random_{kSeed};
};

TEST_F(StreamRulesTest, LeaveTheRedactionOfTheWholeHoweverTheProviderCuts) {
  for (const Protocol& protocol : Protocols()) {
    for (int round = 0; round < kRounds; ++round) {
      std::string text;
      for (std::size_t i = 1 + random_() % 4; i > 0; --i) {
        text += kTexts[random_() % kTexts.size()] + " ";
      }
      auto whole = Under({{"PII_ACTION", "redact"}});
      const auto expected = whole.Judge(text, false);
      ASSERT_TRUE(expected);
      auto judge = Under({{"PII_ACTION", "redact"}});
      const auto rules = protocol.make(judge);
      Status status;
      const auto out = Pass(*rules, protocol.stream(Cut(text)), status);
      ASSERT_TRUE(status) << protocol.name << status.error().message;
      EXPECT_TRUE(rules->complete()) << protocol.name;
      EXPECT_EQ(Read(protocol, out), *expected) << protocol.name << ": " << text;
      EXPECT_EQ(judge.redacted(), whole.redacted()) << protocol.name;
    }
  }
}

// Injections are taken out of answers by the statement, so a statement is what may have to wait.
TEST_F(StreamRulesTest, HoldNoMoreOfAHarmlessTextThanTheStatementUnderWay) {
  const std::string statement = "The gardener visits a small bakery near the old market square. ";
  for (const Protocol& protocol : Protocols()) {
    auto judge = Under({{"PII_ACTION", "redact"}});
    const auto rules = protocol.make(judge);
    providers::SseReader reader;
    std::vector<providers::SseEvent> events;
    ASSERT_TRUE(reader.Feed(protocol.stream(Pieces(20, statement)), events));
    std::string fed;
    std::string out;
    for (const auto& event : events) {
      std::string one;
      providers::AppendSse(event.name, event.data, one);
      fed += one;
      ASSERT_TRUE(rules->Take(event, out)) << protocol.name;
      EXPECT_LE(Read(protocol, fed).size(), Read(protocol, out).size() + 3 * statement.size())
          << protocol.name;
    }
    EXPECT_EQ(Read(protocol, out), Read(protocol, fed)) << protocol.name;
  }
}

TEST_F(StreamRulesTest, EndAStoppedAnswerInTheProtocolsOwnWay) {
  const std::map<std::string, std::string> ends = {{"chat", "content_filter"},
                                                   {"completion", "content_filter"},
                                                   {"responses", "response.incomplete"},
                                                   {"messages", "refusal"}};
  for (const Protocol& protocol : Protocols()) {
    auto judge = Under({{"PII_ACTION", "block"}});
    const auto rules = protocol.make(judge);
    Status status;
    auto out = Pass(*rules, protocol.stream(Cut(kTexts[0] + " And this is behind it.")), status);
    ASSERT_FALSE(status) << protocol.name;
    EXPECT_TRUE(judge.stopped());
    rules->Stop(out);
    const auto text = Read(protocol, out);
    EXPECT_EQ(text.find("1111 1111"), std::string::npos) << protocol.name << text;
    EXPECT_EQ(text.find("behind"), std::string::npos) << protocol.name;
    EXPECT_NE(out.find(ends.at(protocol.name)), std::string::npos) << protocol.name << out;
    EXPECT_TRUE(rules->complete());
  }
}

// Ids as providers make them: none may look like anything that a policy looks for.
TEST_F(StreamRulesTest, TakeRandomIdsForHarmless) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::pair<std::string, std::size_t> forms[] = {
      {"chatcmpl-", 29}, {"call_", 24}, {"msg_01", 22}, {"toolu_01", 22}, {"fp_", 10}, {"", 36}};
  auto judge = Under({{"PII_ACTION", "redact"}});
  for (int i = 0; i < 3'000; ++i) {
    const auto& [head, size] = forms[random_() % std::size(forms)];
    const bool hex = random_() % 2 == 0;
    std::string id = head;
    for (std::size_t k = 0; k < size; ++k) {
      id += hex ? "0123456789abcdef"[random_() % 16] : kAlphabet[random_() % kAlphabet.size()];
    }
    EXPECT_TRUE(judge.JudgeAttached(id)) << id;
  }
}

TEST_F(StreamRulesTest, KeepWithinTheirBounds) {
  // A text that stays open as long as it goes on: a statement without an end.
  auto judge = Under({{"PII_ACTION", "redact"}, {"SQLI_ACTION", "block"}});
  const auto rules = MakeAnthropicStream(judge);
  Status status;
  std::string out;
  for (int index = 0; index < 100 && status; ++index) {
    const auto at = std::to_string(index);
    status =
        rules->Take({"content_block_start", R"({"type":"content_block_start","index":)" + at +
                                                R"(,"content_block":{"type":"text","text":""}})"},
                    out);
    if (!status) break;
    const std::string piece = "SELECT a FROM b WHERE c = '" + std::string(40'000, '1');
    status = rules->Take(
        {"content_block_delta", R"({"type":"content_block_delta","index":)" + at +
                                    R"(,"delta":{"type":"text_delta","text":")" + piece + R"("}})"},
        out);
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kTooLarge);
}

TEST_F(StreamRulesTest, HoldNoMoreOfCallsThanTheirBound) {
  auto judge = Under({{"PII_ACTION", "redact"}});
  const auto rules = MakeOpenAiStream(judge);
  Status status;
  std::size_t fed = 0;
  std::string out;
  const std::string piece(1'000, 'a');
  while (status && fed < 2 * StreamRules::kHeldBytesMax) {
    status = rules->Take({"", R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,)"
                              R"("function":{"arguments":")" +
                                  piece + R"("}}]}}]})"},
                         out);
    fed += piece.size();
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kTooLarge);
  EXPECT_LE(fed, StreamRules::kHeldBytesMax + piece.size());
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace axonflow::api

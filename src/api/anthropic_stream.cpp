#include <utility>

#include "api/proxy_errors.h"
#include "api/proxy_stream.h"
#include "base/json_writer.h"
#include "providers/parts.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kIndexMax = 127;

// A content block under way.
struct Block {
  std::string kind;             // text, thinking, tool_use
  std::string id, name, input;  // of a tool; held until the block ends
};

class AnthropicStream final : public StreamRules {
 public:
  explicit AnthropicStream(governance::AnswerJudge& judge) : StreamRules(judge) {}

  Status TakeEvent(const providers::SseEvent& event, std::string& out) override;
  bool complete() const override { return done_; }
  void Stop(std::string& out) override;
  void Fail(std::string_view message, std::string& out) override;

 private:
  Status TakeStart(const JsonValue& root, std::string& out);
  Status TakeBlockStart(std::int64_t index, const JsonValue& root, std::string& out);
  Status TakeBlockDelta(std::int64_t index, const JsonValue& root, std::string& out);
  Status TakeBlockStop(std::int64_t index, std::string& out);
  Status TakeMessageDelta(const JsonValue& root, std::string& out);
  Status FinishTool(std::int64_t index, const Block& block, std::string& out);
  void WriteDelta(std::int64_t index, std::string_view type, std::string_view member,
                  std::string_view text, std::string& out) const;

  JsonDocument document_;
  std::map<std::int64_t, Block> blocks_;
  bool begun_ = false;
  bool done_ = false;
};

Error Broken() { return Error{ErrorCode::kUnavailable, "the provider's stream is broken"}; }

void WriteUsage(JsonWriter& json, const JsonValue& holder) {
  const auto usage = holder.Find("usage");
  if (!usage) return;
  json.Key("usage");
  WriteCounts(*usage, json);
}

std::string_view TextOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return {};
  return member->AsString().value_or(std::string_view());
}

// What nobody but the provider can read, when it looks like that; else nothing of it.
std::string_view Sealed(const JsonValue& object, std::string_view name) {
  const auto text = TextOf(object, name);
  return providers::IsBase64(text) ? text : std::string_view();
}

Status AnthropicStream::TakeEvent(const providers::SseEvent& event, std::string& out) {
  if (done_) return {};
  CountUsage(providers::UsageIn(event.data));
  const auto root = document_.Parse(event.data);
  if (!root || root->type() != JsonType::kObject) return Broken();
  const auto type = TextOf(*root, "type");
  if (type == "message_start") return TakeStart(*root, out);
  if (type == "message_delta") return TakeMessageDelta(*root, out);
  if (type == "message_stop") {
    done_ = true;
    providers::AppendSse(type, R"({"type":"message_stop"})", out);
    return {};
  }
  if (type == "ping") {
    providers::AppendSse(type, R"({"type":"ping"})", out);
    return {};
  }
  if (type == "error") {
    const auto error = root->Find("error");
    auto judged = JudgeWhole(error ? TextOf(*error, "message") : "", false);
    if (!judged) return judged.error();
    Fail(*judged, out);
    return {};
  }
  const auto at = root->Find("index");
  const auto index = at ? at->AsInt().value_or(-1) : -1;
  if (index < 0 || index > kIndexMax)
    return type.starts_with("content_block") ? Broken() : Status();
  if (type == "content_block_start") return TakeBlockStart(index, *root, out);
  if (type == "content_block_delta") return TakeBlockDelta(index, *root, out);
  if (type == "content_block_stop") return TakeBlockStop(index, out);
  return {};  // an event of unknown type is withheld
}

Status AnthropicStream::TakeStart(const JsonValue& root, std::string& out) {
  const auto message = root.Find("message");
  if (!message || begun_) return Broken();
  begun_ = true;
  JsonWriter json;
  json.BeginObject().Field("type", "message_start").Key("message").BeginObject();
  json.Field("id", Name(message->Find("id"))).Field("type", "message");
  json.Field("role", "assistant").Field("model", Name(message->Find("model")));
  json.Key("content").BeginArray().EndArray();
  json.Key("stop_reason").Null().Key("stop_sequence").Null();
  WriteUsage(json, *message);
  json.EndObject().EndObject();
  providers::AppendSse("message_start", json.text(), out);
  return {};
}

Status AnthropicStream::TakeBlockStart(std::int64_t index, const JsonValue& root,
                                       std::string& out) {
  const auto content = root.Find("content_block");
  if (!content || blocks_.contains(index)) return Broken();
  Block block{std::string(TextOf(*content, "type")), {}, {}, {}};
  JsonWriter json;
  json.BeginObject().Field("type", "content_block_start").Field("index", index);
  json.Key("content_block").BeginObject().Field("type", block.kind);
  std::string_view first;
  if (block.kind == "text") {
    json.Field("text", "");
    first = TextOf(*content, "text");
  } else if (block.kind == "thinking") {
    json.Field("thinking", "").Field("signature", "");
    first = TextOf(*content, "thinking");
  } else if (block.kind == "tool_use") {
    block.id = Name(content->Find("id"));
    block.name = TextOf(*content, "name");
    if (auto held = Hold(block.name.size()); !held) return held;
    blocks_.emplace(index, std::move(block));
    return {};
  } else if (block.kind == "redacted_thinking") {
    json.Field("data", Sealed(*content, "data"));
  } else {
    return {};  // of unknown type: withheld with all that follows of it
  }
  const std::string kind = block.kind;
  blocks_.emplace(index, std::move(block));
  json.EndObject().EndObject();
  providers::AppendSse("content_block_start", json.text(), out);
  std::string sent;
  if (first.empty()) return {};
  if (auto fed = Feed(std::to_string(index), first, sent); !fed) return fed;
  if (!sent.empty()) WriteDelta(index, kind + "_delta", kind, sent, out);
  return {};
}

Status AnthropicStream::TakeBlockDelta(std::int64_t index, const JsonValue& root,
                                       std::string& out) {
  const auto block = blocks_.find(index);
  const auto delta = root.Find("delta");
  if (block == blocks_.end() || !delta) return {};
  const auto type = TextOf(*delta, "type");
  const std::string& kind = block->second.kind;
  if (kind == "tool_use") {
    const auto piece = TextOf(*delta, "partial_json");
    if (auto held = Hold(piece.size()); !held) return held;
    block->second.input += piece;
    return {};
  }
  if (type == "signature_delta" && kind == "thinking") {
    WriteDelta(index, type, "signature", Sealed(*delta, "signature"), out);
    return {};
  }
  if (type != kind + "_delta") return {};  // citations and what nobody knows are withheld
  const auto piece = TextOf(*delta, kind);
  std::string sent;
  if (auto fed = Feed(std::to_string(index), piece, sent); !fed) return fed;
  if (!sent.empty()) WriteDelta(index, type, kind, sent, out);
  return {};
}

Status AnthropicStream::TakeBlockStop(std::int64_t index, std::string& out) {
  auto node = blocks_.extract(index);
  if (node.empty()) return {};
  const Block& block = node.mapped();
  if (block.kind == "tool_use") {
    if (auto finished = FinishTool(index, block, out); !finished) return finished;
  } else {
    std::string rest;
    if (auto finished = FinishText(std::to_string(index), rest); !finished) return finished;
    if (!rest.empty()) WriteDelta(index, block.kind + "_delta", block.kind, rest, out);
  }
  JsonWriter json;
  json.BeginObject().Field("type", "content_block_stop").Field("index", index).EndObject();
  providers::AppendSse("content_block_stop", json.text(), out);
  return {};
}

Status AnthropicStream::FinishTool(std::int64_t index, const Block& block, std::string& out) {
  const auto name = JudgeWhole(block.name, false);
  if (!name) return name.error();
  const auto input = JudgeWhole(block.input, true);
  if (!input) return input.error();
  JsonWriter json;
  json.BeginObject().Field("type", "content_block_start").Field("index", index);
  json.Key("content_block").BeginObject().Field("type", "tool_use").Field("id", block.id);
  json.Field("name", *name).Key("input").BeginObject().EndObject().EndObject().EndObject();
  providers::AppendSse("content_block_start", json.text(), out);
  WriteDelta(index, "input_json_delta", "partial_json", *input, out);
  return {};
}

Status AnthropicStream::TakeMessageDelta(const JsonValue& root, std::string& out) {
  const auto delta = root.Find("delta");
  if (!delta) return Broken();
  const auto sequence = JudgeWhole(TextOf(*delta, "stop_sequence"), false);
  if (!sequence) return sequence.error();
  JsonWriter json;
  json.BeginObject().Field("type", "message_delta").Key("delta").BeginObject();
  const auto reason = Name(delta->Find("stop_reason"));
  json.Key("stop_reason");
  reason.empty() ? json.Null() : json.String(reason);
  json.Key("stop_sequence");
  sequence->empty() ? json.Null() : json.String(*sequence);
  json.EndObject();
  WriteUsage(json, root);
  json.EndObject();
  providers::AppendSse("message_delta", json.text(), out);
  return {};
}

void AnthropicStream::WriteDelta(std::int64_t index, std::string_view type, std::string_view member,
                                 std::string_view text, std::string& out) const {
  JsonWriter json;
  json.BeginObject().Field("type", "content_block_delta").Field("index", index);
  json.Key("delta").BeginObject().Field("type", type).Field(member, text).EndObject().EndObject();
  providers::AppendSse("content_block_delta", json.text(), out);
}

// "refusal" is how the protocol itself says that an answer was stopped on the way.
void AnthropicStream::Stop(std::string& out) {
  for (const auto& [index, block] : blocks_) {
    if (block.kind == "tool_use") continue;  // held: it has not begun for the client
    JsonWriter json;
    json.BeginObject().Field("type", "content_block_stop").Field("index", index).EndObject();
    providers::AppendSse("content_block_stop", json.text(), out);
  }
  providers::AppendSse("message_delta",
                       R"({"type":"message_delta","delta":{"stop_reason":"refusal",)"
                       R"("stop_sequence":null},"usage":{"output_tokens":0}})",
                       out);
  providers::AppendSse("message_stop", R"({"type":"message_stop"})", out);
  done_ = true;
}

void AnthropicStream::Fail(std::string_view message, std::string& out) {
  const auto error = ProviderError(providers::Protocol::kAnthropic, 502, "api_error", "", message);
  providers::AppendSse("error", error.body, out);
  done_ = true;
}

}  // namespace

std::unique_ptr<StreamRules> MakeAnthropicStream(governance::AnswerJudge& judge) {
  return std::make_unique<AnthropicStream>(judge);
}

}  // namespace axonflow::api

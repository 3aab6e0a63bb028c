#include <algorithm>
#include <array>
#include <utility>

#include "api/proxy_call.h"
#include "api/proxy_errors.h"
#include "api/proxy_stream.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kIndexMax = 1'023;

// The events that hold a piece of a text: what the text is called, and the counter of its parts.
struct TextEvent {
  std::string_view delta, done, index;
};
constexpr TextEvent kTextEvents[] = {
    {"response.output_text.delta", "response.output_text.done", "content_index"},
    {"response.refusal.delta", "response.refusal.done", "content_index"},
    {"response.reasoning_text.delta", "response.reasoning_text.done", "content_index"},
    {"response.reasoning_summary_text.delta", "response.reasoning_summary_text.done",
     "summary_index"},
};

// Calls of tools: their pieces are not needed, for the event of the end repeats the whole.
struct CallEvent {
  std::string_view delta, done, member;
};
constexpr CallEvent kCallEvents[] = {
    {"response.function_call_arguments.delta", "response.function_call_arguments.done",
     "arguments"},
    {"response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "input"},
};

// Events that are judged as a whole and leave as they came but for what was redacted.
constexpr std::string_view kWholeEvents[] = {"response.created",
                                             "response.queued",
                                             "response.in_progress",
                                             "response.output_item.added",
                                             "response.output_item.done",
                                             "response.content_part.added",
                                             "response.content_part.done",
                                             "response.reasoning_summary_part.added",
                                             "response.reasoning_summary_part.done",
                                             "response.output_text.annotation.added",
                                             "error"};
constexpr std::string_view kLastEvents[] = {"response.completed", "response.failed",
                                            "response.incomplete"};

class ResponsesStream final : public StreamRules {
 public:
  explicit ResponsesStream(governance::AnswerJudge& judge) : StreamRules(judge) {}

  bool complete() const override { return done_; }
  void Stop(std::string& out) override;
  void Fail(std::string_view message, std::string& out) override;

 private:
  // A text under way.
  struct Text {
    const TextEvent* event = nullptr;
    std::string item_id;
    std::int64_t output_index = 0;
    std::int64_t part_index = 0;
  };

  Status TakeEvent(const providers::SseEvent& event, std::string& out) override;
  Status TakeText(const TextEvent& known, const providers::SseEvent& event, const JsonValue& root,
                  std::string& out);
  Status TakeCall(const CallEvent& known, const providers::SseEvent& event, const JsonValue& root,
                  std::string& out);
  Status TakeWhole(std::string_view type, const providers::SseEvent& event, const JsonValue& root,
                   std::string& out);
  Status FinishTexts(std::int64_t output_index, std::string& out);
  void ReleaseHeld(std::int64_t output_index, std::string& out);
  void ReadHead(const JsonValue& root);
  void WriteDelta(const Text& text, std::string_view delta, std::string& out) const;

  JsonDocument document_;
  std::map<std::string, Text> open_;           // by their name as texts
  std::map<std::int64_t, std::string> calls_;  // begun, not decided yet: the event, by its item
  std::string id_, model_;
  std::int64_t created_at_ = 0;
  std::int64_t sequence_ = 0;  // of the event that is taken
  bool done_ = false;
};

constexpr std::int64_t kEveryItem = -1;

Error Broken() { return Error{ErrorCode::kUnavailable, "the provider's stream is broken"}; }

std::string_view TextOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return {};
  return member->AsString().value_or(std::string_view());
}

// The number `name`, 0 when there is none, and -1 when it is none that can be.
std::int64_t IndexOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return 0;
  const auto index = member->AsInt().value_or(-1);
  return index < 0 || index > kIndexMax ? -1 : index;
}

bool IsCallItem(const JsonValue& root) {
  const auto item = root.Find("item");
  if (!item) return false;
  const auto type = TextOf(*item, "type");
  return type == "function_call" || type == "custom_tool_call";
}

Status ResponsesStream::TakeEvent(const providers::SseEvent& event, std::string& out) {
  if (done_) return {};
  const auto root = document_.Parse(event.data);
  if (!root || root->type() != JsonType::kObject) return Broken();
  const auto type = TextOf(*root, "type");
  const auto number = root->Find("sequence_number");
  sequence_ = number ? std::clamp<std::int64_t>(number->AsInt().value_or(0), 0, 999'999'999) : 0;
  if (IndexOf(*root, "output_index") < 0) return Broken();
  for (const TextEvent& known : kTextEvents) {
    if (type == known.delta || type == known.done) return TakeText(known, event, *root, out);
  }
  for (const CallEvent& known : kCallEvents) {
    if (type == known.delta) return {};  // the end repeats it
    if (type == known.done) return TakeCall(known, event, *root, out);
  }
  if (std::ranges::find(kWholeEvents, type) != std::end(kWholeEvents) ||
      std::ranges::find(kLastEvents, type) != std::end(kLastEvents)) {
    return TakeWhole(type, event, *root, out);
  }
  return {};  // an event of unknown type is withheld
}

Status ResponsesStream::TakeText(const TextEvent& known, const providers::SseEvent& event,
                                 const JsonValue& root, std::string& out) {
  const Text text{&known, std::string(Name(root.Find("item_id"))), IndexOf(root, "output_index"),
                  IndexOf(root, known.index)};
  if (text.part_index < 0) return Broken();
  const std::string name = std::to_string(text.output_index) + "." +
                           std::to_string(text.part_index) + "." + std::string(known.delta);
  if (TextOf(root, "type") == known.done) {
    std::string rest;
    open_.erase(name);
    if (auto finished = FinishText(name, rest); !finished) return finished;
    if (!rest.empty()) WriteDelta(text, rest, out);
    // The whole text, which comes out as the pieces did: that is how the redactor is made.
    auto judged = JudgeJson(providers::ResponsesEvent(), event.data);
    if (!judged) return judged.error();
    providers::AppendSse(known.done, *judged, out);
    return {};
  }
  const auto piece = root.Find("delta");
  if (!piece || piece->type() != JsonType::kString) return Broken();
  open_.try_emplace(name, text);
  std::string sent;
  if (auto fed = Feed(name, *piece->AsString(), sent); !fed) return fed;
  static constexpr std::array<std::string_view, 7> kMembers = {
      "type",          "sequence_number", "item_id", "output_index",
      "content_index", "summary_index",   "delta"};
  const auto number = root.Find("sequence_number");
  const bool plain = HasOnly(root, kMembers) && sent == *piece->AsString() &&
                     TextOf(root, "item_id") == text.item_id &&
                     (!number || number->AsInt() == sequence_) &&
                     IndexOf(root, "content_index") >= 0 && IndexOf(root, "summary_index") >= 0;
  if (plain) {
    providers::AppendSse(known.delta, event.data, out);
  } else if (!sent.empty()) {
    WriteDelta(text, sent, out);
  }
  return {};
}

Status ResponsesStream::TakeCall(const CallEvent& known, const providers::SseEvent& event,
                                 const JsonValue& root, std::string& out) {
  const std::string item_id(Name(root.Find("item_id")));  // its document is parsed anew below
  const auto index = IndexOf(root, "output_index");
  auto judged = JudgeJson(providers::ResponsesEvent(), event.data);
  if (!judged) return judged.error();
  ReleaseHeld(index, out);
  JsonWriter json;
  json.BeginObject().Field("type", known.delta).Field("sequence_number", sequence_);
  json.Field("item_id", item_id).Field("output_index", index);
  const auto whole = document_.Parse(*judged);
  if (!whole) return Broken();
  const auto text = TextOf(*whole, known.member);
  Keep(text);
  json.Field("delta", text).EndObject();
  providers::AppendSse(known.delta, json.text(), out);
  providers::AppendSse(known.done, *judged, out);
  return {};
}

Status ResponsesStream::TakeWhole(std::string_view type, const providers::SseEvent& event,
                                  const JsonValue& root, std::string& out) {
  const bool last = std::ranges::find(kLastEvents, type) != std::end(kLastEvents);
  const auto index = last || type == "error" ? kEveryItem : IndexOf(root, "output_index");
  const bool ends = last || type == "error" || type.ends_with(".done");
  const bool begins_call = type == "response.output_item.added" && IsCallItem(root);
  ReadHead(root);
  if (last) CountUsage(providers::UsageIn(event.data));
  if (ends) {
    if (auto finished = FinishTexts(index, out); !finished) return finished;
  }
  auto judged = JudgeJson(providers::ResponsesEvent(), event.data);
  if (!judged) return judged.error();
  if (begins_call) {
    if (auto held = Hold(judged->size()); !held) return held;
    calls_[index] = std::move(*judged);
    return {};
  }
  if (ends) ReleaseHeld(index, out);
  providers::AppendSse(type, *judged, out);
  done_ = last || type == "error";
  return {};
}

// What is held of the texts of an item, before it is told that they are complete.
Status ResponsesStream::FinishTexts(std::int64_t output_index, std::string& out) {
  for (auto at = open_.begin(); at != open_.end();) {
    if (output_index != kEveryItem && at->second.output_index != output_index) {
      ++at;
      continue;
    }
    std::string rest;
    if (auto finished = FinishText(at->first, rest); !finished) return finished;
    if (!rest.empty()) WriteDelta(at->second, rest, out);
    at = open_.erase(at);
  }
  return {};
}

void ResponsesStream::ReleaseHeld(std::int64_t output_index, std::string& out) {
  for (auto at = calls_.begin(); at != calls_.end();) {
    if (output_index != kEveryItem && at->first != output_index) {
      ++at;
      continue;
    }
    providers::AppendSse("response.output_item.added", at->second, out);
    at = calls_.erase(at);
  }
}

void ResponsesStream::ReadHead(const JsonValue& root) {
  const auto response = root.Find("response");
  if (!response) return;
  id_ = Name(response->Find("id"));
  model_ = Name(response->Find("model"));
  const auto created = response->Find("created_at");
  created_at_ = created ? static_cast<std::int64_t>(
                              std::clamp(created->AsDouble().value_or(0), 0.0, 99'999'999'999.0))
                        : 0;
}

void ResponsesStream::WriteDelta(const Text& text, std::string_view delta, std::string& out) const {
  JsonWriter json;
  json.BeginObject().Field("type", text.event->delta).Field("sequence_number", sequence_);
  json.Field("item_id", text.item_id).Field("output_index", text.output_index);
  json.Field(text.event->index, text.part_index).Field("delta", delta);
  if (text.event->delta == "response.output_text.delta") {
    json.Key("logprobs").BeginArray().EndArray();
  }
  json.EndObject();
  providers::AppendSse(text.event->delta, json.text(), out);
}

// The protocol's own way to say that an answer was cut short by a filter.
void ResponsesStream::Stop(std::string& out) {
  JsonWriter json;
  json.BeginObject().Field("type", "response.incomplete").Field("sequence_number", sequence_);
  json.Key("response").BeginObject().Field("id", id_).Field("object", "response");
  json.Field("created_at", created_at_).Field("status", "incomplete").Field("model", model_);
  json.Key("incomplete_details").BeginObject().Field("reason", "content_filter").EndObject();
  json.Key("error").Null().Key("output").BeginArray().EndArray();
  json.Field("parallel_tool_calls", true).Field("tool_choice", "auto");
  json.Key("tools").BeginArray().EndArray().EndObject().EndObject();
  providers::AppendSse("response.incomplete", json.text(), out);
  done_ = true;
}

void ResponsesStream::Fail(std::string_view message, std::string& out) {
  JsonWriter json;
  json.BeginObject().Field("type", "error").Field("sequence_number", sequence_);
  json.Field("code", "upstream_error").Field("message", message).Key("param").Null().EndObject();
  providers::AppendSse("error", json.text(), out);
  done_ = true;
}

}  // namespace

std::unique_ptr<StreamRules> MakeResponsesStream(governance::AnswerJudge& judge) {
  return std::make_unique<ResponsesStream>(judge);
}

}  // namespace axonflow::api

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "api/proxy_errors.h"
#include "api/proxy_stream.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kDone = "[DONE]";
constexpr std::string_view kTexts[] = {"content", "refusal", "reasoning_content", "reasoning"};
constexpr std::int64_t kIndexMax = 127;
constexpr std::int64_t kCreatedMax = 99'999'999'999;  // seconds

// A call of a tool as it has come so far. Index -1 is the single call of the older protocol.
struct ToolCall {
  std::int64_t index = 0;
  std::string id, name, arguments;
};

struct Choice {
  std::vector<ToolCall> calls;
  bool finished = false;
};

// What every event of one answer begins with.
struct Head {
  std::string id, object, model, fingerprint, tier;
  std::int64_t created = 0;
};

class OpenAiStream final : public StreamRules {
 public:
  explicit OpenAiStream(governance::AnswerJudge& judge) : StreamRules(judge) {}

  Status TakeEvent(const providers::SseEvent& event, std::string& out) override;
  bool complete() const override { return done_; }
  void Stop(std::string& out) override;
  void Fail(std::string_view message, std::string& out) override;

 private:
  // What is said of one choice in one event.
  struct Delta {
    std::string role;
    std::vector<std::pair<std::string_view, std::string>> texts;
    bool unchanged = true;  // the event may leave as it came
  };

  void ReadHead(const JsonValue& root);
  bool IsPlainHead(const JsonValue& root);
  Status TakeError(const JsonValue& error, std::string& out);
  Status TakeChoice(const JsonValue& choice, bool& unchanged, std::string& out);
  Status TakeText(std::int64_t index, std::string_view name, std::string_view text, Delta& delta);
  Status TakeDelta(std::int64_t index, const JsonValue& json, Delta& delta);
  Status TakeCall(Choice& choice, std::int64_t index, const JsonValue& call);
  Status FinishChoice(std::int64_t index, std::string& out);
  void Write(std::int64_t index, const Delta& delta, std::string_view finish, std::string& out);
  void WriteEvent(std::string_view choices, std::string_view usage, std::string& out) const;

  JsonDocument document_;
  Head head_;
  std::map<std::int64_t, Choice> choices_;
  bool done_ = false;
};

std::string TextName(std::int64_t index, std::string_view name) {
  return std::to_string(index) + "." + std::string(name);
}

Error Broken() { return Error{ErrorCode::kUnavailable, "the provider's stream is broken"}; }

void OpenAiStream::ReadHead(const JsonValue& root) {
  const std::pair<const char*, std::string*> members[] = {
      {"id", &head_.id},
      {"object", &head_.object},
      {"model", &head_.model},
      {"system_fingerprint", &head_.fingerprint},
      {"service_tier", &head_.tier}};
  for (const auto& [name, target] : members) *target = Name(root.Find(name));
  const auto created = root.Find("created");
  head_.created = created ? created->AsInt().value_or(0) : 0;
  if (head_.created < 0 || head_.created > kCreatedMax) head_.created = 0;
}

bool OpenAiStream::IsPlainHead(const JsonValue& root) {
  static constexpr std::array<std::string_view, 8> kMembers = {
      "id", "object", "created", "model", "system_fingerprint", "service_tier", "choices", "usage"};
  if (!HasOnly(root, kMembers)) return false;
  for (const char* name : {"id", "object", "model", "system_fingerprint", "service_tier"}) {
    const auto member = root.Find(name);
    if (member && Name(member).empty()) return false;
  }
  const auto usage = root.Find("usage");
  if (usage && !IsCounts(*usage)) return false;
  const auto created = root.Find("created");
  return !created || created->AsInt() == head_.created;
}

Status OpenAiStream::TakeEvent(const providers::SseEvent& event, std::string& out) {
  if (done_) return {};
  if (event.data == kDone) {
    for (auto& [index, choice] : choices_) {
      if (choice.finished) continue;
      if (auto finished = FinishChoice(index, out); !finished) return finished;
      choice.finished = true;
    }
    done_ = true;
    providers::AppendSse("", kDone, out);
    return {};
  }
  CountUsage(providers::UsageIn(event.data));
  const auto root = document_.Parse(event.data);
  if (!root || root->type() != JsonType::kObject) return Broken();
  if (const auto error = root->Find("error")) return TakeError(*error, out);
  ReadHead(*root);
  bool unchanged = IsPlainHead(*root);
  std::string written;
  Status status;
  if (const auto choices = root->Find("choices")) {
    choices->ForEachElement([&](JsonValue choice) {
      if (status) status = TakeChoice(choice, unchanged, written);
    });
  }
  if (!status) return status;
  if (unchanged) {
    providers::AppendSse("", event.data, out);
    return {};
  }
  out += written;
  if (const auto usage = root->Find("usage")) {
    JsonWriter counts;
    WriteCounts(*usage, counts);
    if (usage->size() > 0) WriteEvent("[]", counts.text(), out);
  }
  return {};
}

Status OpenAiStream::TakeError(const JsonValue& error, std::string& out) {
  const auto message = error.Find("message");
  auto judged = JudgeWhole(message ? message->AsString().value_or("") : "", false);
  if (!judged) return judged.error();
  Fail(*judged, out);
  return {};
}

Status OpenAiStream::TakeChoice(const JsonValue& json, bool& unchanged, std::string& out) {
  const auto at = json.Find("index");
  const auto index = at ? at->AsInt().value_or(-1) : 0;
  if (index < 0 || index > kIndexMax) return Broken();
  Choice& choice = choices_[index];
  Delta delta;
  static constexpr std::array<std::string_view, 5> kMembers = {"index", "delta", "text",
                                                               "finish_reason", "logprobs"};
  delta.unchanged = HasOnly(json, kMembers) && !json.Find("logprobs");
  if (const auto text = json.Find("text")) {
    auto taken = TakeText(index, "text", text->AsString().value_or(""), delta);
    if (!taken) return taken;
  }
  if (const auto inner = json.Find("delta")) {
    if (auto taken = TakeDelta(index, *inner, delta); !taken) return taken;
  }
  const auto finish = json.Find("finish_reason");
  const auto reason = Name(finish);
  if (finish) {
    delta.unchanged = delta.unchanged && !reason.empty();
    // What is held leaves before the end is told.
    std::string held;
    const bool has_delta = !delta.role.empty() || !delta.texts.empty();
    if (auto finished = FinishChoice(index, held); !finished) return finished;
    choice.finished = true;
    if (!held.empty() || !delta.unchanged) {
      delta.unchanged = false;
      if (has_delta) Write(index, delta, "", out);
      out += held;
      Write(index, {}, reason, out);
      unchanged = false;
      return {};
    }
    Write(index, delta, reason, out);
    return {};
  }
  unchanged = unchanged && delta.unchanged;
  if (!delta.role.empty() || !delta.texts.empty()) Write(index, delta, "", out);
  return {};
}

Status OpenAiStream::TakeText(std::int64_t index, std::string_view name, std::string_view text,
                              Delta& delta) {
  std::string sent;
  if (auto fed = Feed(TextName(index, name), text, sent); !fed) return fed;
  delta.unchanged = delta.unchanged && sent == text;
  if (!sent.empty()) delta.texts.emplace_back(name, std::move(sent));
  return {};
}

Status OpenAiStream::TakeDelta(std::int64_t index, const JsonValue& json, Delta& delta) {
  static constexpr std::array<std::string_view, 7> kMembers = {
      "role",      "content",    "refusal",      "reasoning_content",
      "reasoning", "tool_calls", "function_call"};
  delta.unchanged = delta.unchanged && HasOnly(json, kMembers);
  if (const auto role = json.Find("role")) {
    delta.role = Name(role);
    delta.unchanged = delta.unchanged && role->AsString() == delta.role;
  }
  for (const auto name : kTexts) {
    const auto text = json.Find(name);
    if (!text) continue;
    if (text->type() != JsonType::kString) return Broken();
    if (auto taken = TakeText(index, name, *text->AsString(), delta); !taken) return taken;
  }
  Status status;
  if (const auto calls = json.Find("tool_calls")) {
    delta.unchanged = false;
    calls->ForEachElement([&](JsonValue call) {
      const auto at = call.Find("index");
      const auto number = at ? at->AsInt().value_or(0) : 0;
      if (status) status = TakeCall(choices_[index], number, call);
    });
  }
  if (const auto call = json.Find("function_call")) {
    delta.unchanged = false;
    if (status) status = TakeCall(choices_[index], -1, *call);
  }
  return status;
}

Status OpenAiStream::TakeCall(Choice& choice, std::int64_t index, const JsonValue& json) {
  if (index > kIndexMax || index < -1) return Broken();
  auto call = std::ranges::find(choice.calls, index, &ToolCall::index);
  if (call == choice.calls.end()) call = choice.calls.insert(call, ToolCall{index, {}, {}, {}});
  const auto id = Name(json.Find("id"));
  if (!id.empty()) call->id = id;
  const auto function = index < 0 ? std::optional(json) : json.Find("function");
  if (!function) return {};
  for (const auto& [name, target] :
       {std::pair("name", &call->name), std::pair("arguments", &call->arguments)}) {
    const auto member = function->Find(name);
    if (!member) continue;
    const auto text = member->AsString();
    if (!text) return Broken();
    if (auto held = Hold(text->size()); !held) return held;
    *target += *text;
  }
  return {};
}

Status OpenAiStream::FinishChoice(std::int64_t index, std::string& out) {
  Delta rest;
  for (const std::string_view name :
       {std::string_view("text"), kTexts[0], kTexts[1], kTexts[2], kTexts[3]}) {
    std::string text;
    if (auto finished = FinishText(TextName(index, name), text); !finished) return finished;
    if (!text.empty()) rest.texts.emplace_back(name, std::move(text));
  }
  if (!rest.texts.empty()) Write(index, rest, "", out);
  auto calls = std::exchange(choices_[index].calls, {});
  for (const ToolCall& call : calls) {
    const auto name = JudgeWhole(call.name, false);
    if (!name) return name.error();
    const auto arguments = JudgeWhole(call.arguments, true);
    if (!arguments) return arguments.error();
    JsonWriter json;
    json.BeginArray().BeginObject().Field("index", index).Key("delta").BeginObject();
    if (call.index < 0) {
      json.Key("function_call").BeginObject();
    } else {
      json.Key("tool_calls").BeginArray().BeginObject().Field("index", call.index);
      json.Field("id", call.id).Field("type", "function").Key("function").BeginObject();
    }
    json.Field("name", *name).Field("arguments", *arguments).EndObject();
    if (call.index >= 0) json.EndObject().EndArray();
    json.EndObject().Key("logprobs").Null().Key("finish_reason").Null().EndObject().EndArray();
    WriteEvent(json.text(), "", out);
  }
  return {};
}

void OpenAiStream::Write(std::int64_t index, const Delta& delta, std::string_view finish,
                         std::string& out) {
  JsonWriter json;
  json.BeginArray().BeginObject().Field("index", index);
  const bool text_only = head_.object == "text_completion";
  if (text_only) {
    std::string_view text;
    for (const auto& [name, value] : delta.texts) {
      if (name == "text") text = value;
    }
    json.Field("text", text);
  } else {
    json.Key("delta").BeginObject();
    if (!delta.role.empty()) json.Field("role", delta.role);
    for (const auto& [name, text] : delta.texts) json.Field(name, text);
    json.EndObject();
  }
  json.Key("logprobs").Null().Key("finish_reason");
  finish.empty() ? json.Null() : json.String(finish);
  json.EndObject().EndArray();
  WriteEvent(json.text(), "", out);
}

void OpenAiStream::WriteEvent(std::string_view choices, std::string_view usage,
                              std::string& out) const {
  JsonWriter json;
  json.BeginObject().Field("id", head_.id).Field("object", head_.object);
  json.Field("created", head_.created).Field("model", head_.model);
  if (!head_.tier.empty()) json.Field("service_tier", head_.tier);
  if (!head_.fingerprint.empty()) json.Field("system_fingerprint", head_.fingerprint);
  json.Key("choices").Raw(choices);
  if (!usage.empty()) json.Key("usage").Raw(usage);
  json.EndObject();
  providers::AppendSse("", json.text(), out);
}

void OpenAiStream::Stop(std::string& out) {
  if (choices_.empty()) choices_[0];
  for (auto& [index, choice] : choices_) {
    if (!choice.finished) Write(index, {}, "content_filter", out);
  }
  providers::AppendSse("", kDone, out);
  done_ = true;
}

void OpenAiStream::Fail(std::string_view message, std::string& out) {
  const auto error =
      ProviderError(providers::Protocol::kOpenAi, 502, "server_error", "upstream_error", message);
  providers::AppendSse("", error.body, out);
  done_ = true;
}

}  // namespace

std::unique_ptr<StreamRules> MakeOpenAiStream(governance::AnswerJudge& judge) {
  return std::make_unique<OpenAiStream>(judge);
}

}  // namespace axonflow::api

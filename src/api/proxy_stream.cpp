#include "api/proxy_stream.h"

#include <algorithm>

#include "api/proxy_call.h"
#include "audit/record.h"
#include "base/utf8.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kCountNameBytesMax = 48;
constexpr std::int64_t kCountMax = 999'999'999'999;  // any more may be a number of a card
constexpr int kCountDepthMax = 4;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/-").find(c) != std::string_view::npos;
}

bool IsCountName(std::string_view name) {
  return !name.empty() && name.size() <= kCountNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool IsCount(const JsonValue& value) {
  const auto count = value.AsInt();
  return count && *count >= 0 && *count <= kCountMax;
}

void WriteCountsIn(const JsonValue& usage, int depth, JsonWriter& json) {
  json.BeginObject();
  usage.ForEachMember([&](std::string_view name, JsonValue value) {
    if (!IsCountName(name)) return;
    if (IsCount(value)) json.Field(name, *value.AsInt());
    if (value.type() == JsonType::kObject && depth < kCountDepthMax) {
      json.Key(name);
      WriteCountsIn(value, depth + 1, json);
    }
  });
  json.EndObject();
}

bool IsCountsAt(const JsonValue& usage, int depth) {
  bool only = usage.type() == JsonType::kObject && depth <= kCountDepthMax;
  usage.ForEachMember([&](std::string_view name, JsonValue value) {
    only = only && IsCountName(name) &&
           (IsCount(value) || value.IsNull() || IsCountsAt(value, depth + 1));
  });
  return only;
}

}  // namespace

void WriteCounts(const JsonValue& usage, JsonWriter& json) { WriteCountsIn(usage, 0, json); }
bool IsCounts(const JsonValue& usage) { return IsCountsAt(usage, 0); }

std::string_view StreamRules::Name(std::optional<JsonValue> value) {
  if (!value) return {};
  const auto text = value->AsString();
  if (!text || text->size() > kNameBytesMax || !std::ranges::all_of(*text, IsNameCharacter)) {
    return {};
  }
  if (names_.contains(*text)) return *text;
  Status judged = judge_.JudgeAttached(*text);
  if (judged && names_.size() >= kNamesMax) {
    judged = Error{ErrorCode::kTooLarge, "the provider's answer has too many ids"};
  }
  if (!judged) {
    name_status_ = std::move(judged);
    return {};
  }
  names_.emplace(*text);
  return *text;
}

Status StreamRules::Take(const providers::SseEvent& event, std::string& out) {
  const auto before = out.size();
  auto taken = TakeEvent(event, out);
  if (taken && !name_status_) taken = name_status_;
  if (!taken) out.resize(before);
  return taken;
}

void StreamRules::Keep(std::string_view text) {
  answer_bytes_ += text.size();
  if (sample_.size() >= audit::kQueryExcerptBytesMax) return;
  sample_ += text.substr(0, audit::kQueryExcerptBytesMax - sample_.size());
}

Status StreamRules::Feed(const std::string& name, std::string_view piece, std::string& out) {
  auto text = texts_.find(name);
  if (text == texts_.end()) {
    if (texts_.size() >= kTextsMax) {
      return Error{ErrorCode::kTooLarge, "the provider's answer has too many texts"};
    }
    text = texts_.emplace(name, judge_.OpenStream()).first;
  }
  const auto before = out.size();
  auto fed = text->second->Feed(piece, out);
  std::size_t kept = 0;
  for (const auto& [other, redactor] : texts_) kept += redactor->memory_bytes();
  if (fed && kept > kTextBytesMax) {
    return Error{ErrorCode::kTooLarge, "too much of the provider's answer would have to be held"};
  }
  Keep(std::string_view(out).substr(before));
  return fed;
}

Status StreamRules::FinishText(const std::string& name, std::string& out) {
  const auto text = texts_.find(name);
  if (text == texts_.end()) return {};
  const auto before = out.size();
  auto finished = text->second->Finish(out);
  texts_.erase(text);
  Keep(std::string_view(out).substr(before));
  return finished;
}

Result<std::string> StreamRules::JudgeWhole(std::string_view text, bool json) {
  auto judged = judge_.Judge(text, json);
  if (judged) Keep(*judged);
  return judged;
}

Result<std::string> StreamRules::JudgeJson(const providers::Fields& fields, std::string_view json) {
  auto document = ReadAnswer(fields, json);
  if (!document) return Error{ErrorCode::kUnavailable, "the provider's stream is broken"};
  std::vector<std::string> judged;
  for (const auto& text : (*document)->texts) {
    if (text.attached) {
      if (auto harmless = judge_.JudgeAttached(text.text); !harmless) return harmless.error();
      judged.emplace_back();
      continue;
    }
    auto redacted = judge_.Judge(text.text, text.json);
    if (!redacted) return redacted.error();
    judged.push_back(std::move(*redacted));
  }
  return WriteAnswer(**document, json, std::move(judged), judge_.redacted());
}

Status StreamRules::Hold(std::size_t bytes) {
  held_bytes_ += bytes;
  if (held_bytes_ <= kHeldBytesMax) return {};
  return Error{ErrorCode::kTooLarge, "the calls of tools in the provider's answer are too long"};
}

void StreamRules::CountUsage(const std::optional<providers::Usage>& usage) {
  if (!usage) return;
  if (!usage_) usage_.emplace();
  usage_->prompt_tokens = std::max(usage_->prompt_tokens, usage->prompt_tokens);
  usage_->completion_tokens = std::max(usage_->completion_tokens, usage->completion_tokens);
}

}  // namespace axonflow::api

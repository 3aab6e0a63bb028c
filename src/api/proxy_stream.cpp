#include "api/proxy_stream.h"

#include <algorithm>

#include "audit/record.h"
#include "base/utf8.h"

namespace axonflow::api {
namespace {

constexpr std::size_t kNameBytesMax = 128;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/-").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view ProviderName(std::optional<JsonValue> value) {
  if (!value) return {};
  const auto text = value->AsString();
  if (!text || text->size() > kNameBytesMax) return {};
  return std::ranges::all_of(*text, IsNameCharacter) ? *text : std::string_view();
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

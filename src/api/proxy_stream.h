#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "governance/answer.h"
#include "providers/fields.h"
#include "providers/price.h"
#include "providers/sse.h"

namespace axonflow::api {

// Governs the events of one streamed answer. What leaves is written anew from the members that the
// protocol has, so that nothing passes that nobody looked at; an event whose text leaves unchanged
// goes as it came. Texts go through a streaming redactor each; a call of a tool is held until it is
// complete and judged. Errors: kPermissionDenied when the policies stop the answer, kTooLarge over
// kHeldBytesMax, kUnavailable for what is no event of the protocol.
class StreamRules {
 public:
  static constexpr std::size_t kHeldBytesMax = 512 << 10;  // of calls of tools
  static constexpr std::size_t kTextsMax = 64;             // that stream at the same time

  virtual ~StreamRules() = default;

  // Appends to `out` what may leave after `event`.
  virtual Status Take(const providers::SseEvent& event, std::string& out) = 0;
  // Whether the provider has said that the answer is complete.
  virtual bool complete() const = 0;
  // The end of the stream in the protocol's own way, after the policies stopped the answer.
  virtual void Stop(std::string& out) = 0;
  // An error in the protocol's own way, after which nothing comes.
  virtual void Fail(std::string_view message, std::string& out) = 0;

  const std::optional<providers::Usage>& usage() const { return usage_; }
  const std::string& sample() const { return sample_; }  // of the text that left
  std::size_t answer_bytes() const { return answer_bytes_; }

 protected:
  explicit StreamRules(governance::AnswerJudge& judge) : judge_(judge) {}

  // Feeds `piece` to the text `name` and appends what of it can leave.
  Status Feed(const std::string& name, std::string_view piece, std::string& out);
  // The rest of the text `name`, which is complete.
  Status FinishText(const std::string& name, std::string& out);
  // A whole text of the answer, redacted.
  Result<std::string> JudgeWhole(std::string_view text, bool json);
  Status Hold(std::size_t bytes);
  void CountUsage(const std::optional<providers::Usage>& usage);

  governance::AnswerJudge& judge_;
  std::map<std::string, std::unique_ptr<redaction::StreamingRedactor>> texts_;

 private:
  void Keep(std::string_view text);

  std::size_t held_bytes_ = 0;
  std::optional<providers::Usage> usage_;
  std::string sample_;
  std::size_t answer_bytes_ = 0;
};

std::unique_ptr<StreamRules> MakeOpenAiStream(governance::AnswerJudge& judge);
std::unique_ptr<StreamRules> MakeAnthropicStream(governance::AnswerJudge& judge);

// A name that the provider gave something, when it looks like one; else nothing of it.
std::string_view ProviderName(std::optional<JsonValue> value);

}  // namespace axonflow::api

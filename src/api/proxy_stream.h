#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/json_writer.h"
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
// one of the bounds, kUnavailable for what is no event of the protocol.
//
// The bounds of one stream are together 1 MiB: 64 KiB that wait in the outbound client, one event
// (SseReader::kEventBytesMax), what is held and what the redactors keep.
class StreamRules {
 public:
  static constexpr std::size_t kHeldBytesMax = 128 << 10;  // of calls of tools
  static constexpr std::size_t kTextBytesMax = 320 << 10;  // of all texts that stream by
  static constexpr std::size_t kTextsMax = 64;             // that stream at the same time
  static constexpr std::size_t kNamesMax = 512;            // different ids of one answer

  virtual ~StreamRules() = default;

  // Appends to `out` what may leave after `event`; nothing of it when this fails.
  Status Take(const providers::SseEvent& event, std::string& out);
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
  virtual Status TakeEvent(const providers::SseEvent& event, std::string& out) = 0;

  // A name that the provider gave something, when it looks like one and is judged harmless; else
  // nothing of it. One that the policies stop fails the Take that it is read in.
  std::string_view Name(std::optional<JsonValue> value);

  // Feeds `piece` to the text `name` and appends what of it can leave.
  Status Feed(const std::string& name, std::string_view piece, std::string& out);
  // The rest of the text `name`, which is complete.
  Status FinishText(const std::string& name, std::string& out);
  // A whole text of the answer, redacted.
  Result<std::string> JudgeWhole(std::string_view text, bool json);
  // A whole JSON object of the protocol, every text of it judged.
  Result<std::string> JudgeJson(const providers::Fields& fields, std::string_view json);
  Status Hold(std::size_t bytes);
  void CountUsage(const std::optional<providers::Usage>& usage);
  void Keep(std::string_view text);

  governance::AnswerJudge& judge_;
  std::map<std::string, std::unique_ptr<redaction::StreamingRedactor>> texts_;

 private:
  std::set<std::string, std::less<>> names_;  // that were judged
  Status name_status_;
  std::size_t held_bytes_ = 0;
  std::optional<providers::Usage> usage_;
  std::string sample_;
  std::size_t answer_bytes_ = 0;
};

std::unique_ptr<StreamRules> MakeOpenAiStream(governance::AnswerJudge& judge);
std::unique_ptr<StreamRules> MakeAnthropicStream(governance::AnswerJudge& judge);
std::unique_ptr<StreamRules> MakeResponsesStream(governance::AnswerJudge& judge);

// Whether every member of `object` is one of `known`, so that nothing unseen leaves with it.
template <std::size_t kCount>
bool HasOnly(const JsonValue& object, const std::array<std::string_view, kCount>& known) {
  bool only = true;
  object.ForEachMember([&](std::string_view name, JsonValue /*value*/) {
    bool found = false;
    for (const auto word : known) found = found || word == name;
    only = only && found;
  });
  return only;
}

// Writes the counts of a usage object, with objects of counts in it, and nothing else of it.
void WriteCounts(const JsonValue& usage, JsonWriter& json);
// Whether WriteCounts would leave nothing out.
bool IsCounts(const JsonValue& usage);

}  // namespace axonflow::api

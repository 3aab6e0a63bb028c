#include "providers/fields.h"

#include <string>
#include <vector>

namespace axonflow::providers {
namespace {

using enum Treatment;

constexpr FieldRule kChatRequestRules[] = {
    {"model", kAttached},
    {"messages[].role", kWord},
    {"messages[].tool_call_id", kAttached},
    {"messages[].content[].type", kPartType},
    {"messages[].content[].image_url.url", kMediaUrl},
    {"messages[].content[].image_url.detail", kWord},
    {"messages[].content[].input_audio.data", kOpaque},
    {"messages[].content[].input_audio.format", kWord},
    {"messages[].tool_calls[].id", kAttached},
    {"messages[].tool_calls[].type", kWord},
    {"messages[].tool_calls[].function.arguments", kArguments},
    {"messages[].function_call.arguments", kArguments},
    {"messages[].audio.id", kAttached},
    {"tools[].type", kWord},
    {"tool_choice", kWord},
    {"tool_choice.type", kWord},
    {"response_format.type", kWord},
    {"modalities[]", kWord},
    {"reasoning_effort", kWord},
    {"verbosity", kWord},
    {"service_tier", kWord},
    {"seed", kCount},
};

constexpr FieldRule kChatAnswerRules[] = {
    {"id", kAttached},
    {"object", kWord},
    {"created", kCount},
    {"model", kAttached},
    {"system_fingerprint", kAttached},
    {"service_tier", kWord},
    {"choices[].finish_reason", kWord},
    {"choices[].message.role", kWord},
    {"choices[].message.content[].type", kPartType},
    {"choices[].message.tool_calls[].id", kAttached},
    {"choices[].message.tool_calls[].type", kWord},
    {"choices[].message.tool_calls[].function.arguments", kArguments},
    {"choices[].message.function_call.arguments", kArguments},
    {"choices[].message.audio.id", kAttached},
    {"choices[].message.audio.data", kOpaque},
    {"choices[].message.audio.expires_at", kCount},
    {"choices[].logprobs.**", kEcho},
    {"usage.**", kCount},
};

constexpr std::string_view kChatRequestParts[] = {"text", "image_url", "input_audio", "refusal"};
constexpr std::string_view kChatAnswerParts[] = {"text", "refusal"};

constexpr FieldRule kCompletionRequestRules[] = {{"model", kAttached}, {"seed", kCount}};
constexpr FieldRule kCompletionAnswerRules[] = {
    {"id", kAttached},
    {"object", kWord},
    {"created", kCount},
    {"model", kAttached},
    {"system_fingerprint", kAttached},
    {"choices[].finish_reason", kWord},
    {"choices[].logprobs.**", kEcho},
    {"usage.**", kCount},
};

constexpr FieldRule kResponsesRequestRules[] = {
    {"model", kAttached},
    {"previous_response_id", kAttached},
    {"input[].role", kWord},
    {"input[].type", kPartType},
    {"input[].id", kAttached},
    {"input[].call_id", kAttached},
    {"input[].status", kWord},
    {"input[].arguments", kArguments},
    {"input[].encrypted_content", kOpaque},
    {"input[].content[].type", kPartType},
    {"input[].content[].image_url", kMediaUrl},
    {"input[].content[].detail", kWord},
    {"input[].summary[].type", kPartType},
    {"tools[].type", kWord},
    {"tool_choice", kWord},
    {"tool_choice.type", kWord},
    {"text.format.type", kWord},
    {"text.verbosity", kWord},
    {"reasoning.effort", kWord},
    {"reasoning.summary", kWord},
    {"include[]", kAttached},
    {"truncation", kWord},
    {"service_tier", kWord},
};
constexpr FieldRule kResponsesAnswerRules[] = {
    {"id", kAttached},
    {"object", kWord},
    {"created_at", kCount},
    {"completed_at", kCount},
    {"model", kAttached},
    {"status", kWord},
    {"previous_response_id", kAttached},
    {"incomplete_details.reason", kWord},
    {"output[].id", kAttached},
    {"output[].type", kPartType},
    {"output[].role", kWord},
    {"output[].status", kWord},
    {"output[].call_id", kAttached},
    {"output[].arguments", kArguments},
    {"output[].encrypted_content", kOpaque},
    {"output[].content[].type", kPartType},
    {"output[].content[].annotations[].type", kWord},
    {"output[].content[].logprobs.**", kEcho},
    {"output[].summary[].type", kPartType},
    {"tools[].type", kWord},
    {"tool_choice", kWord},
    {"text.format.type", kWord},
    {"text.verbosity", kWord},
    {"reasoning.effort", kWord},
    {"truncation", kWord},
    {"service_tier", kWord},
    {"usage.**", kCount},
};
constexpr std::string_view kResponsesParts[] = {
    "message",        "function_call",    "function_call_output",
    "reasoning",      "input_text",       "output_text",
    "refusal",        "input_image",      "summary_text",
    "reasoning_text", "custom_tool_call", "custom_tool_call_output",
    "item_reference"};

constexpr FieldRule kEmbeddingsRequestRules[] = {{"model", kAttached}, {"encoding_format", kWord}};
constexpr FieldRule kEmbeddingsAnswerRules[] = {
    {"object", kWord},
    {"data[].object", kWord},
    {"data[].embedding", kOpaque},
    {"data[].embedding[]", kOpaque},
    {"model", kAttached},
    {"usage.**", kCount},
};

constexpr FieldRule kMessagesRequestRules[] = {
    {"model", kAttached},
    {"system[].type", kPartType},
    {"system[].cache_control.**", kAttached},
    {"messages[].role", kWord},
    {"messages[].content[].type", kPartType},
    {"messages[].content[].id", kAttached},
    {"messages[].content[].tool_use_id", kAttached},
    {"messages[].content[].cache_control.**", kAttached},
    {"messages[].content[].signature", kOpaque},
    {"messages[].content[].data", kOpaque},
    {"messages[].content[].source.type", kWord},
    {"messages[].content[].source.media_type", kAttached},
    {"messages[].content[].source.data", kMedia},
    {"messages[].content[].content[].type", kPartType},
    {"messages[].content[].content[].source.type", kWord},
    {"messages[].content[].content[].source.media_type", kAttached},
    {"messages[].content[].content[].source.data", kMedia},
    {"tools[].type", kAttached},
    {"tools[].cache_control.**", kAttached},
    {"tool_choice.type", kWord},
    {"thinking.type", kWord},
    {"service_tier", kWord},
};
constexpr FieldRule kMessagesAnswerRules[] = {
    {"id", kAttached},
    {"type", kWord},
    {"role", kWord},
    {"model", kAttached},
    {"stop_reason", kWord},
    {"content[].type", kPartType},
    {"content[].id", kAttached},
    {"content[].signature", kOpaque},
    {"content[].data", kOpaque},
    {"usage.service_tier", kWord},
    {"usage.**", kCount},
};
constexpr std::string_view kMessagesParts[] = {
    "text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result"};
constexpr std::string_view kMessagesAnswerParts[] = {"text", "thinking", "redacted_thinking",
                                                     "tool_use"};
constexpr FieldRule kCountAnswerRules[] = {{"input_tokens", kCount}};

// The rules of a whole answer, for each place where an event holds a part of one.
struct EventRules {
  EventRules() {
    for (const FieldRule& rule : kResponsesAnswerRules) {
      Add("response.", rule.path, rule.treatment);
      for (const std::string_view head : {"output[].content[].", "output[].summary[]."}) {
        if (!rule.path.starts_with(head)) continue;
        Add("part.", rule.path.substr(head.size()), rule.treatment);
      }
      constexpr std::string_view kItem = "output[].";
      if (rule.path.starts_with(kItem)) {
        Add("item.", rule.path.substr(kItem.size()), rule.treatment);
      }
    }
    Add("", "item_id", kAttached);
    Add("", "sequence_number", kCount);
    Add("", "arguments", kArguments);
    Add("", "annotation.type", kWord);
    Add("", "logprobs.**", kEcho);
    for (std::size_t i = 0; i < paths.size(); ++i) rules.push_back({paths[i], treatments[i]});
  }
  void Add(std::string_view head, std::string_view path, Treatment treatment) {
    paths.push_back(std::string(head) + std::string(path));
    treatments.push_back(treatment);
  }

  std::vector<std::string> paths;
  std::vector<Treatment> treatments;
  std::vector<FieldRule> rules;
};

bool Fits(std::string_view rule, std::string_view path) {
  if (rule == path) return true;
  if (!rule.ends_with(".**")) return false;
  const auto head = rule.substr(0, rule.size() - 3);
  return path.size() > head.size() && path.starts_with(head) &&
         (path[head.size()] == '.' || path[head.size()] == '[');
}

}  // namespace

Treatment TreatmentOf(const Fields& fields, std::string_view path) {
  for (const FieldRule& rule : fields.rules) {
    if (Fits(rule.path, path)) return rule.treatment;
  }
  return kText;
}

const Surface kChatCompletions{"chat_completion",
                               "/chat/completions",
                               Protocol::kOpenAi,
                               {kChatRequestRules, kChatRequestParts},
                               {kChatAnswerRules, kChatAnswerParts},
                               true};
const Surface kCompletions{"completion",
                           "/completions",
                           Protocol::kOpenAi,
                           {kCompletionRequestRules, {}},
                           {kCompletionAnswerRules, {}},
                           true};
const Surface kResponses{"response",
                         "/responses",
                         Protocol::kOpenAi,
                         {kResponsesRequestRules, kResponsesParts},
                         {kResponsesAnswerRules, kResponsesParts},
                         true};
const Surface kEmbeddings{"embedding",
                          "/embeddings",
                          Protocol::kOpenAi,
                          {kEmbeddingsRequestRules, {}},
                          {kEmbeddingsAnswerRules, {}},
                          false};
const Surface kMessages{"message",
                        "/v1/messages",
                        Protocol::kAnthropic,
                        {kMessagesRequestRules, kMessagesParts},
                        {kMessagesAnswerRules, kMessagesAnswerParts},
                        true};
const Surface kCountTokens{"count_tokens",          "/v1/messages/count_tokens",
                           Protocol::kAnthropic,    {kMessagesRequestRules, kMessagesParts},
                           {kCountAnswerRules, {}}, false};

const Fields& ResponsesEvent() {
  static const EventRules all;
  static const Fields fields{all.rules, kResponsesParts};
  return fields;
}

std::span<const Surface* const> Surfaces() {
  static const Surface* const all[] = {&kChatCompletions, &kCompletions, &kResponses,
                                       &kEmbeddings,      &kMessages,    &kCountTokens};
  return all;
}

}  // namespace axonflow::providers

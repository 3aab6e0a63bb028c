#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace axonflow::providers {

// What governance makes of a value in a provider's JSON.
enum class Treatment : std::uint8_t {
  kText,       // judged and redacted: the default of everything that no table names
  kArguments,  // the same; the value is itself JSON and must stay JSON
  kAttached,   // judged; names an object of the provider, so it cannot be redacted
  kWord,       // a word of the protocol; judged as kAttached when it is not one
  kPartType,   // a word that says what its object is; must be one of Fields::part_types
  kMediaUrl,   // opaque when it carries an image or audio in base64, else kText
  kMedia,      // opaque when it is base64 beside the media type of an image or audio, else kText
  kEcho,       // repeats the text in pieces (log probabilities): goes when anything was redacted
  kCount,      // a number of tokens or a time; not judged while it is one, else kText
  kOpaque,     // not judged when it is base64 or a number: what only the provider can read
};

// `path` is dotted, with "[]" for each array; "a.**" is everything below a.
struct FieldRule {
  std::string_view path;
  Treatment treatment;
};

// How one document of a protocol is read. Governance and the test that plants a canary in each
// field both go by this table: what it does not name is judged as text.
struct Fields {
  std::span<const FieldRule> rules;
  // Values of kPartType fields that are known. An object of another type is withheld.
  std::span<const std::string_view> part_types;
};

// Treatment of the value at `path`; `path` as in FieldRule.
Treatment TreatmentOf(const Fields& fields, std::string_view path);

// One endpoint of a provider's protocol.
enum class Protocol : std::uint8_t { kOpenAi, kAnthropic };
struct Surface {
  std::string_view request_type;  // in records: "chat_completion"
  std::string_view path;          // below the provider's base: "/chat/completions"
  Protocol protocol;
  Fields request;
  Fields answer;
  bool streams;  // takes "stream": true
};

extern const Surface kChatCompletions;
extern const Surface kCompletions;
extern const Surface kResponses;
extern const Surface kEmbeddings;
extern const Surface kMessages;
extern const Surface kCountTokens;

// One event of a stream of kResponses that holds more than a piece of text.
const Fields& ResponsesEvent();

std::span<const Surface* const> Surfaces();

}  // namespace axonflow::providers

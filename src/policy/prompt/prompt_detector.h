#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::policy::prompt {

// One for each policy of the catalogue that this room judges. Names match the part after "prompt."
// in the YAML.
enum class Rule : std::uint8_t {
  kModel,       // a statement that reads like an attack on the model's instructions
  kObfuscated,  // the same, behind digits for letters or without its spaces
  kIndirect,    // such a statement inside a document that was handed over
  kCount,
};
inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::kCount);

// "model" -> Rule::kModel; kCount for an unknown name. And back.
Rule ParseRule(std::string_view name);
std::string_view ToString(Rule rule);

struct Hit {
  Rule rule;
  std::uint32_t begin;  // byte range of the window that scored
  std::uint32_t end;
  float confidence;  // 0 to 1
};

// Upper bound of hits of one rule that are recorded with their place.
inline constexpr std::size_t kHitsPerRuleMax = 10'000;

struct Hits {
  std::vector<Hit> hits;  // ordered by begin
  bool truncated = false;
  void clear() {
    hits.clear();
    truncated = false;
  }
};

// Finds attempts to take a language model over through its input, in any of the languages that the
// model of this room was trained on. Texts up to kWholeBytesMax are read whole; in longer ones only
// the surroundings of words that attacks use. Windows that score and touch are one hit, widened to
// the ends of its lines or sentences. Encodings are not unfolded here (policy/unfold does that).
// Any bytes are a text; linear in it; safe from any number of threads.
void Detect(std::string_view text, Hits& hits);

inline constexpr std::size_t kWholeBytesMax = 1024;

}  // namespace axonflow::policy::prompt

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace axonflow::policy {

// A place that a detector in code reports. Rules are numbered by the detector's own enumeration.
struct CodeHit {
  std::uint32_t rule = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  float confidence = 1.0F;
};

struct CodeHits {
  std::vector<CodeHit> hits;
  bool truncated = false;  // a rule had more hits than it placed
};

// One room of detectors, as the policy set drives it: a pass over the text answers all its rules.
struct CodeDetector {
  std::string_view prefix;  // of the names in the catalogue: "pii." of "pii.credit_card"
  std::size_t rule_count;
  std::size_t hits_per_rule_max;                // placed; see CodeHits::truncated
  bool redactable;                              // false: nothing that it finds is ever redacted
  std::size_t (*parse)(std::string_view rule);  // rule_count for an unknown name
  void (*detect)(std::string_view text, CodeHits& hits);  // appends
};

// Every room, in a fixed order.
std::span<const CodeDetector> CodeDetectors();

}  // namespace axonflow::policy

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/pii/pii_detector.h"

// Any bytes are a text. What must hold for each: hits lie within the text, are not empty, come in
// order, and those of one rule do not overlap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using axonflow::policy::pii::Rule;
  constexpr auto kRules = static_cast<std::size_t>(Rule::kCount);
  static axonflow::policy::pii::Hits hits;
  axonflow::policy::pii::Detect({reinterpret_cast<const char*>(data), size}, hits);
  std::uint32_t last_begin = 0;
  std::uint32_t ends[kRules] = {};
  for (const auto& hit : hits.hits) {
    const auto rule = static_cast<std::size_t>(hit.rule);
    if (rule >= kRules || hit.begin < last_begin || hit.begin >= hit.end || hit.end > size ||
        hit.begin < ends[rule] || !(hit.confidence > 0 && hit.confidence <= 1)) {
      std::abort();
    }
    last_begin = hit.begin;
    ends[rule] = hit.end;
  }
  return 0;
}

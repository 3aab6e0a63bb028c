#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/prompt/prompt_detector.h"

// Any bytes are a text. What must hold for each: hits lie within the text, are not empty and come
// in order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using axonflow::policy::prompt::kRuleCount;
  static axonflow::policy::prompt::Hits hits;
  axonflow::policy::prompt::Detect({reinterpret_cast<const char*>(data), size}, hits);
  std::uint32_t last_begin = 0;
  for (const auto& hit : hits.hits) {
    if (static_cast<std::size_t>(hit.rule) >= kRuleCount || hit.begin < last_begin ||
        hit.begin >= hit.end || hit.end > size || !(hit.confidence > 0 && hit.confidence <= 1)) {
      std::abort();
    }
    last_begin = hit.begin;
  }
  return 0;
}

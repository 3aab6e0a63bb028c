#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/shell/shell_detector.h"

// Any bytes are a text. What must hold: hits lie within the text, are not empty and come in order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace shell = axonflow::policy::shell;
  static shell::Hits hits;
  shell::Detect({reinterpret_cast<const char*>(data), size}, hits);
  std::uint32_t last_begin = 0;
  for (const auto& hit : hits.hits) {
    if (hit.rule >= shell::Rule::kCount || hit.begin < last_begin || hit.begin >= hit.end ||
        hit.end > size || !(hit.confidence > 0 && hit.confidence <= 1)) {
      std::abort();
    }
    last_begin = hit.begin;
  }
  return 0;
}

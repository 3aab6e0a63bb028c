#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/unfold/unfold.h"

// Any bytes are a text. What must hold for each: the derived text is no longer than the original,
// and its places stand for ranges of the original in rising order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static axonflow::policy::unfold::Unfolded out;
  if (!axonflow::policy::unfold::Unfold({reinterpret_cast<const char*>(data), size}, out)) return 0;
  if (out.text.size() > size) std::abort();
  std::uint32_t last_begin = 0;
  for (std::uint32_t at = 0; at < out.text.size(); ++at) {
    const auto range = out.ToOriginal(at, at + 1);
    if (range.begin < last_begin || range.end < range.begin || range.end > size) std::abort();
    last_begin = range.begin;
  }
  return 0;
}

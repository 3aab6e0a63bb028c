#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "providers/parts.h"

// Any bytes are a provider's document. What must hold: parts lie in order within it, and writing it
// anew without a change gives the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace axonflow::providers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Surface* surface : Surfaces()) {
    for (const Fields& fields : {surface->request, surface->answer}) {
      const auto parts = ReadParts(fields, text);
      if (!parts) continue;
      std::vector<std::string> same;
      std::uint32_t last = 0;
      for (const Part& part : *parts) {
        if (part.begin < last || part.end < part.begin || part.end > size) std::abort();
        last = part.end;
        same.push_back(part.text);
      }
      if (Rewrite(text, *parts, same) != text) std::abort();
    }
  }
  return 0;
}

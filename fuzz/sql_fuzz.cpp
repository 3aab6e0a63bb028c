// Feeds arbitrary bytes to the SQL detector: no input may crash it or give a place outside the
// text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/sql/sql_detector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using axonflow::policy::sql::Detect;
  using axonflow::policy::sql::Hits;
  using axonflow::policy::sql::kRuleCount;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Hits hits;
  Detect(text, hits);
  for (std::size_t rule = 0; rule < kRuleCount; ++rule) {
    if (!hits.rules[rule]) continue;
    const Hits::Place& place = hits.places[rule];
    if (place.begin >= place.end || place.end > size) std::abort();
  }
  return 0;
}

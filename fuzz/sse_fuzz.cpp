#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "providers/sse.h"

// Any bytes are a stream. What must hold: however it is cut, the same events come out of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using axonflow::providers::SseEvent;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] % 16 + 1U;
  std::vector<SseEvent> whole;
  std::vector<SseEvent> cut;
  axonflow::providers::SseReader reader;
  const bool whole_ok = reader.Feed(text, whole).ok();
  axonflow::providers::SseReader cut_reader;
  bool cut_ok = true;
  for (std::size_t at = 0; at < text.size() && cut_ok; at += piece) {
    cut_ok = cut_reader.Feed(text.substr(at, piece), cut).ok();
  }
  if (!whole_ok || !cut_ok) return 0;
  if (whole.size() != cut.size() || reader.incomplete() != cut_reader.incomplete()) std::abort();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].name != cut[i].name || whole[i].data != cut[i].data) std::abort();
  }
  return 0;
}

#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace axonflow {
namespace {

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82F63B78U : value >> 1;
    table[i] = value;
  }
  return table;
}();

std::uint32_t Portable(std::string_view bytes, std::uint32_t crc) {
  for (const char byte : bytes) {
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t Accelerated(std::string_view bytes,
                                                            std::uint32_t crc) {
  std::uint64_t state = crc;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    state = _mm_crc32_u64(state, word);
  }
  auto small = static_cast<std::uint32_t>(state);
  for (; at < bytes.size(); ++at) {
    small = _mm_crc32_u8(small, static_cast<unsigned char>(bytes[at]));
  }
  return small;
}
#endif

}  // namespace

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  static const bool accelerated = __builtin_cpu_supports("sse4.2") != 0;
  if (accelerated) return ~Accelerated(bytes, ~seed);
#endif
  return ~Portable(bytes, ~seed);
}

}  // namespace axonflow

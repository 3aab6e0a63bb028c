#pragma once

#include <array>
#include <cstdint>

namespace axonflow::policy {

constexpr std::array<std::uint8_t, 256> BuildIsWord() {
  std::array<std::uint8_t, 256> is_word{};
  for (unsigned byte = '0'; byte <= 'z'; ++byte) {
    const unsigned lower = byte | 0x20U;
    is_word[byte] = (lower >= 'a' && lower <= 'z') || byte <= '9' || byte == '_';
  }
  return is_word;
}
// 1 for the bytes of \w: ASCII letters, digits and '_'.
inline constexpr auto kIsWord = BuildIsWord();

}  // namespace axonflow::policy

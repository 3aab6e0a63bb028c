#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

// Tables by byte that the automaton and what builds it look bytes up in.
namespace axonflow::policy {

// Bytes reduced to symbols: letters without case, digits as one, every other printable character,
// and the rest as one. The last symbol stands for the end of the text.
constexpr std::uint8_t kEndSymbol = 63;
constexpr std::array<std::uint8_t, 256> BuildSymbols() {
  constexpr std::uint8_t kDigit = 26;
  constexpr std::uint8_t kWhite = 27;
  constexpr std::uint8_t kNewline = 28;
  constexpr std::uint8_t kOther = 29;
  std::array<std::uint8_t, 256> symbols{};
  symbols.fill(kOther);
  std::uint8_t next = kOther + 1;
  for (unsigned byte = ' '; byte < 0x7F; ++byte) {
    const unsigned lower = byte | 0x20U;
    if (lower >= 'a' && lower <= 'z') {
      symbols[byte] = static_cast<std::uint8_t>(lower - 'a');
    } else if (byte >= '0' && byte <= '9') {
      symbols[byte] = kDigit;
    } else {
      symbols[byte] = next++;
    }
  }
  for (const unsigned byte : {'\t', '\r', '\f'}) symbols[byte] = kWhite;
  symbols['\n'] = kNewline;
  return symbols;
}
inline constexpr auto kSymbolOf = BuildSymbols();
static_assert(*std::max_element(kSymbolOf.begin(), kSymbolOf.end()) == kEndSymbol - 1);

constexpr std::array<std::uint8_t, 256> BuildBefore() {
  std::array<std::uint8_t, 256> before{};
  for (unsigned byte = '0'; byte <= 'z'; ++byte) {
    const unsigned lower = byte | 0x20U;
    before[byte] = (lower >= 'a' && lower <= 'z') || byte <= '9' || byte == '_';
  }
  return before;
}
inline constexpr auto kIsWord = BuildBefore();

}  // namespace axonflow::policy

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace axonflow::policy::unfold {

inline unsigned ByteAt(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}
inline bool IsLetter(unsigned byte) { return (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z'; }
inline bool IsDigit(unsigned byte) { return byte >= '0' && byte <= '9'; }
inline bool IsWord(unsigned byte) { return IsLetter(byte) || IsDigit(byte); }

// Value of a hex digit, -1 for another byte.
inline int HexValue(unsigned byte) {
  if (IsDigit(byte)) return static_cast<int>(byte - '0');
  const unsigned lower = byte | 0x20U;
  return lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a') + 10 : -1;
}

// Value of `count` hex digits at `at`, -1 when they are not all there.
inline long HexNumber(std::string_view text, std::size_t at, std::size_t count) {
  long value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = HexValue(ByteAt(text, at + i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// One character of UTF-8: its code point and its length in bytes; length 0 when the bytes are none.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};
Character CharacterAt(std::string_view text, std::size_t at);

// Appends a code point as UTF-8; false, and nothing, for a control character or a surrogate.
bool AppendCharacter(std::uint32_t code, std::string& out);

// Whether decoded bytes are text that somebody wrote: valid UTF-8 without control characters, most
// of it letters and spaces.
bool ReadsAsText(std::string_view bytes);

}  // namespace axonflow::policy::unfold

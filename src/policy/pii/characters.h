#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::pii {

// ASCII classes, free of locale and of sign surprises. Bytes beyond ASCII belong to none.
inline bool IsDigit(char c) { return static_cast<std::uint8_t>(c - '0') < 10; }
inline bool IsUpper(char c) { return static_cast<std::uint8_t>(c - 'A') < 26; }
inline bool IsLetter(char c) {
  return static_cast<std::uint8_t>((static_cast<std::uint8_t>(c) | 0x20) - 'a') < 26;
}
inline bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }
inline bool IsWordByte(char c) { return IsAlnum(c) || c == '_'; }
inline char ToUpper(char c) {
  return static_cast<std::uint8_t>(c - 'a') < 26 ? static_cast<char>(c - 32) : c;
}

// The byte at `i`, or NUL outside the text (also for i = size_t(-1), one before the begin).
inline char At(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }

}  // namespace axonflow::policy::pii

#pragma once

#include <cstddef>
#include <string_view>

#include "policy/unfold/writer.h"

namespace axonflow::policy::unfold {

// Each looks at one place, replaces what is encoded there and returns where to go on: behind the
// place, or behind what it found to be nothing. Always more than `at`.

// "%69", "%C3%A9", "%u0069". In a word with such escapes '+' is a space.
std::size_t TakePercent(std::string_view text, std::size_t at, Writer& writer);

// "&amp;", "&#105;", "&#x69;"; the semicolon of a number may be missing.
std::size_t TakeEntity(std::string_view text, std::size_t at, Writer& writer);

// "\x69", "\u0069", "\u{69}", "\U00000069".
std::size_t TakeBackslash(std::string_view text, std::size_t at, Writer& writer);

// The run of base64 or hex digits that begins at `at`. It is replaced when it spells text.
std::size_t TakeDigits(std::string_view text, std::size_t at, Writer& writer);

// Groups of eight binary digits, with or without a space between them, that spell text.
std::size_t TakeBinary(std::string_view text, std::size_t at, Writer& writer);

// The character beyond ASCII at `at`.
std::size_t TakeHigh(std::string_view text, std::size_t at, Writer& writer);

// Letters that stand apart; `at` is one of them.
std::size_t TakeSpaced(std::string_view text, std::size_t at, Writer& writer);

// A SQL comment; `at` is its slash.
std::size_t TakeComment(std::string_view text, std::size_t at, Writer& writer);

// Whether `byte` may stand in base64, also of the kind for URLs.
bool IsBase64(unsigned char byte);

}  // namespace axonflow::policy::unfold

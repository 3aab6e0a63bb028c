#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::secrets {

// Sets of bytes that values are made of, as bits of ClassOf.
using Alphabet = std::uint16_t;
inline constexpr Alphabet kDigit = 1U << 0U;
inline constexpr Alphabet kLowerHexLetter = 1U << 1U;  // a-f
inline constexpr Alphabet kLowerRest = 1U << 2U;       // g-z
inline constexpr Alphabet kUpperHexLetter = 1U << 3U;  // A-F
inline constexpr Alphabet kUpperRest = 1U << 4U;       // G-Z
inline constexpr Alphabet kUnderscore = 1U << 5U;
inline constexpr Alphabet kHyphen = 1U << 6U;
inline constexpr Alphabet kDot = 1U << 7U;
inline constexpr Alphabet kPlusSlash = 1U << 8U;
inline constexpr Alphabet kEquals = 1U << 9U;
inline constexpr Alphabet kTilde = 1U << 10U;
inline constexpr Alphabet kColon = 1U << 11U;
inline constexpr Alphabet kPercent = 1U << 12U;

inline constexpr Alphabet kLower = kLowerHexLetter | kLowerRest;
inline constexpr Alphabet kUpper = kUpperHexLetter | kUpperRest;
inline constexpr Alphabet kLetters = kLower | kUpper;
inline constexpr Alphabet kHex = kDigit | kLowerHexLetter | kUpperHexLetter;
inline constexpr Alphabet kLowerHex = kDigit | kLowerHexLetter;
inline constexpr Alphabet kUpperAlnum = kDigit | kUpper;
inline constexpr Alphabet kLowerAlnum = kDigit | kLower;
inline constexpr Alphabet kAlnum = kDigit | kLetters;
inline constexpr Alphabet kWord = kAlnum | kUnderscore;
inline constexpr Alphabet kUrlSafe = kWord | kHyphen;
inline constexpr Alphabet kDotted = kUrlSafe | kDot;
inline constexpr Alphabet kBase64 = kAlnum | kPlusSlash | kEquals;

namespace detail {

constexpr std::array<Alphabet, 256> MakeClasses() {
  std::array<Alphabet, 256> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = kDigit;
  for (int i = 0; i < 26; ++i) {
    classes[static_cast<std::size_t>('a' + i)] = i < 6 ? kLowerHexLetter : kLowerRest;
    classes[static_cast<std::size_t>('A' + i)] = i < 6 ? kUpperHexLetter : kUpperRest;
  }
  classes['_'] = kUnderscore;
  classes['-'] = kHyphen;
  classes['.'] = kDot;
  classes['+'] = classes['/'] = kPlusSlash;
  classes['='] = kEquals;
  classes['~'] = kTilde;
  classes[':'] = kColon;
  classes['%'] = kPercent;
  return classes;
}

inline constexpr std::array<Alphabet, 256> kClasses = MakeClasses();

}  // namespace detail

inline Alphabet ClassOf(char c) { return detail::kClasses[static_cast<std::uint8_t>(c)]; }
inline bool IsIn(char c, Alphabet alphabet) { return (ClassOf(c) & alphabet) != 0; }

// Returns how many bytes of `text` from `at` on belong to `alphabet`, at most `max`.
std::size_t RunLength(std::string_view text, std::size_t at, Alphabet alphabet, std::size_t max);

// Returns the Shannon entropy of the first 128 bytes of `value`, in bits a byte; 0 for no bytes.
double EntropyOf(std::string_view value);

// Returns whether `value` is what people write where a secret belongs: "your-api-key", "changeme",
// "xxxxxxxx", "<token>", "${TOKEN}", "process.env.TOKEN", "EXAMPLE" at the end.
bool IsPlaceholder(std::string_view value);

// Returns whether the last 6 of the 36 letters and digits of `payload` are the base-62 CRC-32 of
// the first 30, as in the tokens of GitHub and npm.
bool HasChecksum(std::string_view payload);

// Returns whether `token` is a JSON web token: its first part is base64url of an object that names
// "alg" (RFC 7515).
bool IsJwt(std::string_view token);

// Returns whether `text` holds `word` (lower case) at any place, ignoring ASCII case.
bool ContainsIgnoringCase(std::string_view text, std::string_view word);

}  // namespace axonflow::policy::secrets

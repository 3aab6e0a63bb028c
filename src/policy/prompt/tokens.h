#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::policy::prompt {

// One word, one character of a script without spaces (Han, kana, Hangul, Thai), or one run of the
// same punctuation mark. The text is not kept, only what the model asks about it.
struct Token {
  std::uint32_t word = 0;  // hash of the folded word; other inside short quotes than outside
  std::uint32_t prefix =
      0;                    // hash of its first kPrefixLetters letters, so that endings matter less
  std::uint32_t begin = 0;  // byte range in the text
  std::uint32_t end = 0;
};

inline constexpr std::size_t kPrefixLetters = 5;
// A quotation is "short" when it closes on its line within so many bytes. Longer ones are how
// documents are handed over, and are read like any text.
inline constexpr std::size_t kQuoteBytesMax = 80;

// Appends the tokens of `text` to `tokens`; `base` is added to their places. Folds the case of
// Latin and Cyrillic letters and takes the diacritics from Latin ones; all numbers are one token.
// Any bytes are a text. Linear in the text.
void Tokenize(std::string_view text, std::uint32_t base, std::vector<Token>& tokens);

// Hash that `word` (folded already) has as a token outside quotes, for tables of known words.
std::uint32_t HashOf(std::string_view word);

}  // namespace axonflow::policy::prompt

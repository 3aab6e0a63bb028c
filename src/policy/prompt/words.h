#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::policy::prompt {

// Text whose words cannot be read as they stand, read again: digits that stand for letters
// ("1gn0r3"), words without spaces or with spaces in the wrong places.
struct Rewritten {
  std::string text;         // small letters and single spaces
  std::uint32_t begin = 0;  // the bytes of the original that it was made from
  std::uint32_t end = 0;
};

// The most bytes of one text that are read again: what lies behind has had its chance before.
inline constexpr std::size_t kRewriteBytesMax = 2048;
inline constexpr std::size_t kRewritesMax = 16;

// Fills `found` with the stretches of `text` that are written so, read again with the vocabulary of
// the model. Almost always none; then the cost is one look at each 16 bytes. Linear in the text.
void Rewrite(std::string_view text, std::vector<Rewritten>& found);

}  // namespace axonflow::policy::prompt

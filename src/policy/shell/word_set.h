#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::shell {

// Every byte as it is, but capital letters as small ones.
inline constexpr std::array<std::uint8_t, 256> kLowered = [] {
  std::array<std::uint8_t, 256> lowered{};
  for (std::size_t c = 0; c < lowered.size(); ++c) {
    lowered[c] = static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
  }
  return lowered;
}();

// A fixed list of words that is looked for in one reading of a text, however many words it holds:
// a table tells by two bytes which words may begin there.
template <std::size_t kSize>
class WordSet {
 public:
  // `words` are in small letters, of two bytes at least, and fewer than 255.
  constexpr explicit WordSet(const std::string_view (&words)[kSize]) {
    std::copy(std::begin(words), std::end(words), words_.begin());
    std::sort(words_.begin(), words_.end(), [](std::string_view a, std::string_view b) {
      return SlotOf(a[0], a[1]) < SlotOf(b[0], b[1]);
    });
    for (std::size_t i = kSize; i-- > 0;) {
      first_[SlotOf(words_[i][0], words_[i][1])] = static_cast<std::uint8_t>(i + 1);
    }
  }

  // Whether a word of the list stands anywhere in `text`, ignoring ASCII case.
  bool IsIn(std::string_view text) const {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      const std::size_t slot = SlotOf(text[at], text[at + 1]);
      if (first_[slot] != 0 && OneBegins(text.substr(at), slot)) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kSlots = 512;

  static constexpr std::size_t SlotOf(char a, char b) {
    const std::size_t first = kLowered[static_cast<std::uint8_t>(a)];
    const std::size_t second = kLowered[static_cast<std::uint8_t>(b)];
    return (first * 13 + second) % kSlots;
  }

  bool OneBegins(std::string_view text, std::size_t slot) const {
    for (std::size_t i = first_[slot] - 1U; i < kSize && SlotOf(words_[i][0], words_[i][1]) == slot;
         ++i) {
      const std::string_view word = words_[i];
      if (text.size() < word.size()) continue;
      std::size_t same = 0;
      while (same < word.size() && kLowered[static_cast<std::uint8_t>(text[same])] ==
                                       static_cast<std::uint8_t>(word[same])) {
        ++same;
      }
      if (same == word.size()) return true;
    }
    return false;
  }

  std::array<std::string_view, kSize> words_{};
  std::array<std::uint8_t, kSlots> first_{};  // 1 + the first word of the slot; 0 for none
};

}  // namespace axonflow::policy::shell

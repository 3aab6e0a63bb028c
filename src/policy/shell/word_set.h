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

// A word to look for, and the bits that say what it stands for.
struct TaggedWord {
  std::string_view word;
  std::uint32_t tags;
};

// Several lists of words at once: what one reading of a text finds of all of them.
template <std::size_t kSize>
class TaggedWords {
 public:
  // `words` are in small letters, of two bytes at least, and fewer than 255. One that stands on
  // several lists has the bits of all.
  constexpr explicit TaggedWords(const std::array<TaggedWord, kSize>& words) : words_(words) {
    std::sort(words_.begin(), words_.end(), [](const TaggedWord& a, const TaggedWord& b) {
      return SlotOf(a.word[0], a.word[1]) < SlotOf(b.word[0], b.word[1]);
    });
    for (std::size_t i = kSize; i-- > 0;) {
      first_[SlotOf(words_[i].word[0], words_[i].word[1])] = static_cast<std::uint8_t>(i + 1);
    }
  }

  // Whether one of the words stands anywhere in `text`, ignoring ASCII case.
  bool HoldsAny(std::string_view text) const {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      const std::size_t slot = SlotOf(text[at], text[at + 1]);
      if (first_[slot] != 0 && TagsAt(text.substr(at), slot) != 0) return true;
    }
    return false;
  }

  // The bits of all words that stand anywhere in `text`, ignoring ASCII case.
  std::uint32_t TagsOf(std::string_view text) const {
    std::uint32_t tags = 0;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      const std::size_t slot = SlotOf(text[at], text[at + 1]);
      if (first_[slot] != 0) tags |= TagsAt(text.substr(at), slot);
    }
    return tags;
  }

 private:
  static constexpr std::size_t kSlots = 512;

  static constexpr std::size_t SlotOf(char a, char b) {
    const std::size_t first = kLowered[static_cast<std::uint8_t>(a)];
    const std::size_t second = kLowered[static_cast<std::uint8_t>(b)];
    return (first * 13 + second) % kSlots;
  }

  std::uint32_t TagsAt(std::string_view text, std::size_t slot) const {
    std::uint32_t tags = 0;
    for (std::size_t i = first_[slot] - 1U; i < kSize; ++i) {
      const std::string_view word = words_[i].word;
      if (SlotOf(word[0], word[1]) != slot) break;
      if (text.size() < word.size()) continue;
      std::size_t same = 0;
      while (same < word.size() && kLowered[static_cast<std::uint8_t>(text[same])] ==
                                       static_cast<std::uint8_t>(word[same])) {
        ++same;
      }
      if (same == word.size()) tags |= words_[i].tags;
    }
    return tags;
  }

  std::array<TaggedWord, kSize> words_{};
  std::array<std::uint8_t, kSlots> first_{};  // 1 + the first word of the slot; 0 for none
};

// A fixed list of words that is looked for in one reading of a text, however many words it holds:
// a table tells by two bytes which words may begin there.
template <std::size_t kSize>
class WordSet {
 public:
  // `words` are in small letters, of two bytes at least, and fewer than 255.
  constexpr explicit WordSet(const std::string_view (&words)[kSize]) : words_(Tagged(words)) {}

  // Whether a word of the list stands anywhere in `text`, ignoring ASCII case.
  bool IsIn(std::string_view text) const { return words_.HoldsAny(text); }

 private:
  static constexpr std::array<TaggedWord, kSize> Tagged(const std::string_view (&words)[kSize]) {
    std::array<TaggedWord, kSize> tagged{};
    for (std::size_t i = 0; i < kSize; ++i) tagged[i] = {words[i], 1};
    return tagged;
  }

  TaggedWords<kSize> words_;
};

}  // namespace axonflow::policy::shell

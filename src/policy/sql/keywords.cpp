#include "policy/sql/keywords.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>

#include "policy/sql/keyword_table.h"

namespace axonflow::policy::sql {
namespace {

constexpr std::size_t kSlots = 4096;     // a power of two, over ten times the number of keywords
constexpr std::uint16_t kMore = 0x8000;  // another keyword with this hash stands in the next slot
constexpr std::uint64_t kLowerBits = 0x2020202020202020U;

// The first sixteen bytes of a word as two numbers, with 0x20 set in each byte: that maps letters
// to lower case and leaves digits alone. Unused bytes are zero. Words are compared as a whole this
// way, without a loop over their length.
struct Key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  constexpr bool operator==(const Key&) const = default;
};

constexpr std::uint64_t MaskOf(std::size_t bytes) {
  return bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
}

// The bytes of a key that a word of each length uses. A table, because how long a word is cannot
// be predicted.
constexpr std::array<Key, kKeywordLengthMax + 1> BuildMasks() {
  std::array<Key, kKeywordLengthMax + 1> masks{};
  for (std::size_t size = 0; size < masks.size(); ++size) {
    masks[size] = {MaskOf(size), size > 8 ? MaskOf(size - 8) : 0};
  }
  return masks;
}

constexpr auto kMasks = BuildMasks();

constexpr Key MakeKey(std::string_view word) {
  Key key;
  for (std::size_t i = 0; i < word.size() && i < 16; ++i) {
    const std::uint64_t byte = static_cast<unsigned char>(word[i]) | 0x20U;
    (i < 8 ? key.low : key.high) |= byte << (8 * (i % 8));
  }
  return key;
}

constexpr std::size_t Hash(const Key& key) {
  const std::uint64_t mixed = (key.low * 0x9E3779B97F4A7C15U) ^ (key.high * 0xC2B2AE3D27D4EB4FU);
  return static_cast<std::size_t>(mixed >> 40) & (kSlots - 1);
}

struct Slots {
  std::array<std::uint16_t, kSlots> number{};  // of the keyword; 0 is free
  std::array<Key, std::size(kKeywords)> keys{};
  // Apart from the keys and texts, so that the few lines of cache that every word reads stay few.
  std::array<Meaning, std::size(kKeywords)> meanings{};
};

constexpr Slots BuildSlots() {
  Slots slots;
  for (std::size_t i = 1; i < std::size(kKeywords); ++i) {
    slots.keys[i] = MakeKey(kKeywords[i].text);
    slots.meanings[i] = {kKeywords[i].word, kKeywords[i].traits};
    std::size_t slot = Hash(slots.keys[i]);
    while (slots.number[slot] != 0) {
      slots.number[slot] |= kMore;
      slot = (slot + 1) & (kSlots - 1);
    }
    slots.number[slot] = static_cast<std::uint16_t>(i);
  }
  return slots;
}

constexpr Slots kSlotTable = BuildSlots();
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool EqualsLower(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower(word[i]) != lower[i]) return false;
  }
  return true;
}

Key LoadKey(std::string_view text, std::size_t begin, std::size_t size) {
  if constexpr (std::endian::native != std::endian::little)
    return MakeKey(text.substr(begin, size));
  if (begin + 16 > text.size()) return MakeKey(text.substr(begin, size));
  Key key;
  std::memcpy(&key.low, text.data() + begin, 8);
  std::memcpy(&key.high, text.data() + begin + 8, 8);
  key.low = (key.low | kLowerBits) & kMasks[size].low;
  key.high = (key.high | kLowerBits) & kMasks[size].high;
  return key;
}

}  // namespace

// Straight-line on purpose: which words a text holds is unpredictable, so a branch for each would
// cost more than the work it saves.
Meaning FindKeyword(std::string_view text, std::size_t begin, std::size_t size) {
  if (size > kKeywordLengthMax) return {};
  const Key key = LoadKey(text, begin, size);
  std::size_t slot = Hash(key);
  std::size_t number = kSlotTable.number[slot];
  while ((number & kMore) != 0 && kSlotTable.keys[number & ~kMore] != key) {
    slot = (slot + 1) & (kSlots - 1);
    number = kSlotTable.number[slot];
  }
  number &= static_cast<std::size_t>(~kMore);
  const Key& found = kSlotTable.keys[number];
  const std::uint64_t difference = (found.low ^ key.low) | (found.high ^ key.high);
  if (difference != 0) number = 0;
  if (size > 16 && !EqualsLower(text.substr(begin, size), kKeywords[number].text)) return {};
  return kSlotTable.meanings[number];
}

}  // namespace axonflow::policy::sql

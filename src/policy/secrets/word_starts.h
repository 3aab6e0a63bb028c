#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::secrets {

// Bytes of a text as masks, one bit a byte.
struct BlockMasks {
  std::uint64_t word = 0;      // letters, digits and '_'
  std::uint64_t marks = 0;     // : = ~
  std::uint64_t commas = 0;    // ,
  std::uint64_t brackets = 0;  // (
  std::uint64_t quotes = 0;    // " ' `
};

#if defined(__SSE2__)

inline std::uint32_t MaskOf(__m128i bytes) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}

// Bytes of `block` from `low` to `high`; compares unsigned bytes through a saturated subtraction.
inline __m128i InRange(__m128i block, char low, char high) {
  const __m128i shifted = _mm_sub_epi8(block, _mm_set1_epi8(low));
  const __m128i width = _mm_set1_epi8(static_cast<char>(high - low));
  return _mm_cmpeq_epi8(_mm_subs_epu8(shifted, width), _mm_setzero_si128());
}

inline __m128i WordBytes(__m128i block) {
  const __m128i letters = InRange(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 'z');
  const __m128i digits = InRange(block, '0', '9');
  return _mm_or_si128(_mm_or_si128(letters, digits), _mm_cmpeq_epi8(block, _mm_set1_epi8('_')));
}

// The masks of sixteen bytes.
inline BlockMasks MasksOf(const char* at) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto is = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
  return {.word = MaskOf(WordBytes(block)),
          .marks = MaskOf(_mm_or_si128(_mm_or_si128(is(':'), is('=')), is('~'))),
          .commas = MaskOf(is(',')),
          .brackets = MaskOf(is('(')),
          .quotes = MaskOf(_mm_or_si128(_mm_or_si128(is('"'), is('\'')), is('`')))};
}

#else

// The masks of sixteen bytes.
inline BlockMasks MasksOf(const char* at) {
  BlockMasks masks;
  for (unsigned i = 0; i < 16; ++i) {
    const char c = at[i];
    const char lower = static_cast<char>(c | 0x20);
    const bool word = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
    const auto bit = [i](bool is) { return static_cast<std::uint64_t>(is) << i; };
    masks.word |= bit(word);
    masks.marks |= bit(c == ':' || c == '=' || c == '~');
    masks.commas |= bit(c == ',');
    masks.brackets |= bit(c == '(');
    masks.quotes |= bit(c == '"' || c == '\'' || c == '`');
  }
  return masks;
}

#endif

// Says of a word by its first three bytes whether it can matter at all; a bitmap of 4 KiB, with few
// false alarms.
class WordFilter {
 public:
  static constexpr std::size_t kKeyBytes = 3;

  static std::uint32_t KeyOf(const char* at) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(at[0])) |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(at[1])) << 8U |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(at[2])) << 16U;
  }

  void Add(std::uint32_t key) {
    words_[SlotOf(key) / 64] |= std::uint64_t{1} << (SlotOf(key) % 64);
  }
  bool MayHold(std::uint32_t key) const {
    return ((words_[SlotOf(key) / 64] >> (SlotOf(key) % 64)) & 1U) != 0;
  }

 private:
  static constexpr unsigned kBits = 15;
  static std::uint32_t SlotOf(std::uint32_t key) { return (key * 0x9E3779B1U) >> (32U - kBits); }
  std::array<std::uint64_t, (1U << kBits) / 64> words_{};
};

inline constexpr std::size_t kBlockBytes = 64;

// The masks of kBlockBytes bytes: few long blocks mislead the processor less often than many short
// ones.
inline BlockMasks MasksOfBlock(const char* at) {
  BlockMasks all;
  for (unsigned i = 0; i < kBlockBytes; i += 16) {
    const BlockMasks masks = MasksOf(at + i);
    all.word |= masks.word << i;
    all.marks |= masks.marks << i;
    all.commas |= masks.commas << i;
    all.brackets |= masks.brackets << i;
    all.quotes |= masks.quotes << i;
  }
  return all;
}

// Calls `on_place(offset)`, in ascending order, for each word (a run of letters, digits and '_')
// of three bytes at least that `filter` lets through, for each ':', '=' and '~', and for each ','
// behind and each '(' before a quote.
template <typename OnPlace>
void ForEachPlace(std::string_view text, const WordFilter& filter, OnPlace on_place) {
  constexpr unsigned kLast = kBlockBytes - 1;
  std::uint64_t before = 0;        // whether the byte before the block belongs to a word
  std::uint64_t quote_before = 0;  // whether it is a quote
  char tail[kBlockBytes + 4];
  for (std::size_t base = 0; base < text.size(); base += kBlockBytes) {
    const char* block = text.data() + base;
    if (text.size() - base < sizeof(tail)) {
      std::memset(tail, 0, sizeof(tail));
      std::memcpy(tail, block, text.size() - base);
      block = tail;
    }
    const BlockMasks masks = MasksOfBlock(block);
    std::uint64_t places = masks.marks | (masks.commas & ((masks.quotes << 1U) | quote_before)) |
                           (masks.brackets & ((masks.quotes >> 1U) | (std::uint64_t{1} << kLast)));
    std::uint64_t words = masks.word & ~((masks.word << 1U) | before);
    before = masks.word >> kLast;
    quote_before = masks.quotes >> kLast;
    // No branch depends on what a word is: prose would mislead each of them.
    for (; words != 0; words &= words - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(words));
      std::uint32_t key = 0;
      std::memcpy(&key, block + bit, sizeof(key));
      places |= static_cast<std::uint64_t>(filter.MayHold(key & 0xFFFFFFU)) << bit;
    }
    for (; places != 0; places &= places - 1) {
      const std::size_t at = base + static_cast<std::size_t>(std::countr_zero(places));
      if (at < text.size()) on_place(at);
    }
  }
}

}  // namespace axonflow::policy::secrets

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "policy/secrets/word_starts.h"
#include "policy/shell/vocabulary.h"

namespace axonflow::policy::shell {

// Sixty-four bytes of a text as masks, one bit a byte.
struct ChunkMasks {
  std::uint64_t word = 0;    // letters, digits and '_'
  std::uint64_t lower = 0;   // small letters
  std::uint64_t gentle = 0;  // what stands before a blank in prose: bytes of words, ',' and '.'
  std::uint64_t blank = 0;   // ' ' alone
  std::uint64_t percent = 0;
  std::uint64_t quote = 0;  // ' and "
  std::uint64_t mark = 0;   // $ \ { ?
};

#if defined(__SSE2__)

inline ChunkMasks MasksOfChunk(const char* at) {
  ChunkMasks masks;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16U * i));
    const auto bits = [&](__m128i bytes) {
      return static_cast<std::uint64_t>(secrets::MaskOf(bytes)) << (16U * i);
    };
    const auto is = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
    const __m128i word = secrets::WordBytes(block);
    masks.word |= bits(word);
    masks.lower |= bits(secrets::InRange(block, 'a', 'z'));
    masks.gentle |= bits(_mm_or_si128(word, _mm_or_si128(is(','), is('.'))));
    masks.blank |= bits(is(' '));
    masks.percent |= bits(is('%'));
    masks.quote |= bits(_mm_or_si128(is('\''), is('"')));
    masks.mark |=
        bits(_mm_or_si128(_mm_or_si128(is('$'), is('\\')), _mm_or_si128(is('{'), is('?'))));
  }
  return masks;
}

#else

inline ChunkMasks MasksOfChunk(const char* at) {
  ChunkMasks masks;
  for (unsigned i = 0; i < 64; ++i) {
    const char c = at[i];
    const char folded = static_cast<char>(c | 0x20);
    const bool word = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '_';
    const auto bit = [i](bool is) { return static_cast<std::uint64_t>(is) << i; };
    masks.word |= bit(word);
    masks.lower |= bit(c >= 'a' && c <= 'z');
    masks.gentle |= bit(word || c == ',' || c == '.');
    masks.blank |= bit(c == ' ');
    masks.percent |= bit(c == '%');
    masks.quote |= bit(c == '\'' || c == '"');
    masks.mark |= bit(c == '$' || c == '\\' || c == '{' || c == '?');
  }
  return masks;
}

#endif

// The kinds that matter anywhere, behind a comma or full stop and a blank, and behind a small
// letter and a blank (which is a byte of `gentle` as well).
inline constexpr std::uint8_t kWantedBehind[] = {CommandFilter::kCommand, CommandFilter::kRuled,
                                                 CommandFilter::kSpoken};

// Calls `on_place(offset)`, in ascending order, for the first byte of every word that may be a
// command where it stands, for the words behind a '%', for quotes behind a word, and for each byte
// of $ \ { and ?. Words of a sentence (behind a blank and a word, comma or full stop) only count if
// they have a rule that holds there, or if the word before makes them a command.
template <typename OnPlace>
void ForEachPlace(std::string_view text, const CommandFilter& filter, OnPlace on_place) {
  ChunkMasks before;  // of the chunk before; its last two bytes matter
  // 0 if the word before may be sudo and the like, or %0a; else all ones.
  unsigned in_sentence = 0;
  for (std::size_t base = 0; base < text.size(); base += 64) {
    char tail[64] = {};
    const char* chunk = text.data() + base;
    if (text.size() - base < sizeof(tail)) {
      std::memcpy(tail, chunk, text.size() - base);
      chunk = tail;
    }
    const ChunkMasks masks = MasksOfChunk(chunk);
    const std::uint64_t behind_word = (masks.word << 1U) | (before.word >> 63U);
    const std::uint64_t behind_blank = (masks.blank << 1U) | (before.blank >> 63U);
    const std::uint64_t starts = masks.word & ~behind_word;
    const std::uint64_t encoded = starts & ((masks.percent << 1U) | (before.percent >> 63U));
    const std::uint64_t gentle = behind_blank & ((masks.gentle << 2U) | (before.gentle >> 62U));
    const std::uint64_t lower = behind_blank & ((masks.lower << 2U) | (before.lower >> 62U));
    std::uint64_t places = encoded | (masks.quote & behind_word) | masks.mark;
    before = masks;
    // No branch depends on what a word is: prose would mislead each of them.
    for (std::uint64_t words = starts; words != 0; words &= words - 1) {
      const auto bit = static_cast<unsigned>(__builtin_ctzll(words));
      const std::uint8_t kinds = filter.KindsOf(text, base + bit);
      const auto sentence = static_cast<unsigned>(((gentle >> bit) & 1U) + ((lower >> bit) & 1U));
      const std::uint8_t wanted = kWantedBehind[sentence & in_sentence];
      places |= static_cast<std::uint64_t>((kinds & wanted) != 0) << bit;
      const auto code = static_cast<unsigned>((encoded >> bit) & 1U);
      in_sentence = (code | static_cast<unsigned>((kinds / CommandFilter::kPrefix) & 1U)) - 1U;
    }
    for (; places != 0; places &= places - 1) {
      on_place(base + static_cast<std::size_t>(__builtin_ctzll(places)));
    }
  }
}

}  // namespace axonflow::policy::shell

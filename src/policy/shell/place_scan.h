#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "policy/secrets/word_starts.h"
#include "policy/shell/vocabulary.h"

namespace axonflow::policy::shell {

// Sixty-four bytes of a text as masks, one bit a byte.
struct ChunkMasks {
  std::uint64_t word = 0;  // letters, digits and '_'
  bool marked = false;     // whether one of the bytes of MarkMasks may be among them
};

struct MarkMasks {
  std::uint64_t percent = 0;
  std::uint64_t quote = 0;  // ' and "
  std::uint64_t mark = 0;   // $ \ { ?
};

#if defined(__SSE2__)

inline ChunkMasks MasksOfChunk(const char* at) {
  ChunkMasks masks;
  __m128i marked = _mm_setzero_si128();
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16U * i));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
    masks.word |= static_cast<std::uint64_t>(secrets::MaskOf(secrets::WordBytes(block)))
                  << (16U * i);
    // The bytes from '"' to '\'' hold '#' and '&' as well, which cost one look too many.
    const __m128i low = _mm_or_si128(secrets::InRange(block, '"', '\''), is('?'));
    marked = _mm_or_si128(marked, _mm_or_si128(low, _mm_or_si128(is('\\'), is('{'))));
  }
  masks.marked = secrets::MaskOf(marked) != 0;
  return masks;
}

inline MarkMasks MarksOfChunk(const char* at) {
  MarkMasks masks;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16U * i));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(c)); };
    const auto bits = [&](__m128i bytes) {
      return static_cast<std::uint64_t>(secrets::MaskOf(bytes)) << (16U * i);
    };
    masks.percent |= bits(is('%'));
    masks.quote |= bits(_mm_or_si128(is('\''), is('"')));
    masks.mark |=
        bits(_mm_or_si128(_mm_or_si128(is('$'), is('\\')), _mm_or_si128(is('{'), is('?'))));
  }
  return masks;
}

#else

inline MarkMasks MarksOfChunk(const char* at) {
  MarkMasks masks;
  for (unsigned i = 0; i < 64; ++i) {
    const char c = at[i];
    const auto bit = [i](bool is) { return static_cast<std::uint64_t>(is) << i; };
    masks.percent |= bit(c == '%');
    masks.quote |= bit(c == '\'' || c == '"');
    masks.mark |= bit(c == '$' || c == '\\' || c == '{' || c == '?');
  }
  return masks;
}

inline ChunkMasks MasksOfChunk(const char* at) {
  ChunkMasks masks;
  for (unsigned i = 0; i < 64; ++i) {
    const char c = at[i];
    const char folded = static_cast<char>(c | 0x20);
    const bool word = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '_';
    masks.word |= static_cast<std::uint64_t>(word) << i;
  }
  const MarkMasks marks = MarksOfChunk(at);
  masks.marked = (marks.percent | marks.quote | marks.mark) != 0;
  return masks;
}

#endif

// How far a word stands in a sentence, by the two bytes before it: 0 for not at all, 1 behind a
// blank and what stands before one in prose, 2 behind a blank and a small letter. It is both bytes'
// entries and-ed. The entry of a '%' has the bit of a prefix: two digits behind it may be a
// separator.
inline constexpr std::array<std::uint8_t, 256> kSecondBefore = [] {
  std::array<std::uint8_t, 256> before{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool small = c >= 'a' && c <= 'z';
    const bool gentle =
        (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ',' || c == '.';
    before[c] = static_cast<std::uint8_t>(small ? 2 : gentle ? 1 : 0);
  }
  return before;
}();
inline constexpr std::array<std::uint8_t, 256> kFirstBefore = [] {
  std::array<std::uint8_t, 256> before{};
  before[' '] = 3;
  before['%'] = CommandFilter::kPrefix;
  return before;
}();

// Finds the places of sixty-four bytes at a time; see ForEachPlace.
class PlaceScan {
 public:
  static constexpr std::size_t kBytes = 64;
  static constexpr std::size_t kBefore = 2;  // bytes that are read before a chunk
  static constexpr std::size_t kReach = kBytes + 16;

  explicit PlaceScan(const CommandFilter& filter) : filter_(filter) {}

  // The places in the chunk at `chunk`, one bit each. Chunks come in the order of the text.
  std::uint64_t PlacesOf(const char* chunk) {
    const ChunkMasks masks = MasksOfChunk(chunk);
    const std::uint64_t behind_word = (masks.word << 1U) | word_before_;
    word_before_ = masks.word >> 63U;
    const std::uint64_t starts = masks.word & ~behind_word;
    std::uint64_t places = 0;
    if (masks.marked || chunk[-1] == '%') {
      const MarkMasks marks = MarksOfChunk(chunk);
      const std::uint64_t encoded =
          starts & ((marks.percent << 1U) | static_cast<std::uint64_t>(chunk[-1] == '%'));
      places = encoded | (marks.quote & behind_word) | marks.mark;
    }
    return places | CommandsAmong(chunk, starts);
  }

 private:
  // No branch depends on what a word is: prose would mislead each of them.
  std::uint64_t CommandsAmong(const char* chunk, std::uint64_t starts) {
    static_assert(CommandFilter::kCommand == 1 && CommandFilter::kRuled == 2 &&
                  CommandFilter::kSpoken == 4 && CommandFilter::kPrefix == 8);
    std::uint64_t places = 0;
    std::size_t in_sentence = in_sentence_;
    for (; starts != 0; starts &= starts - 1) {
      const auto bit = static_cast<unsigned>(__builtin_ctzll(starts));
      const char* word = chunk + bit;
      const std::size_t kinds = filter_.KindsOf(HeadOfBytes(word));
      const std::size_t first = kFirstBefore[static_cast<std::uint8_t>(word[-1])];
      const std::size_t second = kSecondBefore[static_cast<std::uint8_t>(word[-2])];
      places |= ((kinds >> (first & second & in_sentence)) & 1U) << bit;
      in_sentence = ((kinds | first) / CommandFilter::kPrefix) - 1U;
    }
    in_sentence_ = in_sentence;
    return places;
  }

  const CommandFilter& filter_;
  std::uint64_t word_before_ = 0;
  // 0 if the word before may be sudo and the like, or %0a; else all ones.
  std::size_t in_sentence_ = 0;
};

// Calls `on_place(offset)`, in ascending order, for the first byte of every word that may be a
// command where it stands, for the words behind a '%', for quotes behind a word, and for each byte
// of $ \ { and ?. Words of a sentence (behind a blank and a word, comma or full stop) only count if
// they have a rule that holds there, or if the word before makes them a command.
template <typename OnPlace>
void ForEachPlace(std::string_view text, const CommandFilter& filter, OnPlace on_place) {
  PlaceScan scan(filter);
  for (std::size_t base = 0; base < text.size(); base += PlaceScan::kBytes) {
    const char* chunk = text.data() + base;
    const std::size_t rest = text.size() - base;
    // The first and the last bytes are read from a copy with zeros around it.
    char padded[PlaceScan::kBefore + PlaceScan::kReach];
    if (base == 0 || rest < PlaceScan::kReach) {
      const std::size_t before = base == 0 ? 0 : PlaceScan::kBefore;
      const std::size_t size = before + (rest < PlaceScan::kReach ? rest : PlaceScan::kReach);
      std::memset(padded, 0, sizeof(padded));
      std::memcpy(padded + PlaceScan::kBefore - before, chunk - before, size);
      chunk = padded + PlaceScan::kBefore;
    }
    for (std::uint64_t places = scan.PlacesOf(chunk); places != 0; places &= places - 1) {
      on_place(base + static_cast<std::size_t>(__builtin_ctzll(places)));
    }
  }
}

}  // namespace axonflow::policy::shell

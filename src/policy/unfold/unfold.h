#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::policy::unfold {

// A stretch of a derived text and the bytes of the text before it that it stands for. Where both
// have the same length, byte stands for byte; otherwise each byte stands for the whole range.
struct Piece {
  std::uint32_t at = 0;     // where the stretch begins in the derived text
  std::uint32_t begin = 0;  // in the text before
  std::uint32_t end = 0;
};

// A range of bytes in the text that was given to Unfold.
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Range&) const = default;
};

inline constexpr std::size_t kRoundsMax = 3;  // an encoding inside an encoding inside another
inline constexpr std::size_t kPiecesMax = 1U << 16;  // of one round; the text behind stays as it is

// A text with its encodings taken away. May be used again and again; keeps its memory.
struct Unfolded {
  std::string text;                       // never longer than the original
  std::vector<Piece> rounds[kRoundsMax];  // in rising order of `at`
  std::size_t round_count = 0;

  // What the bytes [begin, end) of `text` stand for in the original: the smallest range that holds
  // every character they were made from.
  Range ToOriginal(std::uint32_t begin, std::uint32_t end) const;
};

// Takes away what hides words from a reader of patterns: percent-encoding, HTML entities, \x and \u
// escapes, base64, hex and binary digits that spell text, full-width, mathematical and circled
// letters, invisible characters, combining marks, Cyrillic and Greek look-alikes inside Latin
// words, letters that stand apart (i g n o r e), and SQL comments inside or between words. Looks at
// the result again, kRoundsMax times in all. False when there was nothing to take away: then `out`
// is not to be read. Linear in the text. Text of other scripts, digests, paths, identifiers and
// URLs without escapes stay as they are.
bool Unfold(std::string_view text, Unfolded& out);

}  // namespace axonflow::policy::unfold

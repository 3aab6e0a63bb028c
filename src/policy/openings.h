#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/single_table.h"

namespace axonflow::policy {

// Says at which places of a text a match of one of many expressions may begin, so that hardly any
// other place has to be read. Knows four bytes, without case, that every match of an expression
// holds at its begin or up to three bytes behind it. Expressions that have no such bytes, or too
// many of them, are told by the kinds of their first four bytes instead.
class Openings {
 public:
  static constexpr std::size_t kBlockBytes = 64;

  // Adds one way to write an expression. What begins at the begin of a text alone is left out, for
  // that place is open anyway.
  void Add(const SingleTable& table);

  // A bit for each place of [begin, end), at most kBlockBytes of them, where a match may begin. The
  // first place of the text and the last few are always open. Reads each byte once, and a few
  // behind `end`.
  std::uint64_t In(std::string_view text, std::size_t begin, std::size_t end) const;

 private:
  static constexpr std::size_t kGramBytes = 4;
  static constexpr std::size_t kOffsetMax = 3;  // of the gram, behind the begin of the match
  static constexpr std::size_t kReach = kOffsetMax + kGramBytes;
  static constexpr std::size_t kGramsMax = 2048;  // of one way to write an expression
  static constexpr std::size_t kRareMax = 8;
  static constexpr unsigned kGramBits = 18;
  static constexpr unsigned kFlagBits = 14;
  using Shapes = std::uint16_t;

  // Two bits an offset: whether a match may begin that far before the gram, after a byte that
  // belongs to no word, or to one.
  using Flags = std::uint8_t;
  static_assert(2 * (kOffsetMax + 1) <= 8 * sizeof(Flags));

  static std::uint64_t HashOf(std::uint32_t gram) { return gram * 0x9E3779B97F4A7C15ULL; }
  bool Has(std::uint64_t hash) const {
    const std::uint64_t bit = hash >> (64 - kGramBits);
    return ((grams_[bit / 64] >> (bit % 64)) & 1U) != 0;
  }
  static std::size_t FlagPlace(std::uint64_t hash) {
    return (hash >> (64 - kGramBits - kFlagBits)) & ((1U << kFlagBits) - 1);
  }

  bool AddGrams(const SingleTable& table);
  void AddShape(const SingleTable& table);
  std::uint64_t Rare(const char* bytes, std::size_t count) const;
  bool HasShape(const char* bytes) const;

  std::array<std::uint64_t, (1U << kGramBits) / 64> grams_{};
  std::array<Flags, 1U << kFlagBits> flags_{};
  std::vector<char> rare_;                   // first bytes of shapes
  std::array<std::uint8_t, 256> is_rare_{};  // the same, by byte
  std::array<std::array<Shapes, 256>, kGramBytes> shapes_{};
  std::size_t shape_count_ = 0;
};

}  // namespace axonflow::policy

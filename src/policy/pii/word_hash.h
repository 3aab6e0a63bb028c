#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace axonflow::policy::pii {

inline constexpr std::size_t kHashStep = 8;

template <typename Word>
Word LoadWhole(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// Eight bytes of a word, the first lowest; fewer are filled up with zeros. `text` holds `count`
// bytes, at most eight, from `from` on.
constexpr std::uint64_t LoadBytes(std::string_view text, std::size_t from, std::size_t count) {
  if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
    const char* at = text.data() + from;
    if (count == kHashStep) return LoadWhole<std::uint64_t>(at);
    // Two loads that may overlap reach both ends.
    if (count >= 4) {
      return LoadWhole<std::uint32_t>(at) | std::uint64_t{LoadWhole<std::uint32_t>(at + count - 4)}
                                                << (8 * (count - 4));
    }
    if (count >= 2) {
      return LoadWhole<std::uint16_t>(at) | std::uint64_t{LoadWhole<std::uint16_t>(at + count - 2)}
                                                << (8 * (count - 2));
    }
    return count == 0 ? 0 : static_cast<unsigned char>(*at);
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[from + i])) << (8 * i);
  }
  return bytes;
}

// The hash of a word in small letters, eight bytes a step.
class WordHash {
 public:
  constexpr void Add(std::uint64_t bytes) {
    state_ = (state_ ^ bytes) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 32U;
  }
  constexpr std::uint32_t value() const { return static_cast<std::uint32_t>(state_); }

  static constexpr std::uint32_t Of(std::string_view word) {
    WordHash hash;
    std::size_t i = 0;
    for (; i + kHashStep <= word.size(); i += kHashStep) hash.Add(LoadBytes(word, i, kHashStep));
    if (i < word.size()) hash.Add(LoadBytes(word, i, word.size() - i));
    return hash.value();
  }

 private:
  std::uint64_t state_ = 0x51ED270B7A3C4D21ULL;
};

// A set of hashes as one bit each: a miss, which is the rule, costs one look.
class HashBits {
 public:
  constexpr void Insert(std::uint32_t hash) { bits_[hash % kBits / 64] |= 1ULL << (hash % 64); }
  constexpr bool MayHold(std::uint32_t hash) const {
    return ((bits_[hash % kBits / 64] >> (hash % 64)) & 1U) != 0;
  }

  constexpr HashBits operator|(const HashBits& other) const {
    HashBits both = *this;
    for (std::size_t i = 0; i < bits_.size(); ++i) both.bits_[i] |= other.bits_[i];
    return both;
  }

 private:
  static constexpr std::size_t kBits = 16384;
  std::array<std::uint64_t, kBits / 64> bits_{};
};

}  // namespace axonflow::policy::pii

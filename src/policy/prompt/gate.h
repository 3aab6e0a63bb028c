#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace axonflow::policy::prompt {

inline constexpr unsigned kGateBits = 14;
inline constexpr std::size_t kGateBuckets = std::size_t{1} << kGateBits;
inline constexpr std::uint32_t kNoGate = 0xFFFFFFFFU;

// Bucket of the word that begins with the 8 bytes at `bytes` (padded with zeros at the end of a
// text): of its first four letters in ASCII and in scripts with two bytes a letter, of its first
// two characters in Han, kana and Hangul. Blind to the case of ASCII letters. tools/prompt_model
// marks the buckets of the words that attacks use and other texts do not.
inline std::uint32_t GateBucket(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto lead = static_cast<unsigned char>(word & 0xFFU);
  const std::uint64_t ascii = lead < 0x80 ? 0xFFFFFFFFULL : ~std::uint64_t{0};
  const std::uint64_t mask = lead >= 0xE0 ? 0xFFFFFFFFFFFFULL : ascii;
  return static_cast<std::uint32_t>(
      (((word | 0x2020202020202020ULL) & mask) * 0x9E3779B97F4A7C15ULL) >> (64U - kGateBits));
}

// The same for a word that begins with a letter of ASCII.
inline std::uint32_t AsciiGateBucket(const char* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return static_cast<std::uint32_t>(((word | 0x20202020U) * 0x9E3779B97F4A7C15ULL) >>
                                    (64U - kGateBits));
}

// Whether a word may begin at `at` as the gate sees it.
bool IsGateStart(std::string_view text, std::size_t at);

// Bytes [begin, end) of a text that are worth reading.
struct Stretch {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Fills `stretches` with the surroundings of all places where words of enough weight stand close
// together, in order and apart from each other. No word has a negative weight, so that nothing that
// is added to a text keeps the gate shut. Linear.
void FindStretches(std::string_view text, std::vector<Stretch>& stretches);

}  // namespace axonflow::policy::prompt

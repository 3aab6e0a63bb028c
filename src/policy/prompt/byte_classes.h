#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace axonflow::policy::prompt {

// What the kBytes bytes from one place on are, one bit a byte. Bytes behind the text are gaps.
class ByteClasses {
 public:
  static constexpr std::size_t kBytes = 64;

  // Reads the bytes from `at` on.
  void Read(std::string_view text, std::size_t at) {
    const char* bytes = text.data() + at;
    char tail[kBytes] = {};
    if (text.size() - at < kBytes) {
      std::memcpy(tail, bytes, text.size() - at);
      bytes = tail;
    }
    base_ = at;
    letters_ = words_ = gaps_ = 0;
    for (unsigned i = 0; i < kBytes; i += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
      const __m128i letters = InRange(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 26);
      const __m128i digits = InRange(block, '0', 10);
      // Controls and the blank, ',' '-' '.', '_' and DEL.
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(' ')), block);
      const __m128i stops = InRange(block, ',', 3);
      const __m128i others = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('_')),
                                          _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F)));
      letters_ |= Bits(letters) << i;
      words_ |= Bits(_mm_or_si128(letters, digits)) << i;
      gaps_ |= Bits(_mm_or_si128(_mm_or_si128(low, stops), others)) << i;
    }
  }

  bool Holds(std::size_t at) const { return at - base_ < kBytes; }
  bool IsWord(std::size_t at) const { return ((words_ >> (at - base_)) & 1U) != 0; }
  // How many bytes from `at` on are gaps; those behind the kBytes are not counted.
  std::size_t GapBytes(std::size_t at) const { return Run(gaps_, at); }
  // The same for letters and digits of ASCII.
  std::size_t WordBytes(std::size_t at) const { return Run(words_, at); }
  // Whether one of the `bytes` bytes from `at` on, fewer than kBytes, is a letter of ASCII.
  bool HoldsLetter(std::size_t at, std::size_t bytes) const {
    return ((letters_ >> (at - base_)) & ((std::uint64_t{1} << bytes) - 1)) != 0;
  }
  std::size_t base() const { return base_; }

 private:
  static __m128i InRange(__m128i block, char first, char count) {
    const __m128i moved = _mm_sub_epi8(block, _mm_set1_epi8(first));
    const __m128i last = _mm_set1_epi8(static_cast<char>(count - 1));
    return _mm_cmpeq_epi8(_mm_min_epu8(moved, last), moved);
  }
  static std::uint64_t Bits(__m128i bytes) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
  }
  std::size_t Run(std::uint64_t mask, std::size_t at) const {
    return static_cast<std::size_t>(std::countr_one(mask >> (at - base_)));
  }

  std::size_t base_ = ~std::size_t{0} - kBytes;  // holds no place
  std::uint64_t letters_ = 0;
  std::uint64_t words_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace axonflow::policy::prompt

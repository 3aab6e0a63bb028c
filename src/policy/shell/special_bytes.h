#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::shell {

// Finds the bytes of a text that mean something to a shell. Keeps what it read of 64 bytes as a
// mask, so that each is looked at once however many words they hold.
class SpecialBytes {
 public:
  explicit SpecialBytes(std::string_view text) : text_(text) {}

  // Whether `c` only stands for itself in a word.
  static bool IsPlain(char c) { return kPlain[static_cast<std::uint8_t>(c)]; }

  // The first byte from `at` on, and before `limit`, that is not plain; `limit` for none.
  std::size_t Next(std::size_t at, std::size_t limit) {
    while (at < limit) {
      if (at - base_ >= kBytes) ReadFrom(at);
      const std::uint64_t rest = mask_ >> (at - base_);
      if (rest == 0) {
        at = base_ + kBytes;
        continue;
      }
      at += static_cast<std::size_t>(__builtin_ctzll(rest));
      if (at >= limit || !IsPlain(text_[at])) break;
      ++at;
    }
    return at < limit ? at : limit;
  }

 private:
  static constexpr std::size_t kBytes = 64;
  static constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    plain.fill(true);
    for (const char c : std::string_view(" \t\r\n;|&<>)`$%\"'\\:")) {
      plain[static_cast<std::uint8_t>(c)] = false;
    }
    return plain;
  }();

  void ReadFrom(std::size_t at) {
    const char* bytes = text_.data() + at;
    char tail[kBytes] = {};
    if (text_.size() - at < kBytes) {
      std::memcpy(tail, bytes, text_.size() - at);
      bytes = tail;
    }
    base_ = at;
    mask_ = MaskOf(bytes);
  }

#if defined(__SSE2__)
  // A few plain bytes ('!', '#', '(' and the controls) are in the mask as well: fewer compares.
  static std::uint64_t MaskOf(const char* bytes) {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < kBytes; i += 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
      const auto is = [](__m128i in, char c) { return _mm_cmpeq_epi8(in, _mm_set1_epi8(c)); };
      // Up to ')', and from ':' to '>'.
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(')')), block);
      const __m128i moved = _mm_sub_epi8(block, _mm_set1_epi8(':'));
      const __m128i middle = _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8('>' - ':')), moved);
      // '\\' and '|' differ in one bit.
      const __m128i high =
          _mm_or_si128(is(_mm_or_si128(block, _mm_set1_epi8(0x20)), '|'), is(block, '`'));
      const __m128i any = _mm_or_si128(_mm_or_si128(low, middle), high);
      mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(any))) << i;
    }
    return mask;
  }
#else
  static std::uint64_t MaskOf(const char* bytes) {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < kBytes; ++i) {
      mask |= static_cast<std::uint64_t>(IsPlain(bytes[i]) ? 0 : 1) << i;
    }
    return mask;
  }
#endif

  std::string_view text_;
  std::size_t base_ = ~std::size_t{0} - kBytes;  // of the bytes in the mask
  std::uint64_t mask_ = 0;
};

}  // namespace axonflow::policy::shell

#include "policy/pii/scan.h"

#include <bit>
#include <cstdint>

#include "policy/pii/characters.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::pii {
namespace {

// The plain form, for the last bytes and for other processors.
std::size_t NextTriggerBytewise(std::string_view text, std::size_t from, std::size_t capitals) {
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (IsDigit(c) || c == '@') return i;
    capitals = IsUpper(c) ? capitals + 1 : 0;
    if (capitals == kCapitalRun) return i + 1 - kCapitalRun;
  }
  return text.size();
}

}  // namespace

#if defined(__SSE2__)

std::size_t NextTrigger(std::string_view text, std::size_t from) {
  constexpr std::size_t kBlock = 16;
  // Bytes are moved so that the wanted range starts at the smallest signed value: one compare a
  // range.
  const __m128i digit_shift = _mm_set1_epi8(static_cast<char>(0x80 - '0'));
  const __m128i digit_limit = _mm_set1_epi8(static_cast<char>(-128 + 10));
  const __m128i upper_shift = _mm_set1_epi8(static_cast<char>(0x80 - 'A'));
  const __m128i upper_limit = _mm_set1_epi8(static_cast<char>(-128 + 26));
  const __m128i at_sign = _mm_set1_epi8('@');
  std::uint32_t carried = 0;  // capitals among the last five bytes, oldest lowest
  std::size_t i = from;
  for (; i + kBlock <= text.size(); i += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i digits = _mm_cmplt_epi8(_mm_add_epi8(block, digit_shift), digit_limit);
    const __m128i uppers = _mm_cmplt_epi8(_mm_add_epi8(block, upper_shift), upper_limit);
    const __m128i found = _mm_or_si128(digits, _mm_cmpeq_epi8(block, at_sign));
    const auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(found));
    const auto capitals = static_cast<std::uint32_t>(_mm_movemask_epi8(uppers));
    // Bit n of `row` is byte i - 5 + n; a run of six starts where it and its five followers are
    // set.
    const std::uint32_t row = (capitals << (kCapitalRun - 1)) | carried;
    const std::uint32_t threes = row & (row >> 1) & (row >> 2);
    const std::uint32_t runs = threes & (threes >> 3);
    if ((hits | runs) != 0) {
      const std::size_t hit =
          hits != 0 ? i + static_cast<std::size_t>(std::countr_zero(hits)) : text.size();
      const std::size_t run =
          runs != 0 ? i + static_cast<std::size_t>(std::countr_zero(runs)) - (kCapitalRun - 1)
                    : text.size();
      return run < hit ? run : hit;
    }
    carried = row >> kBlock;
  }
  std::size_t capitals = 0;
  while (i - capitals > from && capitals < kCapitalRun - 1 && IsUpper(text[i - capitals - 1])) {
    ++capitals;
  }
  return NextTriggerBytewise(text, i, capitals);
}

#else

std::size_t NextTrigger(std::string_view text, std::size_t from) {
  return NextTriggerBytewise(text, from, 0);
}

#endif

}  // namespace axonflow::policy::pii

#include "policy/unfold/candidates.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kBlock = 16;
constexpr unsigned kFull = 0xFFFFU;
constexpr unsigned kRunMin = 16;  // digits of hex

__m128i InRange(__m128i bytes, char first, char last) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                       _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(last + 1))));
}

__m128i Equal(__m128i bytes, char byte) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); }

unsigned Bits(__m128i mask) { return static_cast<unsigned>(_mm_movemask_epi8(mask)); }

// One bit a byte of a block.
struct Masks {
  unsigned signs;   // percent, ampersand, backslash, asterisk, and high bytes worth a look
  unsigned word;    // letters and digits
  unsigned base64;  // what base64 may hold
  unsigned binary;  // 0 and 1
};

// First bytes of characters that may hide something: invisible ones, shapes of Latin letters,
// combining marks, and Cyrillic or Greek letters right beside a Latin one.
unsigned HighSigns(__m128i bytes, unsigned letters) {
  const __m128i shapes =
      _mm_or_si128(_mm_or_si128(Equal(bytes, '\xC2'), InRange(bytes, '\xC9', '\xCA')),
                   _mm_or_si128(InRange(bytes, '\xCC', '\xCD'), InRange(bytes, '\xE1', '\xE2')));
  const __m128i rare = _mm_or_si128(_mm_or_si128(Equal(bytes, '\xEA'), Equal(bytes, '\xEF')),
                                    InRange(bytes, '\xF0', '\xF4'));
  const unsigned alike = Bits(InRange(bytes, '\xCE', '\xD4'));
  // The last two bytes of a block do not see what follows.
  const unsigned beside = (letters << 1U) | (letters >> 2U) | 0xC001U;
  return Bits(_mm_or_si128(shapes, rare)) | (alike & beside);
}

Masks MasksOf(const char* block) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  const __m128i letters = InRange(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
  const __m128i word = _mm_or_si128(letters, InRange(bytes, '0', '9'));
  const __m128i others = _mm_or_si128(_mm_or_si128(Equal(bytes, '+'), Equal(bytes, '/')),
                                      _mm_or_si128(Equal(bytes, '-'), Equal(bytes, '_')));
  const __m128i signs = _mm_or_si128(_mm_or_si128(Equal(bytes, '%'), Equal(bytes, '&')),
                                     _mm_or_si128(Equal(bytes, '\\'), Equal(bytes, '*')));
  const __m128i binary = _mm_or_si128(Equal(bytes, '0'), Equal(bytes, '1'));
  Masks masks{Bits(signs), Bits(word), Bits(_mm_or_si128(word, others)), Bits(binary)};
  if (Bits(bytes) != 0) masks.signs |= HighSigns(bytes, Bits(letters));
  return masks;
}

// Whether the character beyond ASCII at `at` hides nothing; its first byte is one of HighSigns.
bool IsPlainHigh(std::string_view text, std::size_t at) {
  const unsigned lead = ByteAt(text, at);
  const unsigned second = ByteAt(text, at + 1);
  const unsigned third = ByteAt(text, at + 2);
  switch (lead) {
    case 0xC2:
      return second != 0xAD;  // the soft hyphen
    case 0xE1:
      return second != 0xB4 && second != 0xB5 && second != 0xA0;  // phonetic letters
    case 0xE2:
      // Dashes, quotation marks, bullets, the euro sign, arrows, lines.
      if (second == 0x80) return (third >= 0x90 && third <= 0xA7) || third >= 0xAF;
      return second == 0x82 || (second >= 0x86 && second <= 0x91) || second >= 0x94;
    case 0xEA:
      return second != 0x9C && second != 0x9E && second != 0x9F;
    case 0xEF:
      // Full-width punctuation belongs to Chinese and Japanese text.
      return second == 0xBC && (third < 0x90 || (third > 0x99 && third < 0xA1) || third > 0xBA);
    default:
      break;
  }
  if (lead < 0xCE || lead > 0xD4) return false;
  return !(at > 0 && IsLetter(ByteAt(text, at - 1))) && !IsLetter(ByteAt(text, at + 2));
}

Sign SignAt(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '%':
      return HexValue(ByteAt(text, at + 1)) >= 0 || (ByteAt(text, at + 1) | 0x20U) == 'u'
                 ? Sign::kPercent
                 : Sign::kNone;
    case '&':
      return IsLetter(ByteAt(text, at + 1)) || ByteAt(text, at + 1) == '#' ? Sign::kEntity
                                                                           : Sign::kNone;
    case '\\':
      return (ByteAt(text, at + 1) | 0x20U) == 'u' || ByteAt(text, at + 1) == 'x' ? Sign::kBackslash
                                                                                  : Sign::kNone;
    case '*':
      return Sign::kNone;
    default:
      return Sign::kHigh;
  }
}

// Scans block after block; keeps how long the run of base64 digits before the block is.
class Scan {
 public:
  Scan(std::string_view text, std::size_t from) : text_(text), at_(from) {}

  Candidate Next() {
    while (at_ < text_.size()) {
      char padded[kBlock] = {};
      const std::size_t size = std::min(kBlock, text_.size() - at_);
      const char* block = text_.data() + at_;
      if (size < kBlock) {
        for (std::size_t i = 0; i < size; ++i) padded[i] = block[i];
        block = padded;
      }
      if (const Candidate found = Look(MasksOf(block)); found.sign != Sign::kNone) return found;
    }
    return {Sign::kNone, text_.size()};
  }

 private:
  // Looks at the block at at_ and moves on. Places in it are looked at in their order.
  Candidate Look(const Masks& masks) {
    const Candidate run = Run(masks);
    const unsigned alone = masks.word & ~(masks.word << 1U) & ~(masks.word >> 1U);
    const unsigned spaced = alone & (alone >> 2U) & (alone >> 4U) & (alone >> 6U);
    unsigned signs = masks.signs;
    if ((signs | spaced) == 0 && run.sign == Sign::kNone && std::popcount(masks.binary) < 8)
        [[likely]] {
      at_ += kBlock;
      return {};
    }
    Candidate best = run;
    const auto offer = [&best](Sign sign, std::size_t at) {
      if (best.sign == Sign::kNone || at < best.at) best = {sign, at};
    };
    if (spaced != 0) offer(Sign::kSpaced, at_ + static_cast<std::size_t>(std::countr_zero(spaced)));
    if (std::popcount(masks.binary) >= 8) OfferBinary(masks, offer);
    return WithSigns(signs, best);
  }

  // A run of base64 digits that is long enough at the end of this block.
  Candidate Run(const Masks& masks) {
    const auto lead = static_cast<unsigned>(std::countr_one(masks.base64));
    const std::size_t begin = at_ - run_;
    const bool longed = run_ + std::min(lead, 16U) >= kRunMin;
    if ((masks.base64 & kFull) == kFull) {
      run_ += kBlock;
    } else {
      run_ = static_cast<std::size_t>(std::countl_one((masks.base64 & kFull) << 16U));
    }
    return longed ? Candidate{Sign::kDigits, begin} : Candidate{};
  }

  template <typename Offer>
  void OfferBinary(const Masks& masks, const Offer& offer) const {
    const unsigned b = masks.binary;
    const unsigned pairs = b & (b >> 1U);
    const unsigned fours = pairs & (pairs >> 2U);
    const unsigned eights = fours & (fours >> 4U);
    if (eights == 0) return;
    const std::size_t at = at_ + static_cast<std::size_t>(std::countr_zero(eights));
    if (at == 0 || !IsWord(ByteAt(text_, at - 1))) offer(Sign::kBinary, at);
  }

  // The first sign of the block before `best` that means something, or `best`.
  Candidate WithSigns(unsigned signs, Candidate best) {
    for (; signs != 0; signs &= signs - 1) {
      const std::size_t at = at_ + static_cast<std::size_t>(std::countr_zero(signs));
      if (best.sign != Sign::kNone && at >= best.at) break;
      if (text_[at] == '*' && at > 0 && text_[at - 1] == '/') return {Sign::kComment, at - 1};
      const Sign sign = SignAt(text_, at);
      if (sign == Sign::kNone || (sign == Sign::kHigh && IsPlainHigh(text_, at))) continue;
      return {sign, at};
    }
    if (best.sign == Sign::kNone) at_ += kBlock;
    return best;
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t run_ = 0;  // length of the run of base64 digits that ends at at_
};

}  // namespace

Candidate NextCandidate(std::string_view text, std::size_t from) { return Scan(text, from).Next(); }

}  // namespace axonflow::policy::unfold

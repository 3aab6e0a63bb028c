#include "policy/prompt/gate.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "policy/prompt/model.h"

namespace axonflow::policy::prompt {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kChunk = 64;
constexpr std::size_t kGateBytes = 8;  // of a word, which may go on behind its chunk
// Weights are added up in cells of so many bytes; two neighbours together must have enough.
constexpr std::size_t kCellBytes = 128;
constexpr std::size_t kAroundBytes = 160;  // read before and behind such a place

__m128i InRange(__m128i bytes, char first, char last) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                       _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(last + 1))));
}

// Where words begin in kChunk bytes, one bit a byte.
struct Starts {
  std::uint64_t bits = 0;
  bool ascii = true;  // no byte beyond ASCII among them
};

// `before` is whether the byte before the chunk belongs to a word, and becomes the same for its
// last byte.
Starts StartsOf(const char* chunk, std::uint64_t& before) {
  std::uint64_t letters = 0;
  std::uint64_t high = 0;
  for (unsigned at = 0; at < kChunk; at += kBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(chunk + at));
    const __m128i found = InRange(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    letters |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(found))} << at;
    high |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(bytes))} << at;
  }
  const std::uint64_t word = letters | high;
  Starts starts{.bits = word & ~((word << 1U) | before), .ascii = high == 0};
  before = word >> 63U;
  if (starts.ascii) return starts;
  for (unsigned at = 0; at < kChunk; at += kBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(chunk + at));
    const __m128i wide = InRange(bytes, static_cast<char>(0xE3), static_cast<char>(0xED));
    starts.bits |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(wide))} << at;
  }
  return starts;
}

// The weights of the words that begin in a chunk, added up.
unsigned WeightOf(const char* chunk, Starts starts, const std::uint8_t* gate) {
  unsigned weight = 0;
  if (starts.ascii) {
    for (std::uint64_t bits = starts.bits; bits != 0; bits &= bits - 1) {
      weight += gate[AsciiGateBucket(chunk + std::countr_zero(bits))];
    }
    return weight;
  }
  for (std::uint64_t bits = starts.bits; bits != 0; bits &= bits - 1) {
    weight += gate[GateBucket(chunk + std::countr_zero(bits))];
  }
  return weight;
}

bool IsWordByte(unsigned char byte) {
  return byte >= 0x80 || ((byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z');
}

// Opens and closes stretches as the counts of cells come.
class Opener {
 public:
  Opener(std::string_view text, std::vector<Stretch>& stretches)
      : text_(text), stretches_(stretches) {}

  void Count(std::size_t cell_begin, unsigned weight) {
    if (weight + last_ >= Model::Get().gate_needed()) {
      const std::size_t begin = cell_begin - std::min(cell_begin, kCellBytes + kAroundBytes);
      const std::size_t end = std::min(text_.size(), cell_begin + kCellBytes + kAroundBytes);
      if (!stretches_.empty() && stretches_.back().end >= begin) {
        stretches_.back().end = static_cast<std::uint32_t>(end);
      } else {
        stretches_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
      }
    }
    last_ = weight;
  }

 private:
  std::string_view text_;
  std::vector<Stretch>& stretches_;
  unsigned last_ = 0;
};

// Moves the ends of a stretch to where words end, so that none is read in part.
void Trim(std::string_view text, Stretch& stretch) {
  while (stretch.begin < stretch.end && stretch.begin > 0 &&
         IsWordByte(static_cast<unsigned char>(text[stretch.begin - 1])) &&
         (static_cast<unsigned char>(text[stretch.begin]) & 0xC0U) != 0xC0U) {
    ++stretch.begin;
  }
  while (stretch.end < text.size() &&
         (static_cast<unsigned char>(text[stretch.end]) & 0xC0U) == 0x80U) {
    ++stretch.end;
  }
}

}  // namespace

bool IsGateStart(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (!IsWordByte(byte)) return false;
  if (byte >= 0xE3 && byte <= 0xED) return true;
  return at == 0 || !IsWordByte(static_cast<unsigned char>(text[at - 1]));
}

void FindStretches(std::string_view text, std::vector<Stretch>& stretches) {
  stretches.clear();
  const std::uint8_t* gate = Model::Get().gate();
  Opener opener(text, stretches);
  std::uint64_t before = 0;
  for (std::size_t cell = 0; cell < text.size(); cell += kCellBytes) {
    // The last bytes of the text are read from a padded copy.
    std::array<char, kCellBytes + kGateBytes> padded;
    const char* bytes = text.data() + cell;
    const std::size_t size = std::min(kCellBytes, text.size() - cell);
    if (text.size() - cell < padded.size()) {
      padded.fill(0);
      std::copy(bytes, text.data() + text.size(), padded.begin());
      bytes = padded.data();
    }
    unsigned weight = 0;
    for (std::size_t at = 0; at < size; at += kChunk) {
      weight += WeightOf(bytes + at, StartsOf(bytes + at, before), gate);
    }
    opener.Count(cell, weight);
  }
  for (Stretch& stretch : stretches) Trim(text, stretch);
}

}  // namespace axonflow::policy::prompt

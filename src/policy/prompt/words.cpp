#include "policy/prompt/words.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "policy/prompt/model.h"

namespace axonflow::policy::prompt {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kPieceBytes = 512;  // stretches are judged and read in such pieces
constexpr std::size_t kRunBytesMin = 28;  // letters without a space, from here on no word
constexpr std::size_t kWordLettersMax = 16;
constexpr float kStrayCost = 13;  // of a letter that belongs to no word, in bits
constexpr std::uint32_t kPrime = 16'777'619U;
constexpr std::uint32_t kSeed = 2'166'136'261U;

// The letter that a byte may stand for, 0 for none. The digit 1 may be i or l, so that both are
// one letter here.
constexpr std::array<char, 256> kLetters = [] {
  std::array<char, 256> letters{};
  for (char c = 'a'; c <= 'z'; ++c) {
    letters[static_cast<unsigned char>(c)] = c;
    letters[static_cast<unsigned char>(c - 'a' + 'A')] = c;
  }
  constexpr std::string_view kFrom = "0134578@$!|";
  constexpr std::string_view kTo = "oieastbasii";
  for (std::size_t i = 0; i < kFrom.size(); ++i) {
    letters[static_cast<unsigned char>(kFrom[i])] = kTo[i];
  }
  letters['l'] = 'i';
  letters['L'] = 'i';
  return letters;
}();

// Words by the letters that they show, and all beginnings of words, to stop looking early.
class Vocabulary {
 public:
  static const Vocabulary& Get() {
    static const Vocabulary vocabulary(Model::Get().words());
    return vocabulary;
  }

  struct Entry {
    std::uint32_t hash = 0;
    std::uint16_t bytes = 0;  // 0: empty
    std::uint32_t at = 0;     // in words_
    float cost = 0;
  };

  static std::uint32_t Next(std::uint32_t hash, char letter) {
    return (hash ^ static_cast<unsigned char>(letter)) * kPrime;
  }
  bool Begins(std::uint32_t hash) const {
    const std::uint32_t bit = hash >> (32U - kBeginningBits);
    return ((beginnings_[bit / 64] >> (bit % 64)) & 1U) != 0;
  }
  const Entry* Find(std::uint32_t hash, std::size_t letters) const {
    for (std::uint32_t slot = hash >> (32U - kSlotBits);; slot = (slot + 1) % kSlots) {
      const Entry& entry = slots_[slot];
      if (entry.bytes == 0) return nullptr;
      if (entry.hash == hash && entry.bytes == letters) return &entry;
    }
  }
  std::string_view WordOf(const Entry& entry) const { return words_.substr(entry.at, entry.bytes); }

 private:
  static constexpr unsigned kBeginningBits = 17;
  static constexpr unsigned kSlotBits = 14;
  static constexpr std::uint32_t kSlots = 1U << kSlotBits;

  explicit Vocabulary(std::string_view words) : words_(words), slots_(kSlots) {
    beginnings_.resize((std::size_t{1} << kBeginningBits) / 64);
    std::size_t rank = 0;
    for (std::size_t at = 0; at < words.size() && rank < kSlots / 2;) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      if (end > at && end - at <= kWordLettersMax) Add(at, end - at, rank++);
      at = end + 1;
    }
  }

  void Add(std::size_t at, std::size_t bytes, std::size_t rank) {
    std::uint32_t hash = kSeed;
    for (const char c : words_.substr(at, bytes)) {
      hash = Next(hash, kLetters[static_cast<unsigned char>(c)]);
      const std::uint32_t bit = hash >> (32U - kBeginningBits);
      beginnings_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    if (Find(hash, bytes) != nullptr) return;
    std::uint32_t slot = hash >> (32U - kSlotBits);
    while (slots_[slot].bytes != 0) slot = (slot + 1) % kSlots;
    // Zipf: the n-th word is n times rarer than the first.
    slots_[slot] = {hash, static_cast<std::uint16_t>(bytes), static_cast<std::uint32_t>(at),
                    4.0F + std::log2(static_cast<float>(rank) + 2.0F)};
  }

  std::string_view words_;
  std::vector<Entry> slots_;
  std::vector<std::uint64_t> beginnings_;
};

// The cheapest way to part `letters` into words, appended to `out`; letters of no word stay
// together.
void PartIntoWords(std::string_view letters, std::string& out) {
  struct Step {
    float cost = std::numeric_limits<float>::max();
    const Vocabulary::Entry* word = nullptr;
    std::uint32_t from = 0;
  };
  thread_local std::vector<Step> steps;
  const Vocabulary& vocabulary = Vocabulary::Get();
  steps.assign(letters.size() + 1, Step{});
  steps[0].cost = 0;
  for (std::uint32_t at = 0; at < letters.size(); ++at) {
    const float cost = steps[at].cost;
    if (Step& stray = steps[at + 1]; cost + kStrayCost < stray.cost) {
      stray = {cost + kStrayCost, nullptr, at};
    }
    std::uint32_t hash = kSeed;
    for (std::uint32_t end = at; end < std::min(letters.size(), at + kWordLettersMax);) {
      hash = Vocabulary::Next(hash, letters[end]);
      if (!vocabulary.Begins(hash)) break;
      ++end;
      const Vocabulary::Entry* word = vocabulary.Find(hash, end - at);
      if (word != nullptr && cost + word->cost < steps[end].cost) {
        steps[end] = {cost + word->cost, word, at};
      }
    }
  }
  thread_local std::vector<std::uint32_t> ends;
  ends.clear();
  for (auto at = static_cast<std::uint32_t>(letters.size()); at != 0; at = steps[at].from) {
    ends.push_back(at);
  }
  bool word_before = true;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const Step& step = steps[*end];
    if ((word_before || step.word != nullptr) && !out.empty()) out += ' ';
    if (step.word != nullptr) {
      out += vocabulary.WordOf(*step.word);
    } else {
      out += letters[step.from];
    }
    word_before = step.word != nullptr;
  }
}

__m128i InRange(__m128i bytes, char first, char last) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                       _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(last + 1))));
}

// How often a digit and a letter stand side by side in `piece`, and its longest run of both.
struct Shape {
  std::size_t changes = 0;
  std::size_t run = 0;
};
Shape ShapeOf(std::string_view piece) {
  Shape shape;
  std::size_t run = 0;
  for (std::size_t at = 0; at < piece.size(); at += kBlock) {
    char padded[kBlock] = {};
    const char* block = piece.data() + at;
    if (piece.size() - at < kBlock) {
      std::copy(piece.begin() + static_cast<std::ptrdiff_t>(at), piece.end(), padded);
      block = padded;
    }
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
    const auto letters = static_cast<unsigned>(
        _mm_movemask_epi8(InRange(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z')));
    const auto digits = static_cast<unsigned>(_mm_movemask_epi8(InRange(bytes, '0', '9')));
    shape.changes += static_cast<std::size_t>(
        std::popcount(((letters << 1U) & digits) | ((digits << 1U) & letters)));
    const unsigned both = letters | digits;
    shape.run = std::max(shape.run, run + static_cast<std::size_t>(std::countr_one(both)));
    run = both == 0xFFFFU ? run + kBlock : static_cast<std::size_t>(std::countl_one(both << 16U));
  }
  return shape;
}

// Reads the letters of [begin, end) again; separators are left out.
void ReadAgain(std::string_view text, std::size_t begin, std::size_t end,
               std::vector<Rewritten>& found) {
  thread_local std::string letters;
  letters.clear();
  for (std::size_t i = begin; i < end; ++i) {
    const char letter = kLetters[static_cast<unsigned char>(text[i])];
    if (letter != 0) letters += letter;
  }
  Rewritten& rewritten = found.emplace_back();
  rewritten.begin = static_cast<std::uint32_t>(begin);
  rewritten.end = static_cast<std::uint32_t>(end);
  PartIntoWords(letters, rewritten.text);
}

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// Whether a run of word bytes is an identifier, a digest or a number: hexadecimal, or longer than
// words are with digits all over. Who spells words with digits leaves most letters as they are.
bool IsIdentifier(std::string_view run) {
  constexpr std::size_t kHexBytesMin = 6;
  constexpr std::size_t kIdentifierBytesMin = 16;
  const auto digits = static_cast<std::size_t>(
      std::ranges::count_if(run, [](char c) { return c >= '0' && c <= '9'; }));
  const bool hex = std::ranges::all_of(run, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (hex && digits > 0 && run.size() >= kHexBytesMin) return true;
  return run.size() >= kIdentifierBytesMin && digits * 5 >= run.size();
}

// Whether a piece holds identifiers, or capitals that follow small letters all the time, as in
// base64 and never in what somebody spells with digits.
bool IsCoded(std::string_view piece) {
  std::size_t changes = 0;
  for (std::size_t at = 0; at < piece.size();) {
    std::size_t end = at;
    for (; end < piece.size() && IsWordByte(piece[end]); ++end) {
      const bool small_before = end > at && piece[end - 1] >= 'a' && piece[end - 1] <= 'z';
      changes += small_before && piece[end] >= 'A' && piece[end] <= 'Z' ? 1 : 0;
    }
    if (IsIdentifier(piece.substr(at, end - at))) return true;
    at = end + 1;
  }
  return changes * 16 > piece.size();
}

// Reads the runs of `text` again that begin in [begin, end) and are too long for a word.
void ReadRuns(std::string_view text, std::size_t begin, std::size_t end, std::size_t& budget,
              std::vector<Rewritten>& found) {
  for (std::size_t at = begin; at < end && found.size() < kRewritesMax;) {
    if (!IsWordByte(text[at])) {
      ++at;
      continue;
    }
    std::size_t last = at;
    while (last < text.size() && last - at < budget && IsWordByte(text[last])) ++last;
    if (last - at >= kRunBytesMin && !IsIdentifier(text.substr(at, last - at))) {
      budget -= last - at;
      ReadAgain(text, at, last, found);
    }
    at = std::max(last, at + 1);
  }
}

}  // namespace

void Rewrite(std::string_view text, std::vector<Rewritten>& found) {
  found.clear();
  std::size_t budget = kRewriteBytesMax;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size() && budget > kRunBytesMin; at += kPieceBytes) {
    const std::size_t size = std::min(kPieceBytes, text.size() - at);
    const std::size_t reach = std::min(size + kRunBytesMin, text.size() - at);
    const Shape shape = ShapeOf(text.substr(at, reach));
    if (found.size() >= kRewritesMax) return;
    const std::size_t begin = std::max(at, done);
    if (begin >= at + size || (shape.changes < 8 && shape.run < kRunBytesMin)) continue;
    // Escapes mix digits and letters too; they are unfolded before this room reads the text.
    const auto escapes = std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                    text.begin() + static_cast<std::ptrdiff_t>(at + size), '%');
    if (escapes >= 3 || IsCoded(text.substr(at, size))) continue;
    if (shape.changes >= 8 && shape.changes * 10 >= size) {
      const std::size_t end = std::min(at + size, begin + budget);
      ReadAgain(text, begin, end, found);
      budget -= end - begin;
      done = end;
    } else if (shape.run >= kRunBytesMin) {
      ReadRuns(text, begin, at + size, budget, found);
      if (!found.empty()) done = std::max<std::size_t>(done, found.back().end);
    }
  }
}

}  // namespace axonflow::policy::prompt

#include "policy/pii/context.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "policy/pii/word_hash.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::pii {
namespace {

std::uint8_t ByteAt(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
}

bool IsAsciiLetter(std::uint8_t c) { return static_cast<std::uint8_t>((c | 0x20) - 'a') < 26; }

// Bytes of the punctuation or space that starts at `i` when it is one beyond ASCII: Latin-1 signs
// (C2 xx), general punctuation (E2 80 xx), CJK punctuation (E3 80 80 to BF), full-width forms (EF
// BC xx). Else 0.
std::size_t WidePunctuation(std::string_view text, std::size_t i) {
  const std::uint8_t first = ByteAt(text, i);
  const std::uint8_t second = ByteAt(text, i + 1);
  if (first == 0xC2 && second >= 0x80) return 2;
  if ((first == 0xE2 || first == 0xE3) && second == 0x80 && i + 2 < text.size()) return 3;
  if (first == 0xEF && second == 0xBC && i + 2 < text.size()) return 3;
  return 0;
}

// End of the word that starts at `begin`, at most `limit`.
std::size_t WordEnd(std::string_view text, std::size_t begin, std::size_t limit) {
  std::size_t i = begin;
  while (i < limit) {
    const std::uint8_t c = ByteAt(text, i);
    if (c < 0x80 ? !IsAsciiLetter(c) : WidePunctuation(text, i) != 0) break;
    ++i;
  }
  return i;
}

// Begin of the word that ends at `end`, at least `floor`.
std::size_t WordBegin(std::string_view text, std::size_t end, std::size_t floor) {
  std::size_t i = end;
  while (i > floor) {
    const std::uint8_t c = ByteAt(text, i - 1);
    if (c < 0x80) {
      if (!IsAsciiLetter(c)) break;
    } else if ((i >= floor + 2 && WidePunctuation(text, i - 2) == 2) ||
               (i >= floor + 3 && WidePunctuation(text, i - 3) == 3)) {
      break;
    }
    --i;
  }
  return i;
}

// The small letter of a two-byte letter: Latin-1, Latin Extended-A, Greek, basic Cyrillic.
void LowerPair(char* pair) {
  const auto lead = static_cast<std::uint8_t>(pair[0]);
  const auto trail = static_cast<std::uint8_t>(pair[1]);
  const bool even = trail % 2 == 0;
  int step = 0;
  if (lead == 0xC3 && trail >= 0x80 && trail <= 0x9E) step = 0x20;
  // In this block capitals and small letters alternate, and change places twice.
  if (lead == 0xC4 && trail < 0xBF) step = (trail < 0xB8) == even ? 1 : 0;
  if (lead == 0xC5) step = (trail >= 0x8A && trail < 0xB8) == even ? 1 : 0;
  if (lead == 0xCE && trail >= 0x91 && trail <= 0x9F) step = 0x20;
  if (lead == 0xD0 && trail >= 0x90 && trail <= 0x9F) step = 0x20;
  const bool crosses = (lead == 0xCE || lead == 0xD0) && trail >= 0xA0 && trail <= 0xAF &&
                       !(lead == 0xCE && trail > 0xA9);
  if (crosses) {
    pair[0] = static_cast<char>(lead + 1);
    step = -0x20;
  }
  if (lead == 0xD0 && trail < 0x90) {
    pair[0] = static_cast<char>(lead + 1);
    step = 0x10;
  }
  pair[1] = static_cast<char>(trail + step);
}

// Writes `word` in small letters; returns whether it has bytes beyond ASCII.
bool Lower(std::string_view word, char* out) {
  bool wide = false;
  word.copy(out, word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(out[i]);
    if (c < 0x80) {
      out[i] = static_cast<char>(c | 0x20);
      continue;
    }
    wide = true;
    if (c >= 0xC3 && c <= 0xD0 && i + 1 < word.size()) LowerPair(out + i++);
  }
  return wide;
}

constexpr std::size_t kPairGap = 3;  // of a pair's words: "driver's license", "T.C. kimlik"

constexpr std::size_t kCharacterBytes = 3;    // of a CJK, Hangul or Thai character in UTF-8
constexpr std::size_t kRunCharactersMax = 7;  // of the longest word that is looked for in a run

// Whether the character at `i` is of a script that joins words without spaces, or that hangs
// endings on them: Thai and what follows it in Unicode up to the symbols.
bool IsWithoutSpaces(std::string_view text, std::size_t i) {
  const std::uint8_t c = ByteAt(text, i);
  return (c >= 0xE3 && c <= 0xED) || (c == 0xE0 && ByteAt(text, i + 1) >= 0xB8);
}

// What any two to seven characters of the run say.
Topics TopicsWithin(std::string_view run) {
  Topics topics = 0;
  for (std::size_t i = 0; i + 2 * kCharacterBytes <= run.size(); ++i) {
    if ((static_cast<std::uint8_t>(run[i]) & 0xF0) != 0xE0) continue;
    if (!MayStartWord(run.substr(i, kCharacterBytes))) continue;
    for (std::size_t count = 2; count <= kRunCharactersMax; ++count) {
      if (i + count * kCharacterBytes > run.size()) break;
      topics |= TopicsOf(run.substr(i, count * kCharacterBytes));
    }
  }
  return topics;
}

Topics TopicsOfLowered(std::string_view lower, std::uint32_t hash, bool wide) {
  Topics topics = TopicsOf(lower, hash);
  if (topics == 0 && !wide && lower.size() > 3 && lower.back() == 's') {
    topics = TopicsOf(lower.substr(0, lower.size() - 1));
  }
  return topics;
}

// A word of at most kWordBytesMax ASCII letters in small letters, with its hash.
class SmallWord {
 public:
  SmallWord(std::string_view text, std::size_t begin, std::size_t end) : size_(end - begin) {
    // A bit turns ASCII letters small, eight at a time; the zeros behind a short word stay.
    constexpr std::uint64_t kSmall = 0x2020202020202020ULL;
    WordHash hash;
    std::size_t i = 0;
    for (; i + kHashStep <= size_; i += kHashStep) {
      steps_[i / kHashStep] = LoadBytes(text, begin + i, kHashStep) | kSmall;
      hash.Add(steps_[i / kHashStep]);
    }
    const std::size_t rest = size_ - i;
    if (rest > 0) {
      // The text often has eight bytes where the word has fewer: one load then.
      std::uint64_t bytes = 0;
      if (begin + i + kHashStep <= text.size()) {
        bytes = LoadBytes(text, begin + i, kHashStep) & (~0ULL >> (8 * (kHashStep - rest)));
      } else {
        bytes = LoadBytes(text, begin + i, rest);
      }
      steps_[i / kHashStep] = bytes | (kSmall >> (8 * (kHashStep - rest)));
      hash.Add(steps_[i / kHashStep]);
    }
    hash_ = hash.value();
  }

  std::uint32_t hash() const { return hash_; }
  std::string_view view() const { return {reinterpret_cast<const char*>(steps_.data()), size_}; }

  // Whether the word, or it without the "s" of a plural, may be known or have a known beginning.
  bool MayBeKnown() const {
    if (MayBeTopical(hash_) || MayNameIdentifier(hash_)) return true;
    if (size_ <= kStemBytesMin) return false;
    WordHash start;
    start.Add(steps_[0] & 0xFFFFFFFFU);
    if (MayStartStem(start.value())) return true;
    const std::string_view word = view();
    return word.back() == 's' && MayBeTopical(WordHash::Of(word.substr(0, size_ - 1)));
  }

 private:
  static_assert(kWordBytesMax % kHashStep == 0);
  static_assert(std::endian::native == std::endian::little, "steps are read as the word's bytes");
  std::array<std::uint64_t, kWordBytesMax / kHashStep> steps_;
  std::size_t size_;
  std::uint32_t hash_;
};

Topics TopicsOfWord(std::string_view word) {
  // Of a long run without spaces its end is next to the value.
  if (word.size() > kWordBytesMax && static_cast<std::uint8_t>(word[0]) >= 0x80) {
    word.remove_prefix(word.size() - kWordBytesMax);
  }
  if (word.empty() || word.size() > kWordBytesMax) return 0;
  if (std::none_of(word.begin(), word.end(), [](char c) { return (c & 0x80) != 0; })) {
    const SmallWord small(word, 0, word.size());
    return TopicsOfLowered(small.view(), small.hash(), false);
  }
  std::array<char, kWordBytesMax> lowered;
  const bool wide = Lower(word, lowered.data());
  const std::string_view lower(lowered.data(), word.size());
  const Topics topics = TopicsOfLowered(lower, WordHash::Of(lower), wide);
  return topics == 0 && wide ? TopicsWithin(lower) : topics;
}

bool IsWordStart(std::string_view text, std::size_t i) {
  const std::uint8_t c = ByteAt(text, i);
  return c < 0x80 ? IsAsciiLetter(c) : WidePunctuation(text, i) == 0;
}

// What may stand between a label and its value.
constexpr std::array<bool, 256> kIsSeparator = [] {
  std::array<bool, 256> separators{};
  for (const unsigned char c : std::string_view(" \t\r\n:=#.-()[]\"'*|>/,_")) separators[c] = true;
  return separators;
}();

// "D.O.B" reads as three words of one letter.
bool EndsWithDottedDob(std::string_view text, std::size_t end) {
  constexpr std::string_view kDotted = "d.o.b";
  if (end < kDotted.size() || text[end - 2] != '.') return false;
  for (std::size_t i = 0; i < kDotted.size(); ++i) {
    const char c = text[end - kDotted.size() + i];
    if ((c | 0x20) != (kDotted[i] | 0x20)) return false;
  }
  return true;
}

// Which of the kBytes bytes from one place on are ASCII letters, and which are beyond ASCII. Bytes
// behind the text are neither.
class LetterMask {
 public:
  static constexpr std::size_t kBytes = 64;

  LetterMask(std::string_view text, std::size_t from) {
    const char* at = text.data() + from;
    std::array<char, kBytes> padded;
    if (text.size() - from < kBytes) {
      padded.fill(' ');
      text.copy(padded.data(), kBytes, from);
      at = padded.data();
    }
    Read(at);
  }

  // First place at or behind `at` that a word may start at; kBytes for none.
  std::size_t Next(std::size_t at) const { return First(letters_ | wide_, at); }
  // First place at or behind `at` without an ASCII letter; kBytes for none.
  std::size_t PlainEnd(std::size_t at) const { return First(~letters_, at); }
  bool IsWide(std::size_t at) const { return ((wide_ >> at) & 1U) != 0; }

 private:
  static std::size_t First(std::uint64_t mask, std::size_t at) {
    const std::uint64_t rest = mask & (~0ULL << at);
    return static_cast<std::size_t>(std::countr_zero(rest));
  }

#if defined(__SSE2__)
  void Read(const char* at) {
    // Moved so that the small letters start at the smallest signed value: one compare.
    const __m128i small = _mm_set1_epi8(0x20);
    const __m128i shift = _mm_set1_epi8(static_cast<char>(0x80 - 'a'));
    const __m128i limit = _mm_set1_epi8(static_cast<char>(-128 + 26));
    for (unsigned i = 0; i < kBytes; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
      const __m128i moved = _mm_add_epi8(_mm_or_si128(bytes, small), shift);
      letters_ |= std::uint64_t{Bits(_mm_cmplt_epi8(moved, limit))} << i;
      wide_ |= std::uint64_t{Bits(bytes)} << i;
    }
  }
  static std::uint32_t Bits(__m128i bytes) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
  }
#else
  void Read(const char* at) {
    for (std::size_t i = 0; i < kBytes; ++i) {
      const auto c = static_cast<std::uint8_t>(at[i]);
      letters_ |= std::uint64_t{IsAsciiLetter(c)} << i;
      wide_ |= std::uint64_t{c >= 0x80} << i;
    }
  }
#endif

  std::uint64_t letters_ = 0;
  std::uint64_t wide_ = 0;
};

}  // namespace

void Context::Remember(std::size_t begin, std::size_t end, Topics topics,
                       const IdentifierWord* name) {
  seen_[seen_count_ % kSeenMax] = {begin, end, topics, name};
  ++seen_count_;
}

// A word of a script with spaces.
void Context::ReadWord(std::size_t begin, std::size_t end) {
  const std::string_view word = text_.substr(begin, end - begin);
  if (word.size() > kWordBytesMax) {
    previous_begin_ = begin;
    previous_end_ = end;
    return;
  }
  std::array<char, kWordBytesMax> lowered;
  const bool wide = Lower(word, lowered.data());
  const std::string_view lower(lowered.data(), word.size());
  RememberWord(begin, lower, WordHash::Of(lower), wide);
}

void Context::RememberWord(std::size_t begin, std::string_view lower, std::uint32_t hash,
                           bool wide) {
  const std::size_t end = begin + lower.size();
  const std::string_view previous = text_.substr(previous_begin_, previous_end_ - previous_begin_);
  const bool beside = !previous.empty() && begin - previous_end_ <= kPairGap;
  previous_begin_ = begin;
  previous_end_ = end;
  const Topics topics = TopicsOfLowered(lower, hash, wide);
  const IdentifierWord* name = FindIdentifierWord(lower, hash);
  if (topics != 0 || name != nullptr) Remember(begin, end, topics, name);
  if (!beside || previous.size() > kWordBytesMax || !MayEndPair(hash)) return;
  std::array<char, kWordBytesMax> previous_lowered;
  Lower(previous, previous_lowered.data());
  const IdentifierWord* pair =
      FindIdentifierPair({previous_lowered.data(), previous.size()}, lower);
  if (pair != nullptr) Remember(begin, end, 0, pair);
}

// A run of a script without spaces: every known word within.
void Context::ReadRun(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i + 2 * kCharacterBytes <= end; ++i) {
    if ((ByteAt(text_, i) & 0xF0) != 0xE0) continue;
    const std::string_view first = text_.substr(i, kCharacterBytes);
    const bool topical = MayStartWord(first);
    const bool naming = MayStartIdentifierWord(first);
    if (!topical && !naming) continue;
    for (std::size_t count = 2; count <= kRunCharactersMax; ++count) {
      const std::size_t word_end = i + count * kCharacterBytes;
      if (word_end > end) break;
      const std::string_view word = text_.substr(i, word_end - i);
      const Topics topics = topical ? TopicsOf(word) : 0;
      const IdentifierWord* name = naming ? FindIdentifierWord(word) : nullptr;
      if (topics != 0 || name != nullptr) Remember(i, word_end, topics, name);
    }
  }
}

// Reads words of ASCII letters from read_ on. Stops at the limit, or at the first word that has
// other letters, is very long or goes on past the limit.
void Context::ReadPlainWords(std::size_t limit) {
  while (read_ < limit) {
    const std::size_t base = read_;
    const LetterMask letters(text_, base);
    const std::size_t window = std::min(limit - base, LetterMask::kBytes);
    std::size_t at = letters.Next(0);
    while (at < window) {
      const std::size_t end = letters.PlainEnd(at);
      if (end == LetterMask::kBytes) break;
      if (end > window || letters.IsWide(end)) {
        read_ = base + at;
        return;
      }
      ReadPlainWord(base + at, base + end);
      at = letters.Next(end);
    }
    read_ = base + std::min(at, window);
    // A word at the end of the mask is looked at again from its begin.
    if (at == 0) return;
  }
}

void Context::ReadPlainWord(std::size_t begin, std::size_t end) {
  if (end - begin <= kWordBytesMax) {
    const SmallWord word(text_, begin, end);
    if (word.MayBeKnown()) {
      RememberWord(begin, word.view(), word.hash(), false);
      return;
    }
  }
  previous_begin_ = begin;
  previous_end_ = end;
}

void Context::ReadTo(std::size_t limit) {
  while (true) {
    ReadPlainWords(limit);
    if (read_ >= limit) return;
    const std::size_t wide = WidePunctuation(text_, read_);
    if (wide != 0) {
      read_ += wide;
      continue;
    }
    const std::size_t end = WordEnd(text_, read_, limit);
    // A word that goes on past the limit is read again when more of it is in reach.
    const bool cut = end == limit && end < text_.size() && IsWordStart(text_, end);
    if (IsWithoutSpaces(text_, read_)) {
      ReadRun(read_, end);
      if (cut) {
        // Of a run that goes on, only what no longer word can reach is done with.
        constexpr std::size_t kKept = kRunCharactersMax * kCharacterBytes - 1;
        if (end - read_ > kKept) read_ = NextCharacter(end - kKept);
        return;
      }
      read_ = end;
    } else {
      if (cut) return;
      ReadWord(read_, end);
      read_ = end;
    }
  }
}

// The first place at or behind `at` where a character starts or the text ends.
std::size_t Context::NextCharacter(std::size_t at) const {
  while ((ByteAt(text_, at) & 0xC0) == 0x80) ++at;
  return at;
}

// Reads from kNameReach before a value that begins at `begin` up to the limit.
void Context::ReadAround(std::size_t begin, std::size_t limit) {
  constexpr std::size_t kPairReach = kWordBytesMax + kPairGap;
  const std::size_t first = begin > kNameReach ? begin - kNameReach : 0;
  if (read_ < first) {
    // A word that is cut by the window does not count, wherever the reading came from; a run
    // without spaces goes on at its next character.
    read_ = first;
    std::size_t end = first;
    if (IsWordStart(text_, first - 1)) {
      read_ = std::min(NextCharacter(read_), limit);
      if (!IsWithoutSpaces(text_, read_)) read_ = WordEnd(text_, read_, limit);
      end = read_;
    }
    // The second word of a pair may stand in the window where the first does not.
    while (end > first - kPairGap && !IsWordStart(text_, end - 1)) --end;
    previous_end_ = end;
    previous_begin_ = WordBegin(text_, end, first - std::min(first, kPairReach));
  }
  ReadTo(limit);
}

Surroundings Context::Near(std::size_t begin, std::size_t end) {
  const std::size_t first = begin > kContextBytes ? begin - kContextBytes : 0;
  const std::size_t limit = std::min(text_.size(), end + kContextBytes);
  ReadAround(begin, limit);
  Surroundings found;
  const std::size_t oldest = seen_count_ > kSeenMax ? seen_count_ - kSeenMax : 0;
  for (std::size_t i = seen_count_; i-- > oldest;) {
    const Seen& word = seen_[i % kSeenMax];
    if (word.begin + kWordBytesMax < first) break;
    if (word.begin < first) continue;
    if (word.end <= begin) found.before |= word.topics;
    if (word.begin >= end && word.end <= limit) found.after |= word.topics;
  }
  return found;
}

NamesNear Context::Names(std::size_t begin, std::size_t end) {
  constexpr Topics kOthers = kPhoneNoun | kIbanWord | kAadhaarWord;
  const std::size_t first = begin > kNameReach ? begin - kNameReach : 0;
  const std::size_t limit = std::min(text_.size(), end + kContextBytes);
  ReadAround(begin, limit);
  NamesNear found;
  RuleSet first_after;
  bool owned = false;  // by the last word before the value that names something
  const std::size_t oldest = seen_count_ > kSeenMax ? seen_count_ - kSeenMax : 0;
  for (std::size_t i = seen_count_; i-- > oldest;) {
    const Seen& word = seen_[i % kSeenMax];
    if (word.begin + kWordBytesMax < first) break;
    const bool before = word.begin >= first && word.end <= begin;
    if (!before && (word.begin < end || word.end > limit)) continue;
    if (word.name != nullptr) {
      found.of |= word.name->of;
      found.general |= word.name->general;
      found.near |= word.name->names;
      if (before && word.end + kBesideReach >= begin) found.beside |= word.name->names;
      if (!word.name->names.empty()) {
        if (!before) first_after = word.name->names;
        if (before && !owned) found.nearest = word.name->names;
        owned |= before;
      }
    }
    if (before && !owned && (word.topics & kOthers) != 0) owned = found.other = true;
  }
  if (!owned) found.nearest = first_after;
  return found;
}

RuleSet Context::NamesBeside(std::size_t begin) {
  // A run that goes on into the value is read up to its end, or what it says would be torn.
  if (begin > 0 && ByteAt(text_, begin - 1) >= 0x80) return Names(begin, begin).beside;
  ReadAround(begin, begin);
  const std::size_t first = begin > kNameReach ? begin - kNameReach : 0;
  RuleSet beside;
  const std::size_t oldest = seen_count_ > kSeenMax ? seen_count_ - kSeenMax : 0;
  for (std::size_t i = seen_count_; i-- > oldest;) {
    const Seen& word = seen_[i % kSeenMax];
    if (word.begin + kWordBytesMax + kBesideReach < begin) break;
    if (word.name == nullptr || word.begin < first || word.end > begin) continue;
    if (word.end + kBesideReach >= begin) beside |= word.name->names;
  }
  return beside;
}

Topics LabelBefore(std::string_view text, std::size_t begin) {
  constexpr int kBridgesMax = 3;
  constexpr std::size_t kSeparatorsMax = 6;
  const std::size_t floor = begin > kLabelReach ? begin - kLabelReach : 0;
  std::size_t at = begin;
  Topics between = 0;
  bool after_document = false;
  for (int word_count = 0; word_count <= kBridgesMax; ++word_count) {
    for (std::size_t skipped = 0; at > floor && skipped < kSeparatorsMax; ++skipped) {
      if (at >= floor + 3 && WidePunctuation(text, at - 3) == 3) {
        at -= 3;
      } else if (kIsSeparator[ByteAt(text, at - 1)]) {
        const char c = text[--at];
        if (c == ':' || c == '=' || c == '#') between |= kBridge;
      } else {
        break;
      }
    }
    const std::size_t word_begin = WordBegin(text, at, floor);
    if (word_begin == at) return 0;
    // A word cut by the reach is not known, a run without spaces by what is in reach.
    const bool is_cut = word_begin == floor && floor > 0 && IsWordStart(text, floor - 1);
    if (is_cut && at - word_begin < 2 * kCharacterBytes) return 0;
    if (is_cut && !IsWithoutSpaces(text, at - kCharacterBytes)) return 0;
    if (EndsWithDottedDob(text, at)) return kBirthLabel | between;
    const Topics topics = TopicsOfWord(text.substr(word_begin, at - word_begin));
    if (after_document) return (topics & kTravelWord) != 0 ? kPassportLabel | between : 0;
    const bool is_bridge_only = (topics & kBridge) != 0;
    if (!is_bridge_only && (topics & kDocumentWord) == 0) {
      // In scripts without spaces label and bridge are one run.
      return topics == 0 ? 0 : topics | between;
    }
    if ((topics & kDocumentWord) != 0) {
      after_document = true;
    } else {
      between |= kBridge;
      // A run such as "护照号码" is label and bridge at once.
      if ((topics & ~kBridge) >= kPassportLabel) return topics | between;
    }
    at = word_begin;
  }
  return 0;
}

Topics WordAfter(std::string_view text, std::size_t end) {
  std::size_t at = end;
  for (int skipped = 0; skipped < 3 && at < text.size(); ++skipped) {
    const char c = text[at];
    if (c != ' ' && c != ',' && c != '-' && c != '(') break;
    ++at;
  }
  const std::size_t limit = std::min(text.size(), at + kWordBytesMax + 1);
  return TopicsOfWord(text.substr(at, WordEnd(text, at, limit) - at));
}

}  // namespace axonflow::policy::pii

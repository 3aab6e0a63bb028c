#include "policy/prompt/tokens.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "policy/prompt/byte_classes.h"

namespace axonflow::policy::prompt {
namespace {

constexpr std::uint32_t kSeed = 2'166'136'261U;
constexpr std::uint32_t kPrime = 16'777'619U;
constexpr std::uint32_t kQuoted = 0x51ED270BU;  // sets quoted words apart
constexpr std::uint32_t kNumber = 0x9E3779B1U;
constexpr std::uint32_t kSymbolHash = 0x85EBCA77U;  // pictures and letters of rare planes
constexpr std::uint32_t kMarkHash = 0x27D4EB2FU;    // punctuation
constexpr std::size_t kWordBytesMax = 64;           // longer words are cut into several tokens

// Latin-1 and Latin Extended-A letters without their marks, by second byte; 0 is no letter.
constexpr std::string_view kAfterC3 =
    "aaaaaaaceeeeiiiidnooooo\0ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo\0ouuuuyty";
constexpr std::string_view kAfterC4 =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll";
constexpr std::string_view kAfterC5 =
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kAfterC4.size() == 64 && kAfterC5.size() == 64);

enum class Kind : std::uint8_t { kSpace, kLetter, kDigit, kMark, kQuote, kHigh };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (std::size_t c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c >= 0x80) {
      kinds[c] = Kind::kHigh;
    } else if (letter) {
      kinds[c] = Kind::kLetter;
    } else if (c >= '0' && c <= '9') {
      kinds[c] = Kind::kDigit;
    } else if (c == '"' || c == '\'' || c == '`') {
      kinds[c] = Kind::kQuote;
    } else if (c > ' ' && c < 0x7F && c != '.' && c != ',' && c != '-' && c != '_') {
      kinds[c] = Kind::kMark;
    }
  }
  return kinds;
}();

// The small letter or digit of ASCII that a byte is, 0 for another one. Letters have kLetterBit.
constexpr std::uint32_t kLetterBit = 0x40;
constexpr std::array<std::uint8_t, 256> kFolded = [] {
  std::array<std::uint8_t, 256> folded{};
  for (std::size_t c = 0; c < 256; ++c) {
    if (kKinds[c] == Kind::kLetter) folded[c] = static_cast<std::uint8_t>(c | 0x20U);
    if (kKinds[c] == Kind::kDigit) folded[c] = static_cast<std::uint8_t>(c);
  }
  return folded;
}();

// What stands at a place: how many bytes, and whether it is a letter of a word, a word of its own,
// or neither.
struct Glyph {
  enum class Role : std::uint8_t { kGap, kLetter, kAlone, kSkip, kSymbol } role;
  std::uint8_t bytes;
  std::uint8_t folded;     // Latin: the ASCII letter; else 0
  std::uint32_t code = 0;  // of other letters: something that tells them apart, case folded
};

std::uint32_t ByteAt(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

Glyph CyrillicGlyph(std::uint32_t lead, std::uint32_t second) {
  std::uint32_t code = ((lead & 0x1FU) << 6U) | (second & 0x3FU);
  if (code >= 0x410 && code <= 0x42F) code += 0x20;
  if (code == 0x401 || code == 0x451) code = 0x435;
  return {Glyph::Role::kLetter, 2, 0, code};
}

Glyph TwoByteGlyph(std::uint32_t lead, std::uint32_t second) {
  using Role = Glyph::Role;
  if (second < 0x80 || second > 0xBF) return {Role::kGap, 1, 0};
  const std::size_t at = second - 0x80;
  if (lead == 0xC2) return {Role::kGap, 2, 0};
  if (lead == 0xC3 || lead == 0xC4 || lead == 0xC5) {
    const std::string_view row = lead == 0xC3 ? kAfterC3 : lead == 0xC4 ? kAfterC4 : kAfterC5;
    const auto folded = static_cast<std::uint8_t>(row[at]);
    return {folded == 0 ? Role::kGap : Role::kLetter, 2, folded};
  }
  if (lead == 0xCC || (lead == 0xCD && second < 0xB0)) return {Role::kSkip, 2, 0};
  if (lead == 0xD0 || lead == 0xD1) return CyrillicGlyph(lead, second);
  return {Role::kLetter, 2, 0, ((lead & 0x1FU) << 6U) | (second & 0x3FU)};
}

Glyph ThreeByteGlyph(std::uint32_t code) {
  using Role = Glyph::Role;
  if (code >= 0x1E00 && code < 0x1F00) {  // Vietnamese and other letters with two marks
    return {Role::kLetter, 3, 0, code & ~1U};
  }
  const bool alone = (code >= 0x3041 && code < 0xA000) || (code >= 0xAC00 && code < 0xD7A4) ||
                     (code >= 0x0E01 && code < 0x0F00);
  if (alone) return {Role::kAlone, 3, 0, code};
  if (code >= 0x200B && code <= 0x200F) return {Role::kSkip, 3, 0};
  if ((code >= 0x2000 && code < 0x2C00) || (code >= 0x3000 && code < 0x3041) || code >= 0xE000) {
    return {Role::kGap, 3, 0};
  }
  return {Role::kLetter, 3, 0, code};
}

Glyph HighGlyph(std::string_view text, std::size_t at) {
  using Role = Glyph::Role;
  const std::uint32_t lead = ByteAt(text, at);
  if (lead < 0xC2) return {Role::kGap, 1, 0};
  if (lead < 0xE0) return TwoByteGlyph(lead, ByteAt(text, at + 1));
  const bool whole = at + 3 <= text.size() && (ByteAt(text, at + 1) & 0xC0U) == 0x80 &&
                     (ByteAt(text, at + 2) & 0xC0U) == 0x80;
  if (!whole) return {Role::kGap, 1, 0};
  if (lead < 0xF0) {
    return ThreeByteGlyph(((lead & 0x0FU) << 12U) | ((ByteAt(text, at + 1) & 0x3FU) << 6U) |
                          (ByteAt(text, at + 2) & 0x3FU));
  }
  return {Role::kSymbol, static_cast<std::uint8_t>(std::min<std::size_t>(4, text.size() - at)), 0};
}

// Length of the quotation mark at `at`, 0 for none; curly ones have three bytes.
std::size_t QuoteBytes(std::string_view text, std::size_t at) {
  const std::uint32_t byte = ByteAt(text, at);
  if (byte == '"' || byte == '\'' || byte == '`') return 1;
  const bool curly = byte == 0xE2 && ByteAt(text, at + 1) == 0x80 && ByteAt(text, at + 2) >= 0x98 &&
                     ByteAt(text, at + 2) <= 0x9D;
  return curly ? 3 : 0;
}

bool IsWordByte(std::uint32_t byte) {
  return byte < 0x80 && (kKinds[byte] == Kind::kLetter || kKinds[byte] == Kind::kDigit);
}

// Where the quotation that opens at `at` ends, or `at` when it is none or a long one. An apostrophe
// inside a word opens and closes nothing.
std::size_t QuoteEnd(std::string_view text, std::size_t at, std::size_t mark_bytes) {
  if (at > 0 && IsWordByte(ByteAt(text, at - 1))) return at;
  const std::size_t last = std::min(text.size(), at + mark_bytes + kQuoteBytesMax);
  const std::uint32_t mark = ByteAt(text, at);
  for (std::size_t i = at + mark_bytes; i < last; ++i) {
    const std::uint32_t byte = ByteAt(text, i);
    if (byte == '\n') return at;
    if (byte != mark) continue;
    if (mark_bytes == 3 && QuoteBytes(text, i) != 3) continue;
    if (mark_bytes == 3 || !IsWordByte(ByteAt(text, i + 1))) return i;
  }
  return at;
}

// Reads one token after the other.
class Reader {
 public:
  Reader(std::string_view text, std::uint32_t base, std::vector<Token>& tokens)
      : text_(text), base_(base), tokens_(tokens) {}

  void Run() {
    while (at_ < text_.size()) {
      if (!classes_.Holds(at_)) classes_.Read(text_, at_);
      const std::size_t gap = classes_.GapBytes(at_);
      if (gap != 0) {
        at_ += gap;
        if (!classes_.Holds(at_)) continue;
      }
      if (classes_.IsWord(at_)) {
        if (!ReadPlainWord()) ReadWord();
        continue;
      }
      const Kind kind = kKinds[ByteAt(text_, at_)];
      if (kind == Kind::kMark) {
        ReadMark();
      } else if (kind == Kind::kQuote) {
        ReadQuote(1);
      } else {
        ReadHigh();
      }
    }
  }

 private:
  void Add(std::uint32_t word, std::uint32_t prefix, std::size_t begin) {
    const std::uint32_t salt = begin < quote_end_ ? kQuoted : 0;
    tokens_.push_back({.word = word ^ salt,
                       .prefix = prefix ^ salt,
                       .begin = base_ + static_cast<std::uint32_t>(begin),
                       .end = base_ + static_cast<std::uint32_t>(at_)});
  }

  void ReadMark() {
    const std::size_t begin = at_;
    const char mark = text_[at_];
    while (at_ < text_.size() && text_[at_] == mark) ++at_;
    const std::uint32_t hash = (kMarkHash ^ static_cast<std::uint8_t>(mark)) * kPrime;
    Add(hash, hash, begin);
  }

  void ReadQuote(std::size_t bytes) {
    if (at_ >= quote_end_) quote_end_ = std::max(quote_end_, QuoteEnd(text_, at_, bytes));
    at_ += bytes;
  }

  void ReadHigh() {
    if (const std::size_t bytes = QuoteBytes(text_, at_); bytes != 0) return ReadQuote(bytes);
    const Glyph glyph = HighGlyph(text_, at_);
    const std::size_t begin = at_;
    switch (glyph.role) {
      case Glyph::Role::kLetter:
        return ReadWord();
      case Glyph::Role::kAlone: {
        at_ += glyph.bytes;
        const std::uint32_t hash = (kSeed ^ glyph.code) * kPrime;
        return Add(hash, hash, begin);
      }
      case Glyph::Role::kSymbol:
        at_ += glyph.bytes;
        return Add(kSymbolHash, kSymbolHash, begin);
      case Glyph::Role::kGap:
      case Glyph::Role::kSkip:
        at_ += glyph.bytes;
    }
  }

  // A word as far as it is read.
  struct Word {
    std::uint32_t hash = kSeed;
    std::uint32_t prefix = 0;
    std::size_t letters = 0;
    std::uint32_t seen = 0;  // all codes of the word, or-ed

    void Fold(std::uint32_t code) {
      hash = (hash ^ code) * kPrime;
      if (++letters == kPrefixLetters) prefix = hash;
      seen |= code;
    }
  };

  // Folds the letters and digits of ASCII from `at` on into the word, which ends before `end`;
  // returns the place behind them.
  static const char* TakeAscii(const char* at, const char* end, Word& word) {
    // Beyond the prefix a letter is one step less.
    for (; word.letters < kPrefixLetters; ++at) {
      const std::uint8_t folded = at < end ? kFolded[static_cast<std::uint8_t>(*at)] : 0;
      if (folded == 0) return at;
      word.Fold(folded);
    }
    std::uint32_t hash = word.hash;
    std::uint32_t seen = word.seen;
    const char* const begin = at;
    for (; at < end; ++at) {
      const std::uint8_t folded = kFolded[static_cast<std::uint8_t>(*at)];
      if (folded == 0) break;
      hash = (hash ^ folded) * kPrime;
      seen |= folded;
    }
    word.hash = hash;
    word.seen = seen;
    word.letters += static_cast<std::size_t>(at - begin);
    return at;
  }

  // Folds the letter beyond ASCII at at_ into the word; false when the word ends before it.
  bool TakeHigh(Word& word) {
    const Glyph glyph = HighGlyph(text_, at_);
    if (glyph.role == Glyph::Role::kSkip) {
      at_ += glyph.bytes;
      return true;
    }
    if (glyph.role != Glyph::Role::kLetter) return false;
    word.Fold(glyph.folded != 0 ? glyph.folded : glyph.code);
    word.seen |= kLetterBit;
    at_ += glyph.bytes;
    return true;
  }

  // Reads a word of ASCII alone that is not long, as most are; false for another one. No branch
  // depends on how many letters it has up to kStep.
  bool ReadPlainWord() {
    constexpr std::size_t kStep = 8;
    std::size_t bytes = classes_.WordBytes(at_);
    if (at_ + bytes == classes_.base() + ByteClasses::kBytes) {
      classes_.Read(text_, at_);
      bytes = classes_.WordBytes(at_);
    }
    if (bytes >= kWordBytesMax || text_.size() - at_ < std::max(bytes + 1, kStep)) return false;
    const char* const begin = text_.data() + at_;
    if (static_cast<std::uint8_t>(begin[bytes]) >= 0x80) return false;
    std::array<std::uint32_t, kStep + 1> hashes;
    std::uint64_t folded = 0;
    std::memcpy(&folded, begin, sizeof folded);
    folded |= 0x2020202020202020U;
    hashes[0] = kSeed;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kStep; ++i) {
      hashes[i + 1] = (hashes[i] ^ static_cast<std::uint8_t>(folded >> (8 * i))) * kPrime;
    }
    std::uint32_t hash = hashes[std::min(bytes, kStep)];
    for (std::size_t i = kStep; i < bytes; ++i) {
      hash = (hash ^ (static_cast<std::uint8_t>(begin[i]) | 0x20U)) * kPrime;
    }
    const bool named = classes_.HoldsLetter(at_, bytes);
    const std::uint32_t prefix = hashes[std::min(bytes, kPrefixLetters)];
    const std::size_t from = at_;
    at_ += bytes;
    Add(named ? hash : kNumber, named ? prefix : kNumber, from);
    return true;
  }

  void ReadWord() {
    const std::size_t begin = at_;
    const std::size_t end = std::min(text_.size(), begin + kWordBytesMax);
    Word word;
    do {
      const char* const behind = TakeAscii(text_.data() + at_, text_.data() + end, word);
      at_ = static_cast<std::size_t>(behind - text_.data());
    } while (at_ < end && ByteAt(text_, at_) >= 0x80 && TakeHigh(word));
    if ((word.seen & kLetterBit) == 0) return Add(kNumber, kNumber, begin);
    Add(word.hash, word.letters > kPrefixLetters ? word.prefix : word.hash, begin);
  }

  std::string_view text_;
  std::uint32_t base_;
  std::vector<Token>& tokens_;
  ByteClasses classes_;
  std::size_t at_ = 0;
  std::size_t quote_end_ = 0;
};

}  // namespace

void Tokenize(std::string_view text, std::uint32_t base, std::vector<Token>& tokens) {
  Reader(text, base, tokens).Run();
}

std::uint32_t HashOf(std::string_view word) {
  std::uint32_t hash = kSeed;
  for (const char c : word) hash = (hash ^ static_cast<std::uint8_t>(c)) * kPrime;
  return hash;
}

}  // namespace axonflow::policy::prompt

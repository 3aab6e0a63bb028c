#include "policy/sql/tokenizer.h"

#include <algorithm>
#include <array>
#include <bit>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::sql {
namespace {

enum Class : std::uint8_t {
  kClassOther,
  kClassSpace,
  kClassWord,
  kClassDigit,
};

constexpr std::array<std::uint8_t, 256> BuildClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 32] = kClassWord;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kClassDigit;
  for (int c = 0x80; c <= 0xFF; ++c) classes[c] = kClassWord;  // letters of other scripts
  classes['_'] = classes['$'] = kClassWord;
  for (char c : {' ', '\t', '\n', '\r', '\v', '\f', '\0'}) {
    classes[static_cast<unsigned char>(c)] = kClassSpace;
  }
  return classes;
}

constexpr auto kClasses = BuildClasses();

constexpr std::uint32_t BitOf(Kind kind) { return 1U << static_cast<int>(kind); }
constexpr std::uint32_t kMarkedKinds =
    BitOf(Kind::kHex) | BitOf(Kind::kQuote) | BitOf(Kind::kJoin) | BitOf(Kind::kOpen) |
    BitOf(Kind::kClose) | BitOf(Kind::kSemicolon) | BitOf(Kind::kComment) |
    BitOf(Kind::kCommentOpen) | BitOf(Kind::kExecutable) | BitOf(Kind::kDash) | BitOf(Kind::kHash);
constexpr std::size_t kExecutableVersionDigitsMax = 6;

// What a byte is when it stands alone as a token.
constexpr std::array<Kind, 256> BuildSingleKinds() {
  std::array<Kind, 256> kinds{};
  kinds.fill(Kind::kOther);
  const auto set = [&](std::string_view bytes, Kind kind) {
    for (char c : bytes) kinds[static_cast<unsigned char>(c)] = kind;
  };
  set("'\"`", Kind::kQuote);
  set("+-*/%^&|", Kind::kArithmetic);
  set("=<>", Kind::kCompare);
  set("!~", Kind::kBang);
  set("(", Kind::kOpen);
  set(")", Kind::kClose);
  set(";", Kind::kSemicolon);
  set(",", Kind::kComma);
  set(".", Kind::kDot);
  set("#", Kind::kHash);
  return kinds;
}

// Two bytes may begin a longer token when their entries share a bit. A table, because a branch for
// each operator would be guessed wrong at almost every one.
struct Pairs {
  std::array<std::uint16_t, 256> first{};
  std::array<std::uint16_t, 256> second{};
};

constexpr Pairs BuildPairs() {
  Pairs pairs;
  std::uint16_t bit = 1;
  const auto add = [&](std::string_view first, std::string_view second) {
    for (char c : first) pairs.first[static_cast<unsigned char>(c)] |= bit;
    for (char c : second) pairs.second[static_cast<unsigned char>(c)] |= bit;
    bit = static_cast<std::uint16_t>(bit << 1);
  };
  add(":!=<>", "=");
  add("<>", "<>");
  add("<", "@");  // of the JSON operators of PostgreSQL
  add("-", "->");
  add("*", "/");
  add("/", "*");
  add("|", "|");
  add("&", "&");
  add(":", ":");
  add(".", "0123456789");
  pairs.first['@'] = bit;
  for (auto& second : pairs.second) second |= bit;
  return pairs;
}

constexpr auto kSingleKinds = BuildSingleKinds();
constexpr Pairs kPairs = BuildPairs();

std::uint8_t ClassOf(char c) { return kClasses[static_cast<unsigned char>(c)]; }
bool IsQuote(char c) { return c == '\'' || c == '"' || c == '`'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return IsDigit(c) || (lower >= 'a' && lower <= 'f');
}

// UN/**/ION: turns the word at `tokens[last]` into the keyword that it makes together with the word
// before the comment, when the three stand without white space between them.
void JoinCutWord(std::string_view text, std::span<Token> tokens, std::size_t last) {
  Token& head = tokens[last - 2];
  const Token& comment = tokens[last - 1];
  Token& tail = tokens[last];
  if (tail.kind != Kind::kWord || comment.kind != Kind::kComment || head.kind != Kind::kWord ||
      tail.begin != comment.end || comment.begin != head.end || tail.word != Word::kNone) {
    return;
  }
  const std::size_t head_size = head.end - head.begin;
  const std::size_t size = head_size + (tail.end - tail.begin);
  if (size > kKeywordLengthMax) return;
  std::array<char, kKeywordLengthMax> joined{};
  text.copy(joined.data(), head_size, head.begin);
  text.copy(joined.data() + head_size, size - head_size, tail.begin);
  const Meaning meaning = FindKeyword({joined.data(), joined.size()}, 0, size);
  if (meaning.word == Word::kNone) return;
  tail.word = meaning.word;
  tail.traits = meaning.traits;
  tail.begin = head.begin;
  tail.first = head.first;
  tail.space_before = head.space_before;
  tail.line_before = head.line_before;
  head.kind = Kind::kComment;
  head.traits = 0;
  head.word = Word::kNone;
}

struct Sixteen {
  std::uint64_t word = 0;
  std::uint64_t space = 0;
  std::uint64_t line = 0;
};

#if defined(__SSE2__)
// A bit for each of the 16 bytes at `at` in the mask of its class.
Sixteen Classify(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto within = [](__m128i value, char low, char count) {
    // Signed comparison after moving the range to the bottom of the signed numbers.
    const __m128i moved = _mm_sub_epi8(value, _mm_set1_epi8(static_cast<char>(low + 128)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(count - 128)));
  };
  const auto equals = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const auto mask = [](__m128i value) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(value)));
  };
  const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i digits = within(bytes, '0', 10);
  const __m128i signs = _mm_or_si128(equals('_'), equals('$'));
  const __m128i lines = _mm_or_si128(equals('\n'), equals('\r'));
  const __m128i spaces = _mm_or_si128(within(bytes, '\t', 5), _mm_or_si128(equals(' '), equals(0)));
  // The top bit of a byte of another script is set in `bytes` itself.
  const __m128i words = _mm_or_si128(_mm_or_si128(letters, digits), _mm_or_si128(signs, bytes));
  return {mask(words), mask(spaces), mask(lines)};
}
#else
Sixteen Classify(const char* at) {
  Sixteen result;
  for (std::size_t i = 0; i < 16; ++i) {
    result.word |= std::uint64_t{IsWordByte(at[i])} << i;
    result.space |= std::uint64_t{ClassOf(at[i]) == kClassSpace} << i;
    result.line |= std::uint64_t{at[i] == '\n' || at[i] == '\r'} << i;
  }
  return result;
}
#endif

}  // namespace

bool IsWordByte(char c) {
  const std::uint8_t kind = ClassOf(c);
  return kind == kClassWord || kind == kClassDigit;
}

bool IsMarked(std::string_view text, const Token& token) {
  if (token.kind != Kind::kWord) return (kMarkedKinds >> static_cast<int>(token.kind) & 1U) != 0;
  // config_x, admin_x, audit_log, system_x: the underscore is the rarest part of a name that the
  // admin rules know. Straight-line, because which words matter is unpredictable.
  const std::uint32_t size = token.end - token.begin;
  const bool at_fifth = text[token.begin + std::min(size - 1, 5U)] == '_';
  const bool at_sixth = text[token.begin + std::min(size - 1, 6U)] == '_';
  const bool trait = (token.traits & (kAnchor | kVerb | kLogic)) != 0;
  return trait | ((at_fifth | at_sixth) & (size > 5));
}

// Makes the masks of the 64 bytes from `from` on; past the end of the text no bit is set.
void Tokenizer::LoadBlock(std::size_t from) {
  std::array<char, kBlockBytes> tail;
  const char* bytes = text_.data() + from;
  if (from + kBlockBytes > text_.size()) {
    tail.fill('.');
    text_.copy(tail.data(), kBlockBytes, from);
    bytes = tail.data();
  }
  block_ = {.begin = from};
  for (std::size_t i = 0; i < kBlockBytes; i += 16) {
    const Sixteen part = Classify(bytes + i);
    block_.word |= part.word << i;
    block_.space |= part.space << i;
    block_.line |= part.line << i;
  }
}

// One past the word that goes on at `at`. How long words are is what a branch predictor cannot
// know, so it is read off a mask.
std::size_t Tokenizer::WordEnd(std::size_t at) {
  while (at < text_.size()) {
    if (at - block_.begin >= kBlockBytes) LoadBlock(at);
    const std::uint64_t others = ~block_.word >> (at - block_.begin);
    if (others != 0) return at + static_cast<std::size_t>(std::countr_zero(others));
    at = block_.begin + kBlockBytes;
  }
  return text_.size();
}

// Where a token ends decides where the next one begins, so that step is what the loop waits for:
// the place stays in a register and words, the most of a text, are cut right here.
std::size_t Tokenizer::Fill(std::span<Token> tokens, std::size_t from, Marks marks) {
  std::size_t count = from;
  std::uint64_t marked = marks.Below(from);
  std::size_t at = at_;
  if (at == 0) LoadBlock(0);
  while (count < tokens.size()) {
    const bool at_start = at == 0;
    if (at - block_.begin >= kBlockBytes) LoadBlock(at);
    bool space = (block_.space >> (at - block_.begin) & 1U) != 0;
    bool line = false;
    if (space) {
      line = text_[at] == '\n' || text_[at] == '\r';
      ++at;
      if (at - block_.begin >= kBlockBytes || (block_.space >> (at - block_.begin) & 1U) != 0) {
        line |= SkipSpace(at);
      }
    }
    if (at >= text_.size()) break;
    Token& token = tokens[count];
    const std::size_t begin = at;
    const char first = text_[at];
    if (ClassOf(first) == kClassWord) {
      const std::uint64_t others = ~block_.word >> ((at - block_.begin) % kBlockBytes);
      const auto length = static_cast<std::size_t>(std::countr_zero(others));
      at = others != 0 ? at + length : WordEnd(block_.begin + kBlockBytes);
      const Meaning meaning = FindKeyword(text_, begin, at - begin);
      token.kind = Kind::kWord;
      token.word = meaning.word;
      token.traits = meaning.traits;
    } else {
      at_ = at;
      ReadToken(token);
      at = at_;
    }
    token.begin = static_cast<std::uint32_t>(begin);
    token.end = static_cast<std::uint32_t>(at);
    token.first = first;
    token.space_before = space || at_start;
    token.line_before = line || at_start;
    if (count > 1 && tokens[count - 1].kind == Kind::kComment) JoinCutWord(text_, tokens, count);
    marked |= static_cast<std::uint64_t>(IsMarked(text_, token)) << (count % 64);
    if (++count % 64 == 0) {
      marks.Store(count / 64 - 1, marked);
      marked = 0;
    }
  }
  if (count % 64 != 0) marks.Store(count / 64, marked);
  at_ = at;
  return count;
}

// Passes the white space from `at` on; whether a line break is in it.
bool Tokenizer::SkipSpace(std::size_t& at) {
  bool line = false;
  while (at < text_.size()) {
    if (at - block_.begin >= kBlockBytes) LoadBlock(at);
    const std::size_t offset = at - block_.begin;
    const std::uint64_t others = ~block_.space >> offset;
    const std::uint64_t lines = block_.line >> offset;
    if (others != 0) {
      at += static_cast<std::size_t>(std::countr_zero(others));
      return line | ((lines & ((others & -others) - 1)) != 0);
    }
    line |= lines != 0;
    at = block_.begin + kBlockBytes;
  }
  return line;
}

// Reads the number or sign at hand, all but its place.
void Tokenizer::ReadToken(Token& token) {
  const char c = text_[at_];
  token.traits = 0;
  token.word = Word::kNone;
  token.escaped = false;
  if (ClassOf(c) == kClassDigit) return ReadNumber(token);
  if ((kPairs.first[static_cast<unsigned char>(c)] &
       kPairs.second[static_cast<unsigned char>(At(at_ + 1))]) != 0) {
    return ReadOperator(token);
  }
  token.kind = kSingleKinds[static_cast<unsigned char>(c)];
  token.escaped = token.kind == Kind::kQuote && IsEscaped();
  ++at_;
}

// Whether an odd number of backslashes stands before the byte at hand.
bool Tokenizer::IsEscaped() const {
  std::size_t back = at_;
  while (back > 0 && at_ - back < 16 && text_[back - 1] == '\\') --back;
  return (at_ - back) % 2 == 1;
}

void Tokenizer::ReadNumber(Token& token) {
  token.kind = Kind::kNumber;
  if (text_[at_] == '0' && (At(at_ + 1) | 0x20) == 'x' && IsHexDigit(At(at_ + 2))) {
    at_ += 2;
    while (IsHexDigit(At(at_))) ++at_;
    token.kind = Kind::kHex;
    return;
  }
  while (IsDigit(At(at_))) ++at_;
  if (At(at_) == '.') {
    ++at_;
    while (IsDigit(At(at_))) ++at_;
  }
  if ((At(at_) | 0x20) == 'e') {
    std::size_t exponent = at_ + 1;
    if (At(exponent) == '+' || At(exponent) == '-') ++exponent;
    if (IsDigit(At(exponent))) {
      at_ = exponent;
      while (IsDigit(At(at_))) ++at_;
    }
  }
  if (at_ >= text_.size() || ClassOf(text_[at_]) != kClassWord) return;
  // A keyword may follow a number without a space (1or 1=1); "60s" and "2nd" are words.
  const std::size_t end = WordEnd(at_);
  const std::uint16_t traits = FindKeyword(text_, at_, end - at_).traits;
  if ((traits & (kLogic | kBinary | kClause)) != 0) return;
  at_ = end;
  token.kind = Kind::kWord;
}

// Whether the comment whose content begins at `from` ends, and ends before any quote.
bool Tokenizer::IsPlainComment(std::size_t from) {
  if (comment_end_ < from) comment_end_ = std::min(text_.find("*/", from), text_.size());
  if (comment_end_ == text_.size()) return false;
  if (next_quote_ < from) {
    next_quote_ = from;
    while (next_quote_ < text_.size() && !IsQuote(text_[next_quote_])) ++next_quote_;
  }
  return next_quote_ > comment_end_;
}

// A slash with a star behind it.
void Tokenizer::ReadSlash(Token& token) {
  if (At(at_ + 2) == '!') {
    token.kind = Kind::kExecutable;
    at_ += 3;
    for (std::size_t i = 0; i < kExecutableVersionDigitsMax && IsDigit(At(at_)); ++i) ++at_;
    return;
  }
  if (IsPlainComment(at_ + 2)) {
    token.kind = Kind::kComment;
    at_ = comment_end_ + 2;
    return;
  }
  token.kind = Kind::kCommentOpen;
  at_ += 2;
}

// An operator whose first two bytes are a pair of the table.
void Tokenizer::ReadOperator(Token& token) {
  const char next = At(at_ + 1);
  const auto take = [&](Kind kind, std::size_t length) {
    token.kind = kind;
    at_ += length;
  };
  switch (text_[at_]) {
    case '/':
      return ReadSlash(token);
    case '.':
      return ReadNumber(token);
    case '-':
      if (next == '-') return take(Kind::kDash, 2);
      return take(Kind::kArithmetic, At(at_ + 2) == '>' ? 3 : 2);
    case '*':
      return take(Kind::kCommentClose, 2);
    case ':':
      return take(next == '=' ? Kind::kAssign : Kind::kCast, 2);
    case '!':
    case '=':
      return take(Kind::kCompare, 2);
    case '<':
      if (next == '<') return take(Kind::kArithmetic, 2);
      return take(Kind::kCompare, next == '=' && At(at_ + 2) == '>' ? 3 : 2);
    case '>':
      if (next == '<') return take(Kind::kCompare, 1);
      return take(next == '>' ? Kind::kArithmetic : Kind::kCompare, 2);
    case '@': {
      if (next == '>') return take(Kind::kCompare, 2);
      const std::size_t name = at_ + (next == '@' ? 2 : 1);
      return take(Kind::kVariable, WordEnd(name) - at_);
    }
    default:
      return take(Kind::kJoin, 2);
  }
}

}  // namespace axonflow::policy::sql

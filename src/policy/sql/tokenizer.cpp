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
  kClassQuote,
  kClassOp
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
  for (char c : {'\'', '"', '`'}) classes[static_cast<unsigned char>(c)] = kClassQuote;
  for (char c : {'+', '-', '*', '/', '%', '^', '&', '|', '<', '>', '=',
                 '!', '~', ':', '(', ')', ';', ',', '.', '#', '@'}) {
    classes[static_cast<unsigned char>(c)] = kClassOp;
  }
  return classes;
}

constexpr auto kClasses = BuildClasses();
constexpr std::size_t kExecutableVersionDigitsMax = 6;

std::uint8_t ClassOf(char c) { return kClasses[static_cast<unsigned char>(c)]; }
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
  const Keyword& keyword = FindKeyword({joined.data(), joined.size()}, 0, size);
  if (keyword.text.empty()) return;
  tail.word = keyword.word;
  tail.traits = keyword.traits;
  tail.begin = head.begin;
  tail.first = head.first;
  tail.space_before = head.space_before;
  tail.line_before = head.line_before;
  head.kind = Kind::kComment;
  head.traits = 0;
  head.word = Word::kNone;
}

#if defined(__SSE2__)
// A bit for each of the 16 bytes at `at` that belongs to a word.
std::uint32_t WordMask(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto within = [](__m128i value, char low, char count) {
    // Signed comparison after moving the range to the bottom of the signed numbers.
    const __m128i moved = _mm_sub_epi8(value, _mm_set1_epi8(static_cast<char>(low + 128)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(count - 128)));
  };
  const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i digits = within(bytes, '0', 10);
  const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('$')));
  // The top bit of a byte of another script is set in `bytes` itself.
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letters, digits), _mm_or_si128(marks, bytes))));
}
#endif

// One past the word that begins at `at`. Sixteen bytes at a time: the length of words is what a
// branch predictor cannot know.
std::size_t WordEnd(std::string_view text, std::size_t at) {
#if defined(__SSE2__)
  while (at + 16 <= text.size()) {
    const std::uint32_t others = ~WordMask(text.data() + at) & 0xFFFFU;
    if (others != 0) return at + static_cast<std::size_t>(std::countr_zero(others));
    at += 16;
  }
#endif
  while (at < text.size() && IsWordByte(text[at])) ++at;
  return at;
}

}  // namespace

bool IsWordByte(char c) {
  const std::uint8_t kind = ClassOf(c);
  return kind == kClassWord || kind == kClassDigit;
}

std::size_t Tokenizer::Fill(std::span<Token> tokens, std::size_t from) {
  std::size_t count = from;
  while (count < tokens.size()) {
    const bool at_start = at_ == 0;
    const bool space = at_ < text_.size() && ClassOf(text_[at_]) == kClassSpace;
    const bool line = space && SkipSpace();
    if (at_ >= text_.size()) break;
    Token& token = tokens[count];
    token.space_before = space || at_start;
    token.line_before = line || at_start;
    token.escaped = false;
    ReadToken(token);
    if (count > 1 && tokens[count - 1].kind == Kind::kComment) JoinCutWord(text_, tokens, count);
    ++count;
  }
  return count;
}

// Passes the white space at hand; whether a line break is in it.
bool Tokenizer::SkipSpace() {
  bool line = false;
  do {
    line |= text_[at_] == '\n' || text_[at_] == '\r';
    ++at_;
  } while (at_ < text_.size() && ClassOf(text_[at_]) == kClassSpace);
  return line;
}

void Tokenizer::ReadToken(Token& token) {
  token.begin = static_cast<std::uint32_t>(at_);
  token.first = text_[at_];
  token.traits = 0;
  token.word = Word::kNone;
  token.kind = Kind::kOther;
  const std::uint8_t kind = ClassOf(token.first);
  if (kind == kClassWord) {
    ReadWord(token);
    token.end = static_cast<std::uint32_t>(at_);
    return;
  }
  switch (kind) {
    case kClassDigit:
      ReadNumber(token);
      break;
    case kClassQuote: {
      token.kind = Kind::kQuote;
      std::size_t back = at_;
      while (back > 0 && at_ - back < 16 && text_[back - 1] == '\\') --back;
      token.escaped = (at_ - back) % 2 == 1;
      ++at_;
      break;
    }
    case kClassOp:
      ReadOperator(token);
      break;
    default:
      ++at_;
  }
  token.end = static_cast<std::uint32_t>(at_);
}

void Tokenizer::ReadWord(Token& token) {
  const std::size_t begin = at_;
  at_ = WordEnd(text_, at_);
  const Keyword& keyword = FindKeyword(text_, begin, at_ - begin);
  token.kind = Kind::kWord;
  token.word = keyword.word;
  token.traits = keyword.traits;
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
  const std::size_t end = WordEnd(text_, at_);
  const std::uint16_t traits = FindKeyword(text_, at_, end - at_).traits;
  if ((traits & (kLogic | kBinary | kClause)) != 0) return;
  at_ = end;
  token.kind = Kind::kWord;
}

// Whether the comment whose content begins at `from` ends, and ends before any quote.
bool Tokenizer::IsPlainComment(std::size_t from) {
  if (comment_end_ < from) comment_end_ = std::min(text_.find("*/", from), text_.size());
  if (comment_end_ == text_.size()) return false;
  if (next_quote_ < from) next_quote_ = std::min(text_.find_first_of("'\"`", from), text_.size());
  return next_quote_ > comment_end_;
}

void Tokenizer::ReadSlash(Token& token) {
  token.kind = Kind::kArithmetic;
  if (At(at_ + 1) != '*') {
    ++at_;
    return;
  }
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

void Tokenizer::ReadOperator(Token& token) {
  const char c = text_[at_];
  const char next = At(at_ + 1);
  const auto take = [&](Kind kind, std::size_t length) {
    token.kind = kind;
    at_ += length;
  };
  switch (c) {
    case '(':
      return take(Kind::kOpen, 1);
    case ')':
      return take(Kind::kClose, 1);
    case ';':
      return take(Kind::kSemicolon, 1);
    case ',':
      return take(Kind::kComma, 1);
    case '#':
      return take(Kind::kHash, 1);
    case '/':
      return ReadSlash(token);
    case '.':
      return IsDigit(next) ? ReadNumber(token) : take(Kind::kDot, 1);
    case '-':
      return next == '-' ? take(Kind::kDash, 2) : take(Kind::kArithmetic, 1);
    case '*':
      return next == '/' ? take(Kind::kCommentClose, 2) : take(Kind::kArithmetic, 1);
    case '|':
      return next == '|' ? take(Kind::kJoin, 2) : take(Kind::kArithmetic, 1);
    case '&':
      return next == '&' ? take(Kind::kJoin, 2) : take(Kind::kArithmetic, 1);
    case ':':
      if (next == '=') return take(Kind::kAssign, 2);
      return next == ':' ? take(Kind::kCast, 2) : take(Kind::kOther, 1);
    case '!':
      return next == '=' ? take(Kind::kCompare, 2) : take(Kind::kBang, 1);
    case '~':
      return take(Kind::kBang, 1);
    case '=':
      return take(Kind::kCompare, next == '=' ? 2 : 1);
    case '<':
      if (next == '=') return take(Kind::kCompare, At(at_ + 2) == '>' ? 3 : 2);
      if (next == '<') return take(Kind::kArithmetic, 2);
      return take(Kind::kCompare, next == '>' ? 2 : 1);
    case '>':
      if (next == '>') return take(Kind::kArithmetic, 2);
      return take(Kind::kCompare, next == '=' ? 2 : 1);
    case '@': {
      std::size_t end = at_ + 1;
      if (At(end) == '@') ++end;
      while (end < text_.size() && IsWordByte(text_[end])) ++end;
      return take(Kind::kVariable, end - at_);
    }
    default:
      return take(Kind::kArithmetic, 1);
  }
}

}  // namespace axonflow::policy::sql

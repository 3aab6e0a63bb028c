#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/sql/keywords.h"

namespace axonflow::policy::sql {

// A flat view of the text: quotes are tokens of their own and what stands between them is tokenized
// like everything else, because whether a quote opens or closes a string depends on the statement
// that the text will be pasted into. Readers put strings together where they need them.
enum class Kind : std::uint8_t {
  kWord,
  kNumber,
  kHex,         // 0x41
  kVariable,    // @a, @@version
  kQuote,       // ' " `
  kArithmetic,  // + - * / % ^ & | << >>
  kCompare,     // = < > <= >= <> != <=> ==
  kJoin,        // || &&
  kBang,        // ! ~
  kCast,        // ::
  kAssign,      // :=
  kOpen,        // (
  kClose,       // )
  kSemicolon,
  kComma,
  kDot,
  kComment,       // a closed /* */ without quotes in it, whole
  kCommentOpen,   // any other /*; what follows is tokenized, for it may stand inside a string
  kCommentClose,  // a */ that ends one of the two around it
  kExecutable,    // /*! or /*!50000, whose content MySQL runs
  kDash,          // --
  kHash,          // #
  kOther,         // [ ] { } \ ? : $ ...
};

struct Token {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint16_t traits = 0;  // of Trait, for words
  Kind kind = Kind::kOther;
  Word word = Word::kNone;
  char first = 0;             // the first byte, as it stands
  bool space_before = false;  // white space or the start of the text precedes
  bool line_before = false;   // a line break or the start of the text precedes
  bool escaped = false;       // a quote after an odd number of backslashes
};

// Which of a stretch of tokens rules can begin at, or that change what statement stands around
// them: one bit a token. Most words of prose are neither, and are never looked at again.
class Marks {
 public:
  explicit Marks(std::span<std::uint64_t> words) : words_(words) {}
  void Set(std::size_t i, bool marked) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    std::uint64_t& word = words_[i / 64];
    word = marked ? word | bit : word & ~bit;
  }
  void Store(std::size_t word, std::uint64_t marks) { words_[word] = marks; }
  // The marks of the tokens before `i` that share a word with it.
  std::uint64_t Below(std::size_t i) const {
    return i % 64 == 0 ? 0 : words_[i / 64] & ((std::uint64_t{1} << (i % 64)) - 1);
  }
  // The first marked token in [from, to), or `to`.
  std::size_t Find(std::size_t from, std::size_t to) const {
    while (from < to) {
      const std::uint64_t rest = words_[from / 64] >> (from % 64);
      if (rest != 0) {
        return std::min(to, from + static_cast<std::size_t>(std::countr_zero(rest)));
      }
      from = (from / 64 + 1) * 64;
    }
    return to;
  }

 private:
  std::span<std::uint64_t> words_;
};

// Whether a rule may begin at `token`, or the state of the statement changes there.
bool IsMarked(std::string_view text, const Token& token);

// Cuts `text` into tokens, as many at a time as the caller has room for. Reads each byte a bounded
// number of times and keeps no memory of its own.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  // Fills `tokens` from index `from` on; returns how many tokens it then holds (fewer than its size
  // only at the end of the text). A word that a comment cuts (UN/**/ION) is put together, which is
  // why the tokens before `from` must be those that were cut last. Sets the marks of these tokens.
  std::size_t Fill(std::span<Token> tokens, std::size_t from, Marks marks);

 private:
  static constexpr std::size_t kBlockBytes = 64;
  // What 64 bytes of the text are, a bit each.
  struct Block {
    std::size_t begin = 0;
    std::uint64_t word = 0;   // part of a word or number
    std::uint64_t space = 0;  // white space
    std::uint64_t line = 0;   // a line break
  };

  void LoadBlock(std::size_t from);
  std::size_t WordEnd(std::size_t at);
  bool SkipSpace(std::size_t& at);
  void ReadToken(Token& token);
  bool IsEscaped() const;
  void ReadNumber(Token& token);
  void ReadOperator(Token& token);
  void ReadSlash(Token& token);
  bool IsPlainComment(std::size_t from);
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  Block block_;
  // The first "*/" and the first quote at or after the last place asked for. Kept because a text
  // full of "/*" would otherwise be searched to its end at each of them.
  std::size_t comment_end_ = 0;
  std::size_t next_quote_ = 0;
};

bool IsWordByte(char c);

}  // namespace axonflow::policy::sql

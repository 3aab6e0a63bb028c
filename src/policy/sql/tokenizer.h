#pragma once

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

// Cuts `text` into tokens, as many at a time as the caller has room for. Reads each byte a bounded
// number of times and keeps no memory of its own.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  // Fills `tokens` from index `from` on; returns how many tokens it then holds (fewer than its size
  // only at the end of the text). A word that a comment cuts (UN/**/ION) is put together, which is
  // why the tokens before `from` must be those that were cut last.
  std::size_t Fill(std::span<Token> tokens, std::size_t from);

 private:
  bool SkipSpace();
  void ReadToken(Token& token);
  void ReadWord(Token& token);
  void ReadNumber(Token& token);
  void ReadOperator(Token& token);
  void ReadSlash(Token& token);
  bool IsPlainComment(std::size_t from);
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  // The first "*/" and the first quote at or after the last place asked for. Kept because a text
  // full of "/*" would otherwise be searched to its end at each of them.
  std::size_t comment_end_ = 0;
  std::size_t next_quote_ = 0;
};

bool IsWordByte(char c);

}  // namespace axonflow::policy::sql

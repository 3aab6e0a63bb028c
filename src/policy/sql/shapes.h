#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "policy/sql/tokenizer.h"

namespace axonflow::policy::sql {

// How far a rule looks ahead of the token it starts at.
inline constexpr std::size_t kLookaheadTokens = 48;

// A stretch of tokens and the text they were cut from. Reads past either end give a token of kind
// kOther that equals no word, so rules need no bounds checks.
class Tokens {
 public:
  Tokens(std::string_view text, std::span<const Token> tokens) : text_(text), tokens_(tokens) {}

  std::size_t size() const { return tokens_.size(); }
  const Token& operator[](std::size_t i) const {
    return i < tokens_.size() ? tokens_[i] : kNothing;
  }
  bool AtEnd(std::size_t i) const { return i >= tokens_.size(); }
  bool Is(std::size_t i, Word word) const { return (*this)[i].word == word; }
  bool Is(std::size_t i, Kind kind) const { return i < tokens_.size() && tokens_[i].kind == kind; }
  bool Has(std::size_t i, std::uint16_t traits) const { return ((*this)[i].traits & traits) != 0; }
  bool IsOp(std::size_t i, char op) const;  // an operator of one byte
  std::string_view Text(std::size_t i) const;
  std::string_view text() const { return text_; }

  // The first token at or after `i` that is no comment; executable comments are looked into. At
  // most kLookaheadTokens are passed. Line comments count as comments when a line break ends them.
  std::size_t Skip(std::size_t i) const;
  std::size_t Next(std::size_t i) const { return Skip(i + 1); }
  // The last token before `i` that is no comment; size() when there is none.
  std::size_t Previous(std::size_t i) const;

 private:
  static const Token kNothing;
  std::string_view text_;
  std::span<const Token> tokens_;
};

// One past the string whose opening quote is tokens[i], within kLookaheadTokens; the end of the
// tokens when the string is cut off there; i when no closing quote is near.
std::size_t StringEnd(const Tokens& tokens, std::size_t i);

// One past the object name at tokens[i] (bare, quoted, bracketed, dotted); i when there is none.
std::size_t NameEnd(const Tokens& tokens, std::size_t i);

// One past a number, optionally signed, quoted and in parentheses; `i` when there is none.
std::size_t NumberEnd(const Tokens& tokens, std::size_t i);

// One past a string, optionally in parentheses; `i` when there is none.
std::size_t TextEnd(const Tokens& tokens, std::size_t i);

// One past a number, string or name; `i` when there is none of them.
std::size_t OperandEnd(const Tokens& tokens, std::size_t i);

// Whether tokens[i] ends a statement: end of the text, `;`, a comment, or a closing quote or
// parenthesis followed by one of these.
bool EndsStatement(const Tokens& tokens, std::size_t i);

// Whether what follows the SELECT at tokens[i] can be a list of columns rather than English.
bool LooksLikeSelectList(const Tokens& tokens, std::size_t i);

// Whether a statement of SQL starts at tokens[i], judged by the words that must follow its verb.
bool LooksLikeStatement(const Tokens& tokens, std::size_t i);

}  // namespace axonflow::policy::sql

#include "policy/sql/shapes.h"

#include <algorithm>

namespace axonflow::policy::sql {
namespace {

constexpr std::size_t kParenthesesMax = 4;

bool IsName(const Tokens& t, std::size_t i) {
  return t.Is(i, Kind::kWord) && !t.Has(i, kLogic | kBinary | kClause | kVerb) &&
         !t.Is(i, Word::kTo) && !t.Is(i, Word::kProse);
}

bool StartsWithLower(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  return std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b | 0x20 : b); });
}

bool IsServerProcedure(std::string_view name) {
  return StartsWithLower(name, "xp_") || StartsWithLower(name, "sp_") ||
         StartsWithLower(name, "master");
}

bool IsSqlText(const Tokens& t, std::size_t i) {
  return t.Has(i, kVerb) || IsServerProcedure(t.Text(i));
}

bool LooksLikeExecute(const Tokens& t, std::size_t i) {
  const std::size_t next = t.Next(i);
  if (t.Is(next, Kind::kVariable)) return t.IsOp(next + 1, '=');
  if (StartsWithLower(t.Text(next), "immediate")) return !t.Is(next + 1, Kind::kWord);
  if (t.Is(next, Kind::kOpen)) {
    // exec("...") is also how scripting languages run a program: the text must be SQL itself.
    const std::size_t inside = t.Next(next);
    return t.Is(inside, Kind::kVariable) || (t.IsOp(inside, '\'') && IsSqlText(t, inside + 1)) ||
           (t.Text(inside) == "N" && t.IsOp(inside + 1, '\'') && IsSqlText(t, inside + 2));
  }
  const std::string_view name = t.Text(next);
  if (StartsWithLower(name, "xp_") || StartsWithLower(name, "sp_")) return true;
  if (!IsName(t, next)) return false;
  if (t.Is(next + 1, Kind::kDot)) return !t[next + 1].space_before && !t[next + 2].space_before;
  return t.Is(next + 1, Kind::kVariable) || t.Is(next + 1, Kind::kQuote);
}

bool LooksLikeObjectVerb(const Tokens& t, std::size_t i) {
  const std::size_t kind = t.Next(i);
  if (!t.Has(kind, kObjectKind)) return t.Is(i, Word::kDrop) && t.Is(kind, Word::kFunctionWord);
  std::size_t name = t.Next(kind);
  if (t.Is(name, Word::kIf)) {
    name = t.Next(name);
    if (t.Is(name, Word::kNot)) name = t.Next(name);
    if (!t.Is(name, Word::kExists)) return false;
    return NameEnd(t, t.Next(name)) > name;
  }
  const std::size_t end = NameEnd(t, name);
  if (end == name) return false;
  if (t.Is(i, Word::kDrop)) return EndsStatement(t, end) || t.Is(end, Word::kCascade);
  return EndsStatement(t, end) || t.Is(end, Kind::kOpen) || t.Is(end, Word::kAs) ||
         t.Is(end, Word::kSet) || t.Is(end, Word::kAdd) || t.Is(end, Word::kDrop) ||
         t.Is(end, Word::kWith) || t.Is(end, Word::kIdentified) ||
         StartsWithLower(t.Text(end), "returns");
}

// Statements whose first word is too common in other texts to be a verb everywhere: what must
// follow it decides.
bool LooksLikeRareStatement(const Tokens& t, std::size_t i) {
  const std::string_view verb = t.Text(i);
  const std::size_t next = t.Next(i);
  const std::size_t after = t.Next(next);
  switch (verb[0] | 0x20) {
    case 'a':  // ATTACH DATABASE 'file' AS name
      return t.Is(next, Word::kDatabase) && t.Is(after, Kind::kQuote);
    case 'b':  // BACKUP DATABASE name TO ...
      return t.Is(next, Word::kDatabase) && NameEnd(t, after) > after;
    case 'c': {
      const std::size_t end = NameEnd(t, next);
      if (end == next) return false;
      if (verb.size() == 4 && (verb[1] | 0x20) == 'a') return t.Is(end, Kind::kOpen);    // CALL f(
      return (t.Is(end, Word::kFrom) || t.Is(end, Word::kTo)) && !t.AtEnd(t.Next(end));  // COPY
    }
    case 'm':  // MERGE INTO name USING
    case 'r': {
      if (t.Is(next, Word::kTable)) return t.Is(t.Skip(NameEnd(t, after)), Word::kTo);
      if (!t.Is(next, Word::kInto)) return false;
      const std::size_t end = t.Skip(NameEnd(t, after));
      return t.Is(end, Word::kUsing) || t.Is(end, Word::kValues) || t.Is(end, Kind::kOpen) ||
             t.Is(end, Word::kSelect) || t.Is(end, Word::kSet);
    }
    case 'p':  // PREPARE name FROM
      return t.Is(after, Word::kFrom);
    default:
      return false;
  }
}

// (1=1), ((select ...)...: a condition that no program would write over its own variables.
bool IsConstantCondition(const Tokens& t, std::size_t i) {
  for (std::size_t open = 0; open < 4 && t.Is(i, Kind::kOpen); ++open) i = t.Next(i);
  if (t.Is(i, Word::kSelect)) return true;
  return (t.Is(i, Kind::kNumber) || t.Is(i, Kind::kQuote)) && t.Is(i + 1, Kind::kCompare) &&
         (t.Is(i + 2, Kind::kNumber) || t.Is(i + 2, Kind::kQuote) || t.Is(i + 2, Kind::kOpen));
}

// `(` right behind SELECT: union(select(1)), but select($handle) and selector.select(x) of
// programs.
bool LooksLikeParenthesizedList(const Tokens& t, std::size_t open) {
  std::size_t i = open;
  while (t.Is(i, Kind::kOpen) && i < open + kLookaheadTokens) i = t.Next(i);
  if (t.Is(i, Kind::kWord) && t.Is(i + 1, Kind::kClose)) {
    const std::size_t after = t.Next(i + 1);
    return t.Is(after, Word::kFrom) || t.Is(after, Kind::kComma) || t.Is(after, Kind::kClose);
  }
  return t[open].space_before || !t.Is(i, Kind::kWord) || t.Has(i, kFunction | kUnary | kVerb) ||
         t.Is(i, Word::kCase);
}

bool LooksLikeControl(const Tokens& t, std::size_t i) {
  const std::size_t next = t.Next(i);
  switch (t[i].word) {
    case Word::kShutdown:
      return EndsStatement(t, next) || t.Is(next, Word::kWith) || t.Is(next, Word::kEnd);
    case Word::kBegin:
      return t.Is(next, Word::kDeclare) || t.Is(next, Word::kGoto) || LooksLikeStatement(t, next);
    case Word::kWaitfor:
      return t.Is(next, Word::kDelay) || t.Is(next, Word::kTime);
    case Word::kIf:
    case Word::kWhile:
      // Every language has these two; that the condition starts with a constant or a query is SQL.
      return (t.Is(next, Word::kExists) && t.Is(t.Next(next), Kind::kOpen)) ||
             IsConstantCondition(t, next);
    case Word::kGoto:
      return IsName(t, next) &&
             (t.Has(t.Next(next), kVerb) || t.Text(t.Next(next)) == t.Text(next));
    case Word::kDo:
      return IsConstantCondition(t, next) ||
             (t.Has(next, kProbe) && t.Is(t.Next(next), Kind::kOpen));
    case Word::kLoad:
      return t.Is(next, Word::kData) || t.Is(next, Word::kXml);
    default:
      return false;
  }
}

}  // namespace

const Token Tokens::kNothing{};

bool Tokens::IsOp(std::size_t i, char op) const {
  const Token& token = (*this)[i];
  return token.first == op && token.end - token.begin == 1 && i < tokens_.size();
}

std::string_view Tokens::Text(std::size_t i) const {
  if (i >= tokens_.size()) return {};
  return text_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
}

std::size_t Tokens::Skip(std::size_t i) const {
  const std::size_t limit = std::min(i + kLookaheadTokens, tokens_.size());
  while (i < limit) {
    const Kind kind = tokens_[i].kind;
    if (kind == Kind::kDash || kind == Kind::kHash) {
      std::size_t line = i + 1;
      while (line < limit && !tokens_[line].line_before) ++line;
      if (line == limit) return i;
      i = line;
      continue;
    }
    if (kind != Kind::kComment && kind != Kind::kCommentOpen && kind != Kind::kCommentClose &&
        kind != Kind::kExecutable) {
      return i;
    }
    ++i;
  }
  return i;
}

std::size_t Tokens::Previous(std::size_t i) const {
  for (std::size_t seen = 0; i > 0 && seen < kLookaheadTokens; ++seen) {
    const Kind kind = (*this)[--i].kind;
    if (kind != Kind::kComment && kind != Kind::kCommentClose && kind != Kind::kExecutable &&
        kind != Kind::kCommentOpen) {
      return i;
    }
  }
  return size();
}

std::size_t StringEnd(const Tokens& t, std::size_t i) {
  const char quote = t[i].first;
  const std::size_t limit = std::min(i + 1 + kLookaheadTokens, t.size());
  for (std::size_t j = i + 1; j < limit; ++j) {
    if (t[j].first == quote && t.Is(j, Kind::kQuote) && !t[j].escaped) return j + 1;
  }
  return limit == t.size() ? limit : i;
}

std::size_t NameEnd(const Tokens& t, std::size_t i) {
  std::size_t dot = i;  // where a name that ends in a dot is cut
  while (true) {
    std::size_t end = i;
    if (t.Is(i, Kind::kQuote)) {
      end = StringEnd(t, i);
    } else if (t.IsOp(i, '[')) {
      end = i + 1;
      while (end < i + 8 && !t.IsOp(end, ']')) ++end;
      ++end;
    } else if (IsName(t, i) || t.Is(i, Kind::kVariable)) {
      end = i + 1;
    }
    if (end == i || t.AtEnd(i)) return dot;
    if (!t.Is(end, Kind::kDot) || t[end + 1].space_before || t.AtEnd(end + 1)) return end;
    dot = end;
    i = end + 1;
    if (t.IsOp(i, '.')) ++i;
  }
}

std::size_t NumberEnd(const Tokens& t, std::size_t i) {
  const std::size_t begin = i;
  while (t.Is(i, Kind::kOpen) && i < begin + kParenthesesMax) ++i;
  if (t.Is(i, Kind::kQuote)) ++i;
  if (t.IsOp(i, '-') || t.IsOp(i, '+')) ++i;
  if (!t.Is(i, Kind::kNumber) && !t.Is(i, Kind::kHex)) return begin;
  ++i;
  if (t.Is(i, Kind::kQuote)) ++i;
  const std::size_t end = i;
  while (t.Is(i, Kind::kClose) && i < end + kParenthesesMax) ++i;
  return i;
}

std::size_t TextEnd(const Tokens& t, std::size_t i) {
  const std::size_t begin = i;
  while (t.Is(i, Kind::kOpen) && i < begin + kParenthesesMax) ++i;
  if (!t.Is(i, Kind::kQuote) || t[i].first == '`') return begin;
  std::size_t end = StringEnd(t, i);
  if (end == i) return begin;
  while (t.Is(end, Kind::kClose) && t.Is(begin, Kind::kOpen)) ++end;
  return end;
}

std::size_t OperandEnd(const Tokens& t, std::size_t i) {
  std::size_t end = NumberEnd(t, i);
  if (end == i) end = TextEnd(t, i);
  if (end == i) end = NameEnd(t, i);
  return end;
}

bool EndsStatement(const Tokens& t, std::size_t i) {
  for (std::size_t closers = 0; closers < 4; ++closers, ++i) {
    switch (t[i].kind) {
      case Kind::kSemicolon:
      case Kind::kDash:
      case Kind::kHash:
      case Kind::kComment:
      case Kind::kCommentOpen:
      case Kind::kCommentClose:
        return !t.AtEnd(i);
      case Kind::kQuote:
      case Kind::kClose:
        continue;
      default:
        return t.AtEnd(i);
    }
  }
  return false;
}

bool LooksLikeSelectList(const Tokens& t, std::size_t select) {
  std::size_t i = t.Next(select);
  while (t.Is(i, Word::kDistinct) || t.Is(i, Word::kAll)) i = t.Next(i);
  if (t.Is(i, Word::kTop)) {
    i = t.Next(i);
    if (!t.Is(i, Kind::kNumber) && !t.Is(i, Kind::kOpen)) return false;
    return true;
  }
  if (t.AtEnd(i)) return false;
  const Token& first = t[i];
  const std::size_t next = t.Next(i);
  switch (first.kind) {
    case Kind::kNumber:
    case Kind::kHex:
      return t.AtEnd(next) || !t.Is(next, Kind::kWord) || t.Has(next, kClause | kBinary | kLogic);
    case Kind::kVariable:
    case Kind::kQuote:
      return true;
    case Kind::kOpen:
      return LooksLikeParenthesizedList(t, i);
    case Kind::kArithmetic:
    case Kind::kBang:
      if (first.first == '*' || first.first == '!') return true;
      return (first.first == '-' || first.first == '+') &&
             (!t.Is(next, Kind::kWord) || t.Is(next + 1, Kind::kOpen));
    case Kind::kWord:
      break;
    default:
      return false;
  }
  if ((first.traits & kConstant) != 0 || first.word == Word::kCase) return true;
  if (t.Is(next, Kind::kOpen)) return (first.traits & kFunction) != 0 || !t[next].space_before;
  if (t.Is(next, Kind::kDot)) {
    return !t[next].space_before && !t[next + 1].space_before && !t.AtEnd(next + 1);
  }
  if (first.traits != 0 && (first.traits & kVerb) != 0) return false;
  if (t.Is(next, Word::kFrom) || t.Is(next, Word::kInto)) return first.word != Word::kProse;
  if (t.Is(next, Kind::kJoin) || t.Is(next, Kind::kClose)) return true;
  if (!t.Is(next, Kind::kComma)) return false;
  // `select a, b from c`: a list of bare names counts only when FROM ends it.
  for (std::size_t j = next; j < next + kLookaheadTokens && !t.AtEnd(j); ++j) {
    if (t.Is(j, Word::kFrom) || t.Is(j, Kind::kNumber) || t.Is(j, Kind::kHex)) return true;
    if (t.Is(j, Kind::kDot) && !t[j].space_before && t[j + 1].space_before) return false;
    if (t.Is(j, Kind::kWord) && t.Is(j + 1, Kind::kWord) && !t.Has(j + 1, kClause) &&
        t.Is(j + 2, Kind::kWord) && !t.Has(j + 2, kClause)) {
      return false;
    }
  }
  return false;
}

bool LooksLikeStatement(const Tokens& t, std::size_t i) {
  if (t.Is(i, Word::kRareVerb) || t.Is(i, Word::kRename)) return LooksLikeRareStatement(t, i);
  if (!t.Has(i, kVerb)) return false;
  const std::size_t next = t.Next(i);
  switch (t[i].word) {
    case Word::kSelect:
      return LooksLikeSelectList(t, i);
    case Word::kInsert: {
      if (!t.Is(next, Word::kInto)) return false;
      const std::size_t name = t.Next(next);
      const std::size_t end = NameEnd(t, name);
      const std::size_t after = t.Skip(end);
      return end > name && (t.Is(after, Kind::kOpen) || t.Is(after, Word::kValues) ||
                            t.Is(after, Word::kSet) || t.Is(after, Word::kSelect));
    }
    case Word::kUpdate: {
      const std::size_t set = t.Skip(NameEnd(t, next));
      return set > next && t.Is(set, Word::kSet) && NameEnd(t, t.Next(set)) > t.Next(set) &&
             t.IsOp(NameEnd(t, t.Next(set)), '=');
    }
    case Word::kDelete: {
      if (!t.Is(next, Word::kFrom)) return false;
      const std::size_t end = NameEnd(t, t.Next(next));
      return end > t.Next(next) && (EndsStatement(t, end) || t.Is(end, Word::kWhere));
    }
    case Word::kDrop:
    case Word::kAlter:
    case Word::kCreate:
      return LooksLikeObjectVerb(t, i);
    case Word::kTruncate: {
      const std::size_t name = t.Is(next, Word::kTable) ? t.Next(next) : next;
      return name > next && NameEnd(t, name) > name && EndsStatement(t, NameEnd(t, name));
    }
    case Word::kExec:
    case Word::kExecute:
      return LooksLikeExecute(t, i);
    case Word::kDeclare:
    case Word::kSet:
      return t.Is(next, Kind::kVariable);
    default:
      return LooksLikeControl(t, i);
  }
}

}  // namespace axonflow::policy::sql

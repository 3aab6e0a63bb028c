// What joins an attacker's SQL to somebody else's: UNION, a condition, another statement, a
// comment.
#include <algorithm>
#include <array>

#include "policy/sql/local_rules.h"

namespace axonflow::policy::sql {
namespace {

bool IsEquals(const Tokens& t, std::size_t i) { return t.IsOp(i, '='); }

// Whether a comment runs to the end of the text, or of the line, soon after `i`.
bool EndsInComment(const Tokens& t, std::size_t i) {
  for (std::size_t j = i; j < i + kLookaheadTokens && !t.AtEnd(j); ++j) {
    const Kind kind = t[j].kind;
    if ((kind == Kind::kDash || kind == Kind::kHash) && !t[j].line_before) return true;
    if (kind == Kind::kCommentOpen) return true;
    if (kind == Kind::kSemicolon) return false;
  }
  return false;
}

// "She has 4 apples and 6 = 10": spaces around the sign, no quotes, and words before it. `before`
// is the token before AND or OR.
bool ReadsAsArithmetic(const Tokens& t, std::size_t before, std::size_t equals) {
  if (!t[equals].space_before || !t[equals + 1].space_before) return false;
  if (t.AtEnd(before) || t.Is(before, Kind::kQuote) || t.Is(before, Kind::kClose)) return false;
  if (t.Is(before, Kind::kWord)) return t.Previous(before) != t.size();
  const std::size_t earlier = t.Previous(before);
  if (t.AtEnd(earlier) || t.Is(earlier, Kind::kQuote) || t.Is(earlier, Kind::kArithmetic))
    return false;
  return !t.Is(earlier, Kind::kCompare) || t[earlier].space_before;
}

bool IsPadding(const Tokens& t, std::size_t i) {
  return t.Is(i, Kind::kNumber) || t.Is(i, Kind::kHex) || t.Is(i, Word::kNull);
}

// Columns that an attacker reads and a report does not.
bool IsCredentialName(std::string_view name) {
  constexpr std::array<std::string_view, 12> kParts = {
      "passw",      "pwd", "secret", "token",   "hash",   "credit_card",
      "creditcard", "ssn", "salt",   "api_key", "apikey", "credential"};
  constexpr std::size_t kNameBytesMax = 40;
  if (name.size() > kNameBytesMax) return false;
  std::array<char, kNameBytesMax> lower{};
  for (std::size_t i = 0; i < name.size(); ++i) {
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] + 32) : name[i];
  }
  const std::string_view text(lower.data(), name.size());
  return std::any_of(kParts.begin(), kParts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// Whether the list behind the SELECT at `select` names one, alone or as a column of a table.
bool ReadsCredentials(const Tokens& t, std::size_t select) {
  std::size_t i = t.Next(select);
  for (std::size_t n = 0; n < kLookaheadTokens && !t.AtEnd(i); ++n, i = t.Next(i)) {
    if (t.Is(i, Word::kFrom) || t.Is(i, Kind::kSemicolon)) return false;
    if (t.Is(i, Kind::kWord) && !t.Is(t.Next(i), Kind::kOpen) && IsCredentialName(t.Text(i))) {
      return true;
    }
  }
  return false;
}

bool SameText(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const bool letters = ((x | 0x20) >= 'a' && (x | 0x20) <= 'z');
    return x == y || (letters && (x | 0x20) == (y | 0x20));
  });
}

// Whether the SELECT at `select` and the one before `i` begin their lists alike, as the parts of a
// report do: the same column, or texts. A first SELECT that is out of sight counts as alike.
bool BeginAlike(const Tokens& t, std::size_t i, std::size_t select) {
  const std::size_t floor = i > kLookaheadTokens ? i - kLookaheadTokens : 0;
  for (std::size_t earlier = i; earlier-- > floor;) {
    if (!t.Is(earlier, Word::kSelect)) continue;
    const std::size_t left = t.Next(earlier);
    const std::size_t right = t.Next(select);
    if (t.Is(left, Kind::kQuote)) return t.Is(right, Kind::kQuote);
    return t[left].kind == t[right].kind && SameText(t.Text(left), t.Text(right));
  }
  return true;
}

// One past the condition at `i`, up to the next AND or OR or the end of its parentheses or
// statement, when it holds values, signs and known calls only; `i` when there is a column in it, or
// no comparison and no truth value.
std::size_t ConstantEnd(const Tokens& t, std::size_t i) {
  constexpr std::size_t kConditionTokens = 24;
  constexpr int kDepthMax = 3;
  bool condition = false;
  int depth = 0;
  std::size_t j = i;
  for (; j < i + kConditionTokens && !t.AtEnd(j); ++j) {
    const Token& token = t[j];
    switch (token.kind) {
      case Kind::kOpen:
        if (++depth > kDepthMax) return i;
        break;
      case Kind::kClose:
        if (--depth < 0) return condition ? j : i;
        break;
      case Kind::kQuote: {
        const std::size_t end = token.first == '`' ? j : StringEnd(t, j);
        if (end == j || token.first == '"') return i;  // a name, or cut off
        j = end - 1;
        break;
      }
      case Kind::kSemicolon:
      case Kind::kDash:
      case Kind::kHash:
        return condition ? j : i;
      case Kind::kCompare:
        condition = true;
        break;
      case Kind::kNumber:
      case Kind::kHex:
      case Kind::kArithmetic:
      case Kind::kComma:
      case Kind::kComment:
      case Kind::kCast:
        break;
      case Kind::kJoin:
        if (depth == 0 && condition) return j;
        break;
      case Kind::kBang:
        condition = true;
        break;
      case Kind::kWord: {
        const bool end = (token.traits & (kLogic | kClause | kVerb)) != 0;
        if (token.word == Word::kSelect && depth > 0) break;
        if (end && token.word != Word::kFrom && depth <= 0) return condition ? j : i;
        const bool call = (token.traits & kFunction) != 0 && t.Is(j + 1, Kind::kOpen);
        const bool sign = (token.traits & (kBinary | kUnary | kConstant | kLogic)) != 0;
        if (!call && !sign) return i;
        condition |= (token.traits & (kBinary | kUnary)) != 0 || token.word == Word::kExists;
        condition |= (token.traits & kConstant) != 0 && token.word != Word::kNull;
        break;
      }
      default:
        return i;
    }
  }
  // A number alone at the end of the statement is a condition, too.
  const bool whole = condition || (j == i + 1 && t.Is(i, Kind::kNumber));
  return whole && t.AtEnd(j) && depth <= 0 ? j : i;
}

}  // namespace

void LocalRules::JudgeUnion(const Tokens& t, std::size_t i) {
  std::size_t select = t.Next(i);
  if (t.Is(select, Word::kAll) || t.Is(select, Word::kDistinct)) select = t.Next(select);
  const std::size_t first = select;
  while (t.Is(select, Kind::kOpen) && select < first + kLookaheadTokens) select = t.Next(select);
  if (!t.Is(select, Word::kSelect)) return;
  const std::size_t before = t.Previous(i);
  const bool cut_off = t.AtEnd(t.Next(select));
  const bool after_operand = t.Is(before, Kind::kNumber) || t.Is(before, Kind::kQuote) ||
                             t.Is(before, Kind::kClose) || t.Is(before, Kind::kHex) ||
                             t.Is(before, Word::kNull) || t.Is(before, Kind::kVariable);
  if (!LooksLikeSelectList(t, select) && !after_operand) return;
  if (cut_off && !after_operand) return;
  const Statement& s = statement_;
  const std::uint64_t bit = std::uint64_t{1} << s.depth;
  const bool continues_select =
      s.quote == 0 &&
      ((s.selects & bit) != 0 || (t.Is(before, Kind::kClose) && s.group_was_select));
  if (continues_select) {
    // Two SELECTs of one report are ordinary: alike, or inside parentheses, where a common table
    // expression is built. Constants behind a table, credentials, or a comment that cuts off the
    // rest are not.
    const bool padded = (s.reads & bit) != 0 && IsPadding(t, t.Next(select));
    const bool alike = s.depth > 0 || BeginAlike(t, i, select);
    if (alike && !padded && !ReadsCredentials(t, select) && !EndsInComment(t, select)) return;
  }
  Hit(Rule::kUnionSelect, t, i, select + 1);
  if (t.Is(before, Kind::kQuote) || t.Is(before, Kind::kClose)) {
    Hit(Rule::kUnionInjection, t, before, select + 1);
  }
}

void LocalRules::JudgeLogic(const Tokens& t, std::size_t i) {
  const std::size_t left = t.Next(i);
  const std::size_t before = t.Previous(i);
  const bool is_or = t.Is(i, Word::kOr) || t[i].first == '|';
  if (t[i].kind == Kind::kWord) {
    const std::size_t number = NumberEnd(t, left);
    if (number > left && IsEquals(t, number) && NumberEnd(t, number + 1) > number + 1 &&
        (InSelect() || !ReadsAsArithmetic(t, before, number))) {
      if (t.Is(i, Word::kOr)) Hit(Rule::kOrTrue, t, i, NumberEnd(t, number + 1));
      if (t.Is(i, Word::kAnd)) Hit(Rule::kAndFalse, t, i, NumberEnd(t, number + 1));
    }
    const std::size_t text = TextEnd(t, left);
    // In a whole statement "b" = 'x' compares a column that is spelled in quotes.
    const bool column =
        InSelect() && t.Is(left, Kind::kQuote) && t[left].first != t[text + 1].first;
    if (t.Is(i, Word::kOr) && text > left && IsEquals(t, text) && !column &&
        TextEnd(t, text + 1) > text + 1) {
      Hit(Rule::kOrString, t, i, TextEnd(t, text + 1));
    }
  }
  if (is_or) JudgeTautology(t, i);
  JudgeBlind(t, i);
  // Authentication bypass: out of the string, a condition, and the rest commented away.
  std::size_t open = before;
  while (t.Is(open, Kind::kClose)) open = t.Previous(open);
  const bool broken_out = t.Is(open, Kind::kQuote) || t.Is(open, Kind::kNumber);
  std::size_t end = OperandEnd(t, left);
  if (!is_or || !broken_out || end == left || !IsEquals(t, end)) return;
  const std::size_t right = end + 1;
  end = OperandEnd(t, right);
  if (end == right) return;
  while (t.Is(end, Kind::kClose) || t.Is(end, Kind::kQuote)) ++end;
  if (t.Is(end, Kind::kDash) && !t[end].line_before && !t.IsOp(end + 1, '-')) {
    Hit(Rule::kAdminBypass, t, open, end + 1);
  }
}

// OR followed by a condition that reads no column: it holds for every row or for none, so nobody
// writes it into a statement of his own. Or by one that compares a column with itself.
void LocalRules::JudgeTautology(const Tokens& t, std::size_t i) {
  if (!InSelect() || statement_.quote != 0 || Known(Rule::kBreakout)) return;
  const std::size_t left = t.Next(i);
  std::size_t end = ConstantEnd(t, left);
  if (end > left) return Hit(Rule::kBreakout, t, i, end);
  if (t[i].kind != Kind::kWord) return;  // || also puts texts together
  end = NameEnd(t, left);
  const std::size_t size = end - left;
  if (size == 0 || !IsEquals(t, end) || NameEnd(t, end + 1) != end + 1 + size) return;
  if (t.Text(left) == t.Text(end + 1) && t.Text(end - 1) == t.Text(end + size) &&
      EndsStatement(t, end + 1 + size)) {
    Hit(Rule::kBreakout, t, i, end + 2);
  }
}

void LocalRules::JudgeSemicolon(const Tokens& t, std::size_t i) {
  const std::size_t verb = t.Next(i);
  if (!t.Has(verb, kVerb) || !LooksLikeStatement(t, verb)) return;
  // A script: statements on lines of their own. What they do is judged by the other rules.
  if (statement_.starts_with_verb && statement_.quote == 0 && t[verb].line_before) return;
  const std::size_t object = t.Next(verb);
  const std::size_t before = t.Previous(i);
  switch (t[verb].word) {
    case Word::kDrop:
      if (t.Is(object, Word::kTable) || t.Is(object, Word::kDatabase)) {
        return Hit(Rule::kStackedDrop, t, i, object + 1);
      }
      break;
    case Word::kDelete:
      return Hit(Rule::kStackedDelete, t, i, object + 1);
    case Word::kUpdate:
      return Hit(Rule::kStackedUpdate, t, i, object + 1);
    case Word::kInsert:
      return Hit(Rule::kStackedInsert, t, i, object + 1);
    case Word::kExec:
    case Word::kExecute:
      return Hit(Rule::kStackedExec, t, i, object + 1);
    case Word::kSelect:
      for (std::size_t j = object; j < object + kLookaheadTokens && !t.AtEnd(j); ++j) {
        if (!t.Is(j, Word::kFrom)) continue;
        if (t.Is(before, Kind::kQuote) || t.Is(before, Kind::kClose)) {
          Hit(Rule::kSelectFrom, t, before, j + 1);
        }
        break;
      }
      break;
    default:
      break;
  }
}

void LocalRules::JudgeComment(const Tokens& t, std::size_t i) {
  const Kind kind = t[i].kind;
  const std::size_t verb = i + 1;
  if (kind == Kind::kExecutable) {
    const bool versioned = t[i].end - t[i].begin > 3;
    if (versioned || t.Has(verb, kLogic) || t.Is(verb, Word::kUnion) ||
        LooksLikeStatement(t, verb)) {
      Hit(Rule::kBreakout, t, i, verb + 1);
    }
    return;
  }
  // A comment on a line of its own before a statement is how scripts are written.
  if (i == 0 || t[i].line_before || kind == Kind::kCommentOpen) return;
  if (kind == Kind::kComment && t[verb].line_before) return;
  switch (t[verb].word) {
    case Word::kUnion: {
      const std::size_t next = t.Next(verb);
      if (!t.Is(next, Word::kSelect) && !t.Is(next, Word::kAll)) return;
      break;
    }
    case Word::kSelect:
    case Word::kInsert:
    case Word::kUpdate:
    case Word::kDelete:
    case Word::kDrop:
      if (!LooksLikeStatement(t, verb)) return;
      break;
    default:
      return;
  }
  const Rule rule = kind == Kind::kComment ? Rule::kInlineComment
                    : kind == Kind::kHash  ? Rule::kLineCommentMysql
                                           : Rule::kLineCommentDash;
  Hit(rule, t, i, verb + 1);
}

void LocalRules::JudgeExecute(const Tokens& t, std::size_t i) {
  if (!LooksLikeStatement(t, i)) return;
  // A stored procedure of the server, however it is qualified (master..xp_cmdshell).
  for (std::size_t j = i + 1; j < i + 8; ++j) {
    const std::string_view name = t.Text(j);
    if (name.size() > 3 && (name[1] | 0x20) == 'p' && name[2] == '_' &&
        ((name[0] | 0x20) == 'x' || (name[0] | 0x20) == 's')) {
      return Hit(Rule::kBreakout, t, i, j + 1);
    }
    if (!t.Is(j, Kind::kWord) && !t.Is(j, Kind::kDot)) return;
  }
}

}  // namespace axonflow::policy::sql

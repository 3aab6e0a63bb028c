#include "policy/sql/fragment.h"

#include "policy/sql/reading.h"

namespace axonflow::policy::sql {
namespace {

// Whether something stands out in what followed a closed string.
bool ConvictsAfterString(const Evidence& e) {
  if (e.statement || e.clauses > 0 || e.selects > 0 || e.probes > 0) return true;
  const bool expression = e.values > 0 || e.functions > 0;
  // `x" and "y` is two quoted words as often as a condition.
  const bool two_words = e.open_string && e.values == 1 && e.compares + e.functions == 0 &&
                         !e.tight_join && !e.empty_string;
  if (e.logic > 0 && (e.compares > 0 || expression) && !two_words) return true;
  if (e.compares > 0 && expression && e.names == 0) return true;
  if (e.compares > 0 && e.comment) return true;
  if (e.functions > 0 && e.arithmetic > 0) return true;
  return false;
}

// Whether something stands out in a text read from its start, as a number or name would be.
bool ConvictsFromStart(const Evidence& e) {
  const bool expression = e.values > 0 || e.functions > 0;
  if (e.statement || e.selects > 0) return true;
  if (e.clauses > 0 && (e.comment || e.values > 1 || e.functions > 0 || e.logic > 0)) return true;
  if (e.clauses > 0 && e.dangling && e.names == 0 && e.values > 0) return true;
  if (e.probes > 0 && (e.logic > 0 || e.functions > 1)) return true;
  if (e.probes > 0 && e.compares > 0 && e.values > 0) return true;
  if (e.terminated) return false;
  if (e.functions > 0 && e.constant_compares > 0) return true;
  // `a = b or ""  # note` is a line of a program.
  const bool cut_off = e.bare_comment || (e.comment && e.values > 1);
  const bool called = e.functions > 0 && e.starts_with_value && !e.dangling;
  if (e.logic > 0 && e.compares > 0 && expression && (cut_off || called)) return true;
  if (e.logic > 0 && e.compares > 0 && e.values > 2 && e.names == 0) return true;
  if (e.logic > 0 && cut_off && expression) return true;
  return e.bare_comment && expression && e.names == 0 && !e.open_string;
}

// The same two for the value of a field of a request, which has no other reason to hold SQL.
// `after_number` is whether the string that was closed ended in a number.
bool ConvictsParameterAfterString(const Evidence& e, bool after_number) {
  if (ConvictsAfterString(e) || e.terminated) return true;
  if (e.logic > 0 && (e.negations > 0 || e.compares > 0 || after_number)) return true;
  // 5'^'1 and 5'*1#: arithmetic that the quote of the host completes, or a comment cuts off.
  return e.arithmetic > 0 && (e.open_string || e.comment) && e.names == 0;
}

bool ConvictsParameterFromStart(const Evidence& e, Context context) {
  if (ConvictsFromStart(e) || e.probes > 0) return true;
  const bool truth = e.constants > 0 || e.negations > 0;
  if (e.logic > 0 && e.starts_with_value) {
    return e.compares > 0 || truth || e.functions > 0 || e.comment;
  }
  if (e.functions > 0 && e.starts_with_value && e.arithmetic > 0) return true;
  // char(39), concat('a','b'): a text that was to be hidden from somebody.
  const bool call = e.builders > 0 && e.names == 0 && e.values > 0 && !e.dangling;
  if (call && context == Context::kParameter) return true;
  return e.cases > 0 && e.compares > 0;
}

// 7' and ': what is sent to see whether the answer is an error.
bool IsQuoteProbe(const Tokens& t) {
  const std::size_t last = t.size() - 1;
  if (!t.IsOp(last, '\'') || t[last].space_before != (last == 0)) return false;
  return last == 0 || (t.Is(last - 1, Kind::kNumber) && (last == 1 || t.IsOp(0, '-')) && last < 3);
}

struct BreakOut {
  std::size_t quote;
  bool found;
};

// The quote at which a value inside `quote`s would end: the first one that is not escaped, not
// doubled and no apostrophe inside a word of prose.
BreakOut FindBreakOut(const Tokens& t, char quote) {
  for (std::size_t i = 0; !t.AtEnd(i); ++i) {
    if (!t.Is(i, Kind::kQuote) || t[i].first != quote || t[i].escaped) continue;
    const bool doubled =
        t.Is(i + 1, Kind::kQuote) && t[i + 1].first == quote && !t[i + 1].space_before;
    if (doubled) {
      ++i;
      continue;
    }
    const bool inside_word = i > 0 && t.Is(i - 1, Kind::kWord) && !t[i].space_before &&
                             t.Is(i + 1, Kind::kWord) && !t[i + 1].space_before &&
                             !t.Has(i + 1, kLogic | kBinary | kClause | kVerb);
    if (!inside_word) return {i, true};
  }
  return {0, false};
}

// 'and', '=': a word or operator in quotes, set off by a space or bracket, is being talked about.
bool IsQuotedWord(const Tokens& t, std::size_t i) {
  const bool word = t.Is(i + 1, Kind::kWord);
  std::size_t close = i + 2;
  while (!word && close < i + 4 && !t.Is(close, Kind::kWord) && !t.Is(close, Kind::kNumber) &&
         t[close].first != t[i].first) {
    ++close;
  }
  if (!t.Is(close, Kind::kQuote) || t[close].first != t[i].first) return false;
  if (word && t[i + 1].space_before && t[close].space_before) return false;
  // What follows is not part of a string that goes on: 'or'1'='1.
  const bool ends = t.AtEnd(close + 1) || t[close + 1].space_before ||
                    (!t.Is(close + 1, Kind::kWord) && !t.Is(close + 1, Kind::kNumber) &&
                     !t.Is(close + 1, Kind::kQuote));
  if (i == 0) {
    const bool tight = !t[1].space_before && !t[close].space_before;
    return ends && (word ? !t[1].space_before : tight && !t.AtEnd(close + 1));
  }
  const Token& before = t[i - 1];
  const bool prefix = before.kind == Kind::kWord && before.end - before.begin == 1 &&
                      (before.space_before || t.Is(i - 2, Kind::kOpen));  // b'=' of Python
  const bool glued = before.kind == Kind::kWord || before.kind == Kind::kNumber ||
                     before.kind == Kind::kClose || before.kind == Kind::kQuote ||
                     t.IsOp(i - 1, '%');
  if (!t[i].space_before && glued && !(prefix && !word)) return false;
  return ends;
}

bool BreaksOut(const Tokens& t, char quote, Context context, Hits::Place& place,
               bool& probes_order) {
  const BreakOut out = FindBreakOut(t, quote);
  if (!out.found || IsQuotedWord(t, out.quote)) return false;
  std::size_t i = out.quote + 1;
  // A statement in quotes, set off by a space, is a quotation.
  if (out.quote > 0 && t[out.quote].space_before && t.Has(i, kVerb)) return false;
  while (t.Is(i, Kind::kClose)) ++i;
  Reading reading(t, i, true);
  if (!reading.Run()) return false;
  const Evidence& e = reading.evidence();
  const bool after_number = out.quote > 0 && t.Is(out.quote - 1, Kind::kNumber);
  bool convicted = context == Context::kText ? ConvictsAfterString(e)
                                             : ConvictsParameterAfterString(e, after_number);
  // 5'*id-'0 and '-': arithmetic that the host's own quote completes.
  const bool whole = out.quote == 0 && t.size() == 3 && t.Is(2, Kind::kQuote);
  convicted |= e.open_string && (whole || (quote == '\'' && after_number && e.arithmetic > 0));
  // admin'-- and admin'#: nothing but the comment, right behind the quote and with nothing in it.
  const bool only_comment =
      t.Is(i, Kind::kDash) || t.Is(i, Kind::kHash) || t.Is(i, Kind::kCommentOpen);
  const bool closes_value = out.quote == 0 || !t[out.quote].space_before;
  // A word or two behind the comment are what the tools of attackers add.
  const bool short_comment = context != Context::kText && t.size() <= i + 2 && out.quote > 0;
  if (only_comment) convicted = (e.bare_comment || short_comment) && closes_value;
  if (convicted) place = {t[out.quote].begin, t[t.size() - 1].end};
  probes_order = convicted && e.orders > 0;
  return convicted;
}

// A statement of its own: the host would have to be a console. Only a SELECT that stops where a
// clause must follow, or never closes its parentheses, is a piece of something.
bool IsBrokenSelect(const Tokens& t) {
  Reading reading(t, 0, false);
  if (!reading.Run()) return false;
  const Evidence& e = reading.evidence();
  return (e.dangling && e.values > 0) || (e.bare_comment && e.values > 2);
}

// (SELECT ...) UNION (SELECT ...); the way people write set operations.
bool IsWholeQuery(const Tokens& t, const Evidence& e) {
  std::size_t i = t.Skip(0);
  if (!t.Is(i, Kind::kOpen)) return false;
  while (t.Is(i, Kind::kOpen)) i = t.Next(i);
  const bool ends = t.Is(t.size() - 1, Kind::kSemicolon) || e.clauses > 0;
  return t.Is(i, Word::kSelect) && ends && !e.comment && !e.dangling && e.probes == 0;
}

// sqlite_master, master..sysdatabases: a table of the server where a value is due.
bool NamesCatalogue(const Tokens& t) {
  constexpr std::size_t kNameTokensMax = 5;
  if (t.size() > kNameTokensMax) return false;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t.Is(i, Word::kSysTable) || t.Is(i, Word::kInformationSchema)) return true;
    if (!t.Is(i, Kind::kWord) && !t.Is(i, Kind::kDot)) return false;
  }
  return false;
}

}  // namespace

bool IsFragment(const Tokens& t, Context context, Hits::Place& place, bool& probes_order) {
  const std::size_t first = t.Skip(0);
  if (t.AtEnd(first)) return false;
  if (BreaksOut(t, '\'', context, place, probes_order)) return true;
  if (BreaksOut(t, '"', context, place, probes_order)) return true;
  place = {t[0].begin, t[t.size() - 1].end};
  if (context != Context::kText && NamesCatalogue(t)) return true;
  if (context == Context::kParameter && IsQuoteProbe(t)) return true;
  if (t.Has(first, kVerb) && !t.Is(first, Word::kIf)) {
    if (context == Context::kParameter && LooksLikeStatement(t, first)) return true;
    return t.Is(first, Word::kSelect) && IsBrokenSelect(t);
  }
  if (t.Is(first, Word::kWith)) return false;
  std::size_t start = 0;
  while (t.Is(start, Kind::kClose)) ++start;
  if (t.Is(start, Word::kIf) && !LooksLikeStatement(t, start)) return false;
  Reading reading(t, start, start > 0 || t.Has(start, kLogic | kClause));
  if (!reading.Run()) return false;
  Evidence evidence = reading.evidence();
  const Kind kind = t[start].kind;
  evidence.starts_with_value = start > 0 || kind == Kind::kNumber || kind == Kind::kHex ||
                               kind == Kind::kQuote || kind == Kind::kVariable ||
                               kind == Kind::kArithmetic || t.Is(start, Word::kNull) ||
                               t.Is(start, Kind::kOpen);
  if (t.Is(start, Word::kNull)) --evidence.constants;  // "null or undefined"
  bool convicted = context != Context::kText && ConvictsParameterFromStart(evidence, context);
  convicted |= ConvictsFromStart(evidence);
  if (!convicted || IsWholeQuery(t, evidence)) return false;
  probes_order = evidence.orders > 0;
  return true;
}

}  // namespace axonflow::policy::sql

// Calls and names that ask about the server, make it wait, or hide what is asked.
#include <algorithm>

#include "policy/sql/local_rules.h"

namespace axonflow::policy::sql {
namespace {

constexpr std::size_t kHexDigitsMin = 8;
constexpr std::size_t kHexContextTokens = 16;

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

bool IsUpper(std::string_view word) {
  return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// Whether the digits of 0x... spell printable text, as encoded payloads do and masks do not: at
// least six characters, three different ones.
bool SpellsText(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.size() < 12) return false;
  int changes = 0;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    if (digits[i] < '2' || digits[i] > '7') return false;
    if (i > 0 && digits.substr(i, 2) != digits.substr(i - 2, 2)) ++changes;
  }
  return changes > 1;
}

}  // namespace

void LocalRules::JudgeProbe(const Tokens& t, std::size_t i) {
  const std::size_t open = t.Next(i);
  const std::size_t inside = t.Next(open);
  const bool call = t.Is(open, Kind::kOpen) && !t.Is(inside, Kind::kClose) && !t.AtEnd(inside) &&
                    !(i > 0 && t.Is(i - 1, Kind::kDot));
  switch (t[i].word) {
    case Word::kSleep:
      return JudgeSleep(t, i);
    case Word::kPgSleep:
      if (call && NumberEnd(t, inside) > inside) Hit(Rule::kPgSleep, t, i, inside + 1);
      return;
    case Word::kBenchmark:
      if (call && t.Is(inside, Kind::kNumber) && t.Is(t.Next(inside), Kind::kComma)) {
        Hit(Rule::kBenchmark, t, i, inside + 2);
      }
      return;
    case Word::kExtractvalue:
      if (call) Hit(Rule::kExtractvalue, t, i, open + 1);
      return;
    case Word::kUpdatexml:
      if (call) Hit(Rule::kUpdatexml, t, i, open + 1);
      return;
    case Word::kLoadFile:
      if (call && IsSqlLoadFile(t, i, inside)) Hit(Rule::kLoadFile, t, i, open + 1);
      return;
    case Word::kConvert:
      if (call && t.Is(inside, Word::kInt) && t.Is(t.Next(inside), Kind::kComma)) {
        Hit(Rule::kConvertInt, t, i, inside + 2);
      }
      return;
    case Word::kChar: {
      const auto is_number = [&](std::size_t at) {
        return t.Is(at, Kind::kNumber) || t.Is(at, Kind::kHex);
      };
      const std::size_t comma = t.Next(inside);
      if (call && is_number(inside) && t.Is(comma, Kind::kComma) && is_number(t.Next(comma))) {
        Hit(Rule::kCharFunction, t, i, t.Next(comma) + 1);
      }
      return;
    }
    case Word::kErrorProbe:
    case Word::kExp:
    case Word::kGeometry:
      return JudgeErrorProbe(t, i);
    case Word::kDelayPackage:
    case Word::kBlob:
      return JudgeDelay(t, i);
    case Word::kServerProcedure:
      return JudgeServerProcedure(t, i);
    case Word::kConcat:
      JudgeDuplicateKey(t, i);
      for (std::size_t j = inside; call && j < inside + kLookaheadTokens && !t.AtEnd(j); ++j) {
        if (t.Is(j, Kind::kClose)) return;
        if (t.Is(j, Word::kSelect)) return Hit(Rule::kConcatSelect, t, i, j + 1);
      }
      return;
    default:
      return JudgeName(t, i);
  }
}

// Names of the catalogue, and the two clauses that are probes by themselves.
void LocalRules::JudgeName(const Tokens& t, std::size_t i) {
  const std::size_t next = t.Next(i);
  const std::size_t before = t.Previous(i);
  switch (t[i].word) {
    case Word::kInformationSchema:
      if (t.Is(i + 1, Kind::kDot) || t.Is(i + 1, Kind::kQuote) || t.Is(before, Word::kFrom)) {
        Hit(Rule::kInformationSchema, t, i, i + 1);
      }
      return;
    case Word::kSysTable:
      if (InSelect() || t.Is(before, Word::kFrom) || t.Is(before, Kind::kDot)) {
        Hit(Rule::kSysTables, t, i, i + 1);
      }
      return;
    case Word::kSys: {
      const bool dotted = t.Is(i + 1, Kind::kDot) && !t[i + 2].space_before;
      const bool listed =
          EqualsLower(t.Text(i + 2), "tables") || EqualsLower(t.Text(i + 2), "columns");
      if (dotted && listed && (InSelect() || t.Is(before, Word::kFrom))) {
        Hit(Rule::kSysTables, t, i, i + 3);
      }
      return;
    }
    case Word::kInto:
      if ((t.Is(next, Word::kOutfile) || t.Is(next, Word::kDumpfile)) &&
          (t.AtEnd(next + 1) || !t.Is(next + 1, Kind::kWord) || t.Is(next + 2, Kind::kOpen))) {
        Hit(Rule::kIntoOutfile, t, i, next + 1);
      }
      return;
    case Word::kProcedure:
      if (t.Is(next, Word::kAnalyse) && t.Is(t.Next(next), Kind::kOpen)) {
        Hit(Rule::kBreakout, t, i, next + 2);
      }
      return;
    default:
      return;
  }
}

// load_file(x) is also a usual name in programs. `inside` is the first token of the argument.
bool LocalRules::IsSqlLoadFile(const Tokens& t, std::size_t i, std::size_t inside) const {
  if (InSelect() || IsUpper(t.Text(i)) || t.Is(inside, Kind::kHex)) return true;
  if (t.Is(inside, Word::kConcat) || t.Is(inside, Word::kChar)) return true;
  const std::size_t before = t.Previous(i);
  return t.Is(inside, Kind::kQuote) && (t.AtEnd(before) || t.Has(before, kLogic) ||
                                        t.Is(before, Kind::kComma) || t.Is(before, Kind::kJoin));
}

// SLEEP(n) is also a call in most programming languages. It counts where an expression of SQL
// surrounds it, where it is all there is, or in capitals as only SQL writes it.
void LocalRules::JudgeSleep(const Tokens& t, std::size_t i) {
  const std::size_t open = t.Next(i);
  const std::size_t number = t.Next(open);
  if (!t.Is(open, Kind::kOpen) || NumberEnd(t, number) == number) return;
  const std::size_t before = t.Previous(i);
  if (t.Is(before, Kind::kDot)) return;
  const std::size_t end = NumberEnd(t, number);
  bool sql = IsUpper(t.Text(i)) || t.Has(before, kLogic) || t.Is(before, Word::kSelect) ||
             t.Is(before, Word::kThen) || t.Is(before, Kind::kJoin) || t.Is(before, Word::kWhere);
  sql |= t.AtEnd(before) &&
         (t.AtEnd(end) || t.Has(end, kLogic) || t.Is(end, Kind::kDash) || t.Is(end, Kind::kHash));
  sql |= t.Is(before, Kind::kQuote) || InSelect();
  for (std::size_t j = i; !sql && j > 0 && j + kHexContextTokens > i; --j) {
    sql = t.Is(j - 1, Word::kIf) && t.Is(j, Kind::kOpen) && t.Is(before, Kind::kComma);
    sql |= t.Has(j - 1, kLogic) && t.Is(before, Kind::kOpen) && t.Is(j, Kind::kOpen);
  }
  if (t.Is(before, Kind::kArithmetic) || t.Is(before, Kind::kCompare)) {
    const std::size_t left = t.Previous(before);
    sql |= t.Is(left, Kind::kQuote) || t.Is(left, Kind::kNumber);
  }
  if (sql) Hit(Rule::kSleep, t, i, end);
}

void LocalRules::JudgeHex(const Tokens& t, std::size_t i) {
  const std::string_view digits = t.Text(i).substr(2);
  if (digits.size() < kHexDigitsMin) return;
  bool sql = SpellsText(digits);
  for (std::size_t j = i; !sql && j > 0 && j + kHexContextTokens > i; --j) {
    switch (t[j - 1].word) {
      case Word::kSelect:
      case Word::kUnion:
      case Word::kConcat:
      case Word::kConvert:
      case Word::kDeclare:
      case Word::kExec:
      case Word::kWhere:
      case Word::kLike:
        sql = true;
        break;
      default:
        break;
    }
  }
  if (sql) Hit(Rule::kHexEncoding, t, i, i + 1);
}

}  // namespace axonflow::policy::sql

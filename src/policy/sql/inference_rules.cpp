// Ways to read a database through what it does: error messages, answers of yes or no, delays, and
// the procedures of SQL Server that reach out of it.
#include "policy/sql/local_rules.h"

namespace axonflow::policy::sql {
namespace {

constexpr std::size_t kArgumentTokens = 24;
constexpr int kDepthMax = 8;

// Whether tokens[i] asks for something: a SELECT, or a call or variable that tells of the server.
bool Asks(const Tokens& t, std::size_t i) {
  if (t.Is(i, Word::kSelect)) return true;
  if (t.Is(i, Kind::kVariable)) return t.Text(i).starts_with("@@");
  if (!t.Has(i, kProbe)) return false;
  if (t.Is(i, Word::kServerFact) || t.Is(i, Word::kDatabase) || t.Is(i, Word::kUser)) {
    return t.Is(i + 1, Kind::kOpen) && t.Is(i + 2, Kind::kClose);
  }
  return true;
}

// Whether the parentheses that open at `open` hold something that asks. `close` becomes their end,
// or where the search was given up.
bool ArgumentAsks(const Tokens& t, std::size_t open, std::size_t& close) {
  bool asks = false;
  int depth = 0;
  for (close = open; close < open + kArgumentTokens && !t.AtEnd(close); ++close) {
    if (t.Is(close, Kind::kOpen) && ++depth > kDepthMax) return false;
    if (t.Is(close, Kind::kClose) && --depth == 0) return asks;
    asks |= Asks(t, close);
  }
  return asks;
}

}  // namespace

// gtid_subset(user(), 1), exp(~(select ...)), polygon((select ...)): the argument has the wrong
// type, so the answer appears in the message.
void LocalRules::JudgeErrorProbe(const Tokens& t, std::size_t i) {
  if (Known(Rule::kErrorBased)) return;
  std::size_t open = t.Next(i);
  // ctxsys.drithsx.sn(...)
  while (t.Is(open, Kind::kDot) && !t[open + 1].space_before && open < i + 8) open += 2;
  if (!t.Is(open, Kind::kOpen)) return;
  std::size_t close = open;
  switch (t[i].word) {
    case Word::kExp:
      if (!t.IsOp(t.Next(open), '~')) return;
      break;
    case Word::kGeometry: {
      const std::size_t inner = t.Next(open);
      if (!t.Is(inner, Kind::kOpen) || !t.Is(t.Next(inner), Word::kSelect)) return;
      break;
    }
    default:
      break;
  }
  if (ArgumentAsks(t, open, close)) Hit(Rule::kErrorBased, t, i, close);
}

// concat(..., floor(rand(0)*2)) makes a duplicate key whose message tells the rest of it.
void LocalRules::JudgeDuplicateKey(const Tokens& t, std::size_t i) {
  if (Known(Rule::kErrorBased)) return;
  for (std::size_t j = i + 1; j < i + kArgumentTokens && !t.AtEnd(j); ++j) {
    const bool floor = t.Is(j, Word::kFloor) && t.Is(j + 1, Kind::kOpen);
    if (floor && t.Text(j + 2).size() == 4 && t.Has(j + 2, kFunction) && t.Is(j + 3, Kind::kOpen)) {
      return Hit(Rule::kErrorBased, t, i, j + 4);
    }
  }
}

void LocalRules::JudgeDelay(const Tokens& t, std::size_t i) {
  switch (t[i].word) {
    case Word::kDelayPackage: {  // DBMS_PIPE.RECEIVE_MESSAGE('a', 5)
      const bool call =
          t.Is(i + 1, Kind::kDot) && t.Is(i + 2, Kind::kWord) && t.Is(t.Next(i + 2), Kind::kOpen);
      if (call) Hit(Rule::kTimeDelay, t, i, i + 4);
      return;
    }
    case Word::kBlob: {  // upper(hex(randomblob(100000000/2)))
      constexpr std::size_t kDigitsMin = 7;
      const std::size_t number = t.Next(i + 1);
      if (t.Is(i + 1, Kind::kOpen) && t.Text(number).size() >= kDigitsMin) {
        Hit(Rule::kTimeDelay, t, i, number + 1);
      }
      return;
    }
    default:
      return;
  }
}

// master..xp_cmdshell 'dir', openrowset('sqloledb', ...). A sentence that names one is none.
void LocalRules::JudgeServerProcedure(const Tokens& t, std::size_t i) {
  const std::size_t next = t.Next(i);
  const std::size_t before = t.Previous(i);
  const bool argument = t.Is(next, Kind::kOpen) ? t.Is(t.Next(next), Kind::kQuote) ||
                                                      t.Is(t.Next(next), Kind::kVariable)
                                                : t.Is(next, Kind::kQuote);
  const bool executed = t.Is(before, Word::kExec) || t.Is(before, Word::kExecute) ||
                        (t.Is(before, Kind::kDot) && !t[i].space_before);
  const bool called = t.Is(next, Kind::kOpen) && argument;
  if (called || (executed && !t.Is(next, Kind::kWord))) {
    Hit(Rule::kMssqlProcedures, t, i, next + 1);
  }
}

// AND ascii(substring((select ...), 1, 1)) > 64: one bit of the answer a request. `i` is the
// joining word.
void LocalRules::JudgeBlind(const Tokens& t, std::size_t i) {
  if (Known(Rule::kBooleanBlind)) return;
  std::size_t part = t.Next(i);
  const std::size_t limit = part + 8;
  while (part < limit && (t.Is(part, Kind::kOpen) || t.Is(part, Word::kNot))) part = t.Next(part);
  if (!t.Is(part, Word::kPart) || !t.Is(t.Next(part), Kind::kOpen)) return;
  std::size_t close = part;
  if (!ArgumentAsks(t, t.Next(part), close)) return;
  const std::size_t sign = t.Next(close);
  if (t.Is(sign, Kind::kCompare) || t.Has(sign, kBinary) || t.Is(sign, Kind::kArithmetic)) {
    Hit(Rule::kBooleanBlind, t, i, sign + 1);
  }
}

}  // namespace axonflow::policy::sql

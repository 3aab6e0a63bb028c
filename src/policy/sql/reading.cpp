#include "policy/sql/reading.h"

#include <algorithm>

namespace axonflow::policy::sql {

bool Reading::Run() {
  while (!done_ && !t_.AtEnd(i_)) {
    if (!Step()) return false;
  }
  if (operand_due_ && !evidence_.comment && !evidence_.statement) evidence_.dangling = true;
  return true;
}

bool Reading::Step() {
  switch (t_[i_].kind) {
    case Kind::kComment:
    case Kind::kCommentClose:
    case Kind::kExecutable:
      return Take();
    case Kind::kDash:
    case Kind::kHash:
    case Kind::kCommentOpen:
      return ReadComment();
    default:
      return operand_due_ ? ReadOperand() : ReadAfterOperand();
  }
}

// A line comment ends at the line's end and the statement goes on; at the end of the text it cuts
// off whatever the host appends.
bool Reading::ReadComment() {
  if (operand_due_ && evidence_.clauses + evidence_.selects == 0 &&
      evidence_.logic + evidence_.compares > 0) {
    return false;  // nothing follows the operator: a dash or hash of prose
  }
  std::size_t next = i_ + 1;
  if (t_.Is(i_, Kind::kCommentOpen)) {
    while (!t_.AtEnd(next) && !t_.Is(next, Kind::kCommentClose)) ++next;
  } else {
    while (!t_.AtEnd(next) && !t_[next].line_before) ++next;
  }
  if (t_.AtEnd(next)) {
    evidence_.comment = true;
    // `-- -` keeps the space behind the dashes from being trimmed.
    evidence_.bare_comment = next == i_ + 1 || (next == i_ + 2 && t_.Is(i_ + 1, Kind::kArithmetic));
    done_ = true;
  }
  i_ = next;
  return true;
}

bool Reading::ReadString() {
  const char quote = t_[i_].first;
  std::size_t j = i_ + 1;
  for (; !t_.AtEnd(j); ++j) {
    if (!t_.Is(j, Kind::kQuote) || t_[j].first != quote || t_[j].escaped) continue;
    const bool doubled =
        t_.Is(j + 1, Kind::kQuote) && t_[j + 1].first == quote && !t_[j + 1].space_before;
    if (!doubled) break;
    ++j;
  }
  if (t_.AtEnd(j)) {
    evidence_.open_string = true;
    evidence_.empty_string = j == i_ + 1 && quote == '\'';
  }
  if (quote == '`') {
    ++evidence_.names;
  } else {
    ++evidence_.values;
  }
  i_ = std::min(j + 1, t_.size());
  Operand();
  after_string_ = true;
  return true;
}

// Whether the number at hand is compared with a number before it.
bool Reading::IsConstantCompare() const {
  return i_ >= 2 && t_.Is(i_ - 1, Kind::kCompare) && t_.Is(i_ - 2, Kind::kNumber);
}

bool Reading::ReadOperand() {
  const Token& token = t_[i_];
  after_string_ = false;
  switch (token.kind) {
    case Kind::kNumber:
    case Kind::kHex:
      if (IsConstantCompare()) ++evidence_.constant_compares;
      [[fallthrough]];
    case Kind::kVariable:
      ++evidence_.values;
      if (t_.Text(i_).starts_with("@@")) ++evidence_.probes;
      Operand();
      return Take();
    case Kind::kQuote:
      return ReadString();
    case Kind::kOpen:
      ++depth_;
      return Take();
    case Kind::kClose:  // an empty argument list
      if (!t_.Is(i_ - 1, Kind::kOpen)) return false;
      --depth_;
      Operand();
      return Take();
    case Kind::kArithmetic:
      if (token.first == '*' && (evidence_.selects > 0 || depth_ > 0)) {
        Operand();
        return Take();
      }
      return (token.first == '-' || token.first == '+') && Take();
    case Kind::kBang:
      ++evidence_.negations;
      return Take();
    case Kind::kSemicolon:
      return evidence_.selects > 0 && ReadAfterOperand();
    case Kind::kWord:
      return ReadOperandWord();
    default:
      // MySQL spells NULL as \N, too.
      if (token.first == '\\' && t_.Text(i_ + 1) == "N") {
        ++evidence_.values;
        Operand();
        return Take(2);
      }
      return false;
  }
}

bool Reading::ReadOperandWord() {
  const Token& token = t_[i_];
  if (token.word == Word::kSelect) {
    if (t_.Is(i_ - 1, Kind::kDot)) return false;
    if (!LooksLikeSelectList(t_, i_) && !t_.AtEnd(t_.Next(i_))) return false;
    ++evidence_.selects;
    aliases_ = 0;
    return Take();
  }
  if (token.word == Word::kCase) ++evidence_.cases;
  if (token.word == Word::kCase || token.word == Word::kThen) return Take();
  if (token.word == Word::kTop) return Take(2);
  const bool call = t_.Is(i_ + 1, Kind::kOpen);
  if (call && (token.traits & (kFunction | kProbe)) != 0) {
    if (!t_.Is(i_ - 1, Kind::kDot)) ++evidence_.functions;
    if (token.word == Word::kChar || token.word == Word::kConcat || token.word == Word::kPart) {
      ++evidence_.builders;
    }
    // version() asks the server; version("1.2") and package.version() are somebody's own.
    const bool fact = token.word == Word::kServerFact || token.word == Word::kDatabase ||
                      token.word == Word::kUser;
    const bool probe = (token.traits & kProbe) != 0 && !t_.Is(i_ - 1, Kind::kDot);
    if (probe && (!fact || t_.Is(i_ + 2, Kind::kClose))) ++evidence_.probes;
    ++depth_;
    return Take(2);
  }
  if ((token.traits & kUnary) != 0) {
    if (token.word == Word::kNot) ++evidence_.negations;
    return Take();
  }
  if ((token.traits & kLogic) != 0) return false;
  if ((token.traits & kBinary) != 0) {
    // NOT LIKE, IS NOT IN: the operand is still to come.
    return i_ > 0 && t_.Has(i_ - 1, kUnary | kBinary) && Take();
  }
  if ((token.traits & kConstant) != 0) {
    if ((token.traits & kProbe) != 0) ++evidence_.probes;
    ++evidence_.values;
    ++evidence_.constants;
    Operand();
    return Take();
  }
  if ((token.traits & (kClause | kVerb)) != 0) {
    return evidence_.selects > 0 && (token.traits & kClause) != 0 && ReadClause();
  }
  if (call) {
    ++evidence_.names;
    ++depth_;
    return Take(2);
  }
  ++evidence_.names;
  // A package of the server: DBMS_PIPE.RECEIVE_MESSAGE.
  const bool common =
      token.word == Word::kServerFact || token.word == Word::kDatabase || token.word == Word::kUser;
  if ((token.traits & kProbe) != 0 && !common && t_.Is(i_ + 1, Kind::kDot)) {
    ++evidence_.probes;
  }
  Operand();
  return Take();
}

bool Reading::ReadAfterOperand() {
  const Token& token = t_[i_];
  const bool was_string = after_string_;
  after_string_ = false;
  switch (token.kind) {
    case Kind::kCompare:
    case Kind::kAssign:
      ++evidence_.compares;
      operand_due_ = true;
      return Take();
    case Kind::kArithmetic:
      ++evidence_.arithmetic;
      operand_due_ = true;
      return Take();
    case Kind::kJoin:
      ++evidence_.logic;
      evidence_.tight_join |= !token.space_before;
      operand_due_ = true;
      return Take();
    case Kind::kBang:  // a!~'x'
      operand_due_ = true;
      return Take();
    case Kind::kCast:
      return Take(2);
    case Kind::kComma:
      aliases_ = 0;
      operand_due_ = true;
      return Take();
    case Kind::kClose:
      --depth_;
      aliases_ = 0;
      return Take();
    case Kind::kDot:
      if (token.space_before && t_[i_ + 1].space_before) return false;
      operand_due_ = true;
      return Take();
    case Kind::kSemicolon: {
      const std::size_t next = t_.Next(i_);
      evidence_.statement = LooksLikeStatement(t_, next);
      evidence_.terminated = t_.AtEnd(next);
      done_ = true;
      if (t_.Is(next, Kind::kDash) || t_.Is(next, Kind::kHash)) {
        evidence_.comment = true;
        evidence_.bare_comment = t_.AtEnd(next + 1);
        return true;
      }
      return evidence_.statement || t_.AtEnd(next);
    }
    case Kind::kQuote:
      if (!was_string && !(evidence_.selects > 0 && t_.Is(i_ - 1, Kind::kClose))) return false;
      return ReadString();
    case Kind::kWord:
      return ReadWordAfterOperand();
    default:
      return false;
  }
}

bool Reading::ReadWordAfterOperand() {
  const Token& token = t_[i_];
  if ((token.traits & kLogic) != 0) {
    ++evidence_.logic;
    operand_due_ = true;
    aliases_ = 0;
    return Take();
  }
  if (token.word == Word::kNot) return t_.Has(i_ + 1, kBinary) && Take();
  if ((token.traits & kBinary) != 0) {
    ++evidence_.compares;
    operand_due_ = true;
    return Take(token.word == Word::kSounds && t_.Is(i_ + 1, Word::kLike) ? 2 : 1);
  }
  if (LooksLikeStatement(t_, i_)) {
    if (token.word == Word::kSelect) {
      ++evidence_.selects;
      operand_due_ = true;
      return Take();
    }
    evidence_.statement = true;
    done_ = true;
    return true;
  }
  if ((token.traits & kClause) != 0) return ReadClause();
  if (token.word == Word::kThen) {
    operand_due_ = true;
    return Take();
  }
  if (token.word == Word::kEnd) return Take();
  if (evidence_.selects == 0) return false;
  // Inside a query two more things may stand here: a call whose operator was lost on the way (a
  // plus that was decoded to a space), and an alias.
  if ((token.traits & kFunction) != 0 && t_.Is(i_ + 1, Kind::kOpen)) return ReadOperandWord();
  if (++aliases_ > 1) return false;
  return Take();
}

bool Reading::ReadClause() {
  const Word word = t_[i_].word;
  const std::size_t next = t_.Next(i_);
  operand_due_ = true;
  aliases_ = 0;
  switch (word) {
    case Word::kUnion: {
      std::size_t select = next;
      if (t_.Is(select, Word::kAll) || t_.Is(select, Word::kDistinct)) select = t_.Next(select);
      while (t_.Is(select, Kind::kOpen)) select = t_.Next(select);
      if (!t_.Is(select, Word::kSelect) && !t_.AtEnd(next)) return false;
      ++evidence_.clauses;
      return Take();
    }
    case Word::kOrder:
    case Word::kGroup:
      if (!t_.Is(next, Word::kBy)) return false;
      ++evidence_.clauses;
      if (t_.Is(t_.Next(next), Kind::kNumber) && evidence_.selects == 0) ++evidence_.orders;
      i_ = next + 1;
      return true;
    case Word::kHaving:
      ++evidence_.clauses;
      return Take();
    case Word::kLimit:
    case Word::kOffset:
      if (!t_.Is(next, Kind::kNumber)) return false;
      ++evidence_.clauses;
      return Take();
    case Word::kInto:
      if (!t_.Is(next, Word::kOutfile) && !t_.Is(next, Word::kDumpfile))
        return evidence_.selects > 0 && Take();
      ++evidence_.clauses;
      i_ = next + 1;
      return true;
    case Word::kProcedure:
      if (!t_.Is(next, Word::kAnalyse)) return false;
      ++evidence_.clauses;
      return Take();
    default:
      break;
  }
  if (evidence_.selects == 0 && depth_ <= 0) return false;
  if (word == Word::kKnown && (t_.Text(i_).size() == 3 || t_.Text(i_).size() == 4)) {
    operand_due_ = false;  // ASC, DESC; JOIN's LEFT is followed by a name either way
  }
  return Take();
}

}  // namespace axonflow::policy::sql

// Statements that change or remove structures, accounts and rights. Each is a shape: the verb, the
// name of an object, and a terminator, so that a sentence which only names the command stays clean.
#include "policy/sql/local_rules.h"

namespace axonflow::policy::sql {
namespace {

// IF EXISTS, IF NOT EXISTS; `i` is the token after the object kind.
std::size_t SkipExists(const Tokens& t, std::size_t i) {
  if (!t.Is(i, Word::kIf)) return i;
  std::size_t next = t.Next(i);
  if (t.Is(next, Word::kNot)) next = t.Next(next);
  return t.Is(next, Word::kExists) ? t.Next(next) : i;
}

// The terminator of a definition: as EndsStatement, and a comma of a list of names.
bool EndsDefinition(const Tokens& t, std::size_t i) {
  return EndsStatement(t, i) || (t.Is(i, Kind::kComma) && NameEnd(t, t.Next(i)) > t.Next(i) &&
                                 EndsStatement(t, NameEnd(t, t.Next(i))));
}

// A name directly followed by the full stop of a sentence ("drop table users.") is prose or a
// statement; both spellings of it are rare enough to stay clean.
bool IsNamed(const Tokens& t, std::size_t name, std::size_t& end) {
  end = NameEnd(t, name);
  return end > name;
}

std::size_t PrivilegesEnd(const Tokens& t, std::size_t i) {
  const std::size_t limit = i + kLookaheadTokens;
  if (!t.Has(i, kPrivilege)) return i;
  while (i < limit && !t.AtEnd(i) && !t.Is(i, Word::kOn) && !t.Is(i, Kind::kSemicolon)) ++i;
  return i;
}

// ON object; `i` is the ON. Returns the token after the object.
std::size_t ObjectEnd(const Tokens& t, std::size_t i) {
  std::size_t name = t.Next(i);
  if (t.Has(name, kObjectKind) || t.Is(name, Word::kAll)) name = t.Next(name);
  if (t.Is(name, Kind::kWord) && t.Is(name + 1, Word::kIn)) name += 3;  // ALL TABLES IN SCHEMA s
  if (t.IsOp(name, '*')) {
    name += t.Is(name + 1, Kind::kDot) && t.IsOp(name + 2, '*') ? 3 : 1;
    return name;
  }
  std::size_t end = NameEnd(t, name);
  if (t.Is(end, Kind::kDot) && t.IsOp(end + 1, '*')) end += 2;
  while (t.Is(end, Kind::kComma) && NameEnd(t, end + 1) > end + 1) end = NameEnd(t, end + 1);
  return end > name ? end : i;
}

bool RightsBetween(const Tokens& t, std::size_t i, Word towards, std::size_t& last) {
  const std::size_t on = PrivilegesEnd(t, i);
  if (on == i || !t.Is(on, Word::kOn)) return false;
  const std::size_t after = ObjectEnd(t, on);
  if (after == on || !t.Is(after, towards)) return false;
  std::size_t grantee = t.Next(after);
  last = NameEnd(t, grantee);
  if (last == grantee) return false;
  if (t.Is(last, Kind::kVariable)) last = last + 1;  // 'name'@'host'
  return true;
}

// Whether the condition behind the WHERE at `i` holds for every row: WHERE 1=1, WHERE true.
bool IsAlwaysTrue(const Tokens& t, std::size_t i, std::size_t& last) {
  const std::size_t left = t.Next(i);
  std::size_t end = NumberEnd(t, left);
  if (end == left) end = TextEnd(t, left);
  if (end == left && t.Has(left, kConstant) && !t.Is(left, Word::kNull)) end = left + 1;
  if (end == left) return false;
  if (t.Is(end, Kind::kCompare)) {
    const std::size_t right = t.Next(end);
    std::size_t after = NumberEnd(t, right);
    if (after == right) after = TextEnd(t, right);
    if (after == right) return false;
    end = after;
  }
  last = end;
  return EndsStatement(t, end);
}

}  // namespace

bool IsGrant(const Tokens& t, std::size_t i, std::size_t& last) {
  return RightsBetween(t, t.Next(i), Word::kTo, last);
}

bool IsRevoke(const Tokens& t, std::size_t i, std::size_t& last) {
  std::size_t privilege = t.Next(i);
  if (t.Is(privilege, Word::kGrant) && t.Is(t.Next(privilege), Word::kOption)) {
    const std::size_t next = t.Next(t.Next(privilege));
    if (t.Is(next, Word::kFor)) {
      privilege = t.Next(next);
    } else if (t.Is(next, Word::kFrom) && IsNamed(t, t.Next(next), last)) {
      return EndsStatement(t, last) || t.Is(last, Kind::kVariable);
    }
  }
  return RightsBetween(t, privilege, Word::kFrom, last);
}

bool IsCreateUser(const Tokens& t, std::size_t i, std::size_t& last) {
  if (!t.Is(t.Next(i), Word::kUser)) return false;
  const std::size_t name = SkipExists(t, t.Next(t.Next(i)));
  std::size_t end = 0;
  if (!IsNamed(t, name, end)) return false;
  if (t.Is(end, Kind::kVariable)) {  // 'name'@'host'
    ++end;
    if (t.Is(end, Kind::kQuote)) end = StringEnd(t, end);
  }
  last = end;
  if (t.Is(end, Word::kWith)) end = t.Next(end);
  switch (t[end].word) {
    case Word::kIdentified:
    case Word::kUserAttribute:
    case Word::kPassword:
    case Word::kValid:
      last = end + 1;
      return true;
    default:
      break;
  }
  // "create user accounts" at the end of a sentence is English; a bare name needs a semicolon or a
  // comment behind it, a quoted one does not.
  return end == last && (t.Is(end, Kind::kSemicolon) || t.Is(end, Kind::kDash) ||
                         (t.Is(name, Kind::kQuote) && EndsStatement(t, end)));
}

bool IsDropOf(const Tokens& t, std::size_t i, Word kind, std::size_t& last) {
  const std::size_t object = t.Next(i);
  if (!t.Is(object, kind)) return false;
  const std::size_t name = SkipExists(t, t.Next(object));
  std::size_t end = 0;
  if (!IsNamed(t, name, end)) return false;
  last = end;
  return EndsDefinition(t, end) || t.Is(end, Word::kCascade) || t.Is(end, Word::kRestrict);
}

bool IsTruncate(const Tokens& t, std::size_t i, std::size_t& last) {
  const std::size_t table = t.Next(i);
  if (!t.Is(table, Word::kTable)) return false;
  std::size_t end = 0;
  if (!IsNamed(t, SkipExists(t, t.Next(table)), end)) return false;
  last = end;
  return EndsDefinition(t, end) || t.Is(end, Word::kCascade) || t.Is(end, Word::kRestrict) ||
         t.Is(end, Word::kRestart) || t.Is(end, Word::kContinue);
}

bool IsAlterTable(const Tokens& t, std::size_t i, std::size_t& last) {
  const std::size_t table = t.Next(i);
  if (!t.Is(table, Word::kTable)) return false;
  const std::size_t name = SkipExists(t, t.Next(table));
  std::size_t end = 0;
  if (!IsNamed(t, name, end)) return false;
  last = end + 1;
  switch (t[t.Skip(end)].word) {
    case Word::kAdd:
    case Word::kDrop:
    case Word::kAlter:
    case Word::kRename:
    case Word::kModify:
    case Word::kChange:
    case Word::kEnable:
    case Word::kDisable:
    case Word::kOwner:
    case Word::kSet:
      return true;
    default:
      return false;
  }
}

bool IsDeleteWithoutWhere(const Tokens& t, std::size_t i, std::size_t& last) {
  const std::size_t from = t.Next(i);
  if (!t.Is(from, Word::kFrom)) return false;
  std::size_t end = 0;
  if (!IsNamed(t, t.Next(from), end)) return false;
  last = end;
  return EndsStatement(t, end) || (t.Is(end, Word::kWhere) && IsAlwaysTrue(t, end, last));
}

}  // namespace axonflow::policy::sql

#include "policy/sql/local_rules.h"

#include <algorithm>

namespace axonflow::policy::sql {
namespace {

constexpr std::uint32_t kDepthMax = 63;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

void LocalRules::Hit(Rule rule, const Tokens& t, std::size_t first, std::size_t last) {
  const auto index = static_cast<std::size_t>(rule);
  if (hits_.rules[index]) return;
  hits_.rules.set(index);
  const std::size_t end_token = std::min(std::max(last, first + 1), t.size());
  hits_.places[index] = {t[first].begin, t[end_token - 1].end};
}

void LocalRules::Judge(const Tokens& t, Marks marks, std::size_t from, std::size_t to) {
  std::size_t i = from;
  while (i < to) {
    // The first token of a statement matters, whatever it is.
    if (!statement_.begins) i = marks.Find(i, to);
    if (i >= to) return;
    JudgeToken(t, i);
    ++i;
  }
}

void LocalRules::JudgeToken(const Tokens& t, std::size_t i) {
  const Token& token = t[i];
  switch (token.kind) {
    case Kind::kWord:
      if ((token.traits & (kAnchor | kVerb | kLogic)) != 0) {
        JudgeWord(t, i);
      } else {
        JudgeAdminWord(t, i);
      }
      if (statement_.begins) Follow(t, i);
      return;
    case Kind::kJoin:
      JudgeLogic(t, i);
      break;
    case Kind::kSemicolon:
      JudgeSemicolon(t, i);
      break;
    case Kind::kComment:
    case Kind::kCommentOpen:
    case Kind::kDash:
    case Kind::kHash:
    case Kind::kExecutable:
      JudgeComment(t, i);
      break;
    case Kind::kHex:
      JudgeHex(t, i);
      break;
    default:
      break;
  }
  Follow(t, i);
}

void LocalRules::Finish() {
  if (has_structure_) return;
  for (Rule rule : {Rule::kAdminUsersTable, Rule::kAdminAuditLog, Rule::kAdminConfigTable,
                    Rule::kAdminInfoSchema}) {
    hits_.rules.reset(static_cast<std::size_t>(rule));
  }
}

void LocalRules::FollowQuote(const Tokens& t, std::size_t i) {
  Statement& s = statement_;
  if (t[i].escaped) return;
  if (s.quote == t[i].first) {
    s.quote = 0;
    return;
  }
  if (s.quote != 0) return;
  const bool apostrophe = t[i].first == '\'' && i > 0 && t.Is(i - 1, Kind::kWord) &&
                          !t[i].space_before && t.Is(i + 1, Kind::kWord) && !t[i + 1].space_before;
  if (!apostrophe) s.quote = t[i].first;
}

// Keeps `statement_` true to the token that was just judged.
void LocalRules::Follow(const Tokens& t, std::size_t i) {
  Statement& s = statement_;
  const Token& token = t[i];
  if (s.begins) {
    const bool line_comment = token.kind == Kind::kDash || token.kind == Kind::kHash;
    s.in_comment = line_comment || (s.in_comment && !token.line_before);
    if (s.in_comment || token.kind == Kind::kComment) return;
    s.begins = token.kind == Kind::kOpen;
    s.starts_with_verb =
        (token.traits & kVerb) != 0 || token.word == Word::kWith || token.word == Word::kScript;
  }
  if (token.kind == Kind::kQuote) return FollowQuote(t, i);
  if (s.quote != 0) return;
  if (token.kind == Kind::kOpen) {
    const std::size_t before = t.Previous(i);
    if (s.depth < kDepthMax) ++s.depth;
    const std::uint64_t bit = std::uint64_t{1} << s.depth;
    const bool opener = t.AtEnd(before) || t.Is(before, Word::kUnion) || t.Is(before, Word::kAll) ||
                        t.Is(before, Word::kAs) || t.Is(before, Kind::kSemicolon) ||
                        t.Is(before, Kind::kOpen) || t.Has(before, kClause);
    s.openers = opener ? s.openers | bit : s.openers & ~bit;
    s.selects &= ~bit;
    s.reads &= ~bit;
  } else if (token.kind == Kind::kClose) {
    const std::uint64_t bit = std::uint64_t{1} << s.depth;
    s.group_was_select = s.depth > 0 && (s.selects & bit) != 0 && (s.openers & bit) != 0;
    if (s.depth == 0) {
      s = Statement{.begins = false};  // closes a parenthesis of somebody else's statement
    } else {
      s.selects &= ~bit;
      --s.depth;
    }
  } else if (token.kind == Kind::kSemicolon) {
    s = Statement{};
  }
}

void LocalRules::NoteStructure(const Tokens& t, std::size_t i) {
  Statement& s = statement_;
  if (t.Is(i, Word::kSelect) && LooksLikeSelectList(t, i)) {
    if (t[i].line_before) s.quote = 0;  // an apostrophe of the prose before it opens no string
    if (s.quote == 0) s.selects |= std::uint64_t{1} << s.depth;
    has_structure_ = true;
  } else if (t.Is(i, Word::kFrom)) {
    if (s.quote == 0) s.reads |= s.selects & (std::uint64_t{1} << s.depth);
  } else if (!has_structure_ && LooksLikeStatement(t, i)) {
    has_structure_ = true;
  }
}

void LocalRules::JudgeWord(const Tokens& t, std::size_t i) {
  const Token& token = t[i];
  if ((token.traits & kLogic) != 0) {
    // Prose: a word on each side. No rule has two words after its AND or OR.
    if (!t.Is(i + 1, Kind::kWord) || !t.Is(i + 2, Kind::kWord) || t.Is(i + 1, Word::kNot) ||
        t.Is(i + 2, Word::kLike)) {
      JudgeLogic(t, i);
    }
    return;
  }
  if ((token.traits & (kVerb | kClause)) != 0) NoteStructure(t, i);
  if (token.word == Word::kUnion) return JudgeUnion(t, i);
  if (token.word == Word::kExec || token.word == Word::kExecute) return JudgeExecute(t, i);
  if ((token.traits & kVerb) != 0) return JudgeDefinition(t, i);
  if (token.word == Word::kInformationSchema || token.word == Word::kAdminName)
    JudgeAdminWord(t, i);
  JudgeProbe(t, i);
}

void LocalRules::JudgeDefinition(const Tokens& t, std::size_t i) {
  std::size_t last = i + 1;
  const auto judge = [&](Rule rule, bool holds) {
    if (holds) Hit(rule, t, i, last);
  };
  switch (t[i].word) {
    case Word::kDrop:
      judge(Rule::kDropTable, IsDropOf(t, i, Word::kTable, last));
      judge(Rule::kDropDatabase, IsDropOf(t, i, Word::kDatabase, last));
      break;
    case Word::kTruncate:
      judge(Rule::kTruncate, IsTruncate(t, i, last));
      break;
    case Word::kAlter:
      judge(Rule::kAlterTable, IsAlterTable(t, i, last));
      break;
    case Word::kDelete:
      judge(Rule::kDeleteNoWhere, IsDeleteWithoutWhere(t, i, last));
      break;
    case Word::kCreate:
      judge(Rule::kCreateUser, IsCreateUser(t, i, last));
      break;
    case Word::kGrant:
      judge(Rule::kGrant, IsGrant(t, i, last));
      break;
    case Word::kRevoke:
      judge(Rule::kRevoke, IsRevoke(t, i, last));
      break;
    case Word::kWaitfor: {
      const std::size_t next = t.Next(i);
      if ((t.Is(next, Word::kDelay) || t.Is(next, Word::kTime)) &&
          t.Is(t.Next(next), Kind::kQuote)) {
        Hit(Rule::kWaitfor, t, i, t.Next(next) + 1);
      }
      break;
    }
    default:
      break;
  }
}

void LocalRules::JudgeAdminWord(const Tokens& t, std::size_t i) {
  const std::string_view word = t.Text(i);
  switch (word[0]) {
    case 'u': {
      const std::size_t before = t.Previous(i);
      const bool is_table = t.Is(before, Word::kFrom) || t.Is(before, Word::kJoin) ||
                            t.Is(before, Word::kInto) || t.Is(before, Word::kUpdate) ||
                            t.Is(before, Word::kTable) || t.Is(before, Kind::kDot) ||
                            t.Is(before, Kind::kComma) || t.Is(before, Kind::kQuote) ||
                            t.Is(before, Word::kOn) || t.Is(before, Word::kExists);
      if (word == "users" && is_table) Hit(Rule::kAdminUsersTable, t, i, i + 1);
      break;
    }
    case 'a':
      if (StartsWith(word, "audit_log")) Hit(Rule::kAdminAuditLog, t, i, i + 1);
      if (StartsWith(word, "admin_")) Hit(Rule::kAdminConfigTable, t, i, i + 1);
      break;
    case 'c':
      if (StartsWith(word, "config_")) Hit(Rule::kAdminConfigTable, t, i, i + 1);
      break;
    case 's':
      if (StartsWith(word, "system_") && word != "system_user") {
        Hit(Rule::kAdminConfigTable, t, i, i + 1);
      }
      break;
    case 'i':
      if (word == "information_schema") Hit(Rule::kAdminInfoSchema, t, i, i + 1);
      break;
    case 'p':
      if (word == "pg_catalog") Hit(Rule::kAdminInfoSchema, t, i, i + 1);
      break;
    case 'm':
      if (word == "mysql" && t.Is(i + 1, Kind::kDot) && t.Text(i + 2) == "user") {
        Hit(Rule::kAdminInfoSchema, t, i, i + 3);
      }
      break;
    default:
      break;
  }
}

}  // namespace axonflow::policy::sql

#pragma once

#include <cstdint>

#include "policy/sql/shapes.h"
#include "policy/sql/sql_detector.h"

namespace axonflow::policy::sql {

// The rules that need only a stretch of at most kLookaheadTokens after their first word. Fed with
// the tokens of a text from front to back, stretch by stretch.
class LocalRules {
 public:
  explicit LocalRules(Hits& hits) : hits_(hits) {}

  // Judges the marked ones of tokens [from, to) of `tokens` as the beginnings of rules; the rules
  // read on after `to`.
  void Judge(const Tokens& tokens, Marks marks, std::size_t from, std::size_t to);
  // Keeps the admin findings only when the whole text held a statement to apply them to.
  void Finish();

 private:
  // What the statement around the current token looks like so far.
  struct Statement {
    bool begins = true;       // the next token is its first
    bool in_comment = false;  // on a comment line before its first token
    bool starts_with_verb = false;
    char quote = 0;                 // inside a string opened by this quote
    std::uint32_t depth = 0;        // open parentheses, at most kDepthMax
    std::uint64_t selects = 0;      // by depth: a SELECT stands there
    std::uint64_t reads = 0;        // by depth: that SELECT has a FROM
    std::uint64_t openers = 0;      // by depth: its parenthesis stands where a statement may begin
    bool group_was_select = false;  // the last closed parenthesis held a whole SELECT
  };

  void Hit(Rule rule, const Tokens& t, std::size_t first, std::size_t last);
  void Follow(const Tokens& t, std::size_t i);
  void FollowQuote(const Tokens& t, std::size_t i);
  // Whether the rule was found before; the first place is all that counts.
  bool Known(Rule rule) const { return hits_.rules[static_cast<std::size_t>(rule)]; }
  bool InSelect() const { return statement_.selects != 0; }

  void JudgeToken(const Tokens& t, std::size_t i);
  void JudgeWord(const Tokens& t, std::size_t i);
  void JudgeProbe(const Tokens& t, std::size_t i);
  void JudgeName(const Tokens& t, std::size_t i);
  void JudgeDefinition(const Tokens& t, std::size_t i);
  void JudgeUnion(const Tokens& t, std::size_t i);
  void JudgeLogic(const Tokens& t, std::size_t i);
  void JudgeTautology(const Tokens& t, std::size_t i);
  void JudgeSemicolon(const Tokens& t, std::size_t i);
  void JudgeComment(const Tokens& t, std::size_t i);
  void JudgeHex(const Tokens& t, std::size_t i);
  bool IsSqlLoadFile(const Tokens& t, std::size_t i, std::size_t inside) const;
  void JudgeErrorProbe(const Tokens& t, std::size_t i);
  void JudgeDuplicateKey(const Tokens& t, std::size_t i);
  void JudgeDelay(const Tokens& t, std::size_t i);
  void JudgeServerProcedure(const Tokens& t, std::size_t i);
  void JudgeBlind(const Tokens& t, std::size_t i);
  void JudgeSleep(const Tokens& t, std::size_t i);
  void JudgeExecute(const Tokens& t, std::size_t i);
  void JudgeAdminWord(const Tokens& t, std::size_t i);
  void NoteStructure(const Tokens& t, std::size_t i);

  Hits& hits_;
  Statement statement_;
  bool has_structure_ = false;
};

// Rules about one word and what follows it; true when they hold. `last` becomes the last token.
bool IsGrant(const Tokens& t, std::size_t i, std::size_t& last);
bool IsRevoke(const Tokens& t, std::size_t i, std::size_t& last);
bool IsCreateUser(const Tokens& t, std::size_t i, std::size_t& last);
bool IsDropOf(const Tokens& t, std::size_t i, Word kind, std::size_t& last);
bool IsTruncate(const Tokens& t, std::size_t i, std::size_t& last);
bool IsAlterTable(const Tokens& t, std::size_t i, std::size_t& last);
bool IsDeleteWithoutWhere(const Tokens& t, std::size_t i, std::size_t& last);

}  // namespace axonflow::policy::sql

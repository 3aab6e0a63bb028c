#pragma once

#include <cstddef>

#include "policy/sql/shapes.h"

namespace axonflow::policy::sql {

// What one reading of the text has shown.
struct Evidence {
  int logic = 0;     // AND, OR, ||, &&
  int compares = 0;  // = < LIKE IN IS
  int arithmetic = 0;
  int values = 0;                  // numbers, strings, variables, NULL
  int names = 0;                   // bare words as operands
  int functions = 0;               // calls of known functions
  int builders = 0;                // of these, calls that make texts of numbers and parts
  int probes = 0;                  // calls that ask about the server
  int selects = 0;                 // SELECT as an operand or after one
  int clauses = 0;                 // ORDER BY 1, UNION, HAVING: more of the query
  int constant_compares = 0;       // 1=1: both sides known beforehand
  int constants = 0;               // NULL, TRUE
  int negations = 0;               // NOT, !, ~
  int orders = 0;                  // ORDER BY 3: sorted by the number of a column
  int cases = 0;                   // CASE WHEN
  bool statement = false;          // another statement follows
  bool comment = false;            // the rest is commented away
  bool bare_comment = false;       // and the comment is empty
  bool open_string = false;        // ends inside a string that the host closes
  bool empty_string = false;       // of which nothing but the single quote is there
  bool tight_join = false;         // || or && without a space before it
  bool starts_with_value = false;  // the first token is a number, string or variable
  bool terminated = false;         // ends with a semicolon, as lines of programs do
  bool dangling = false;           // ends where the host must go on (WHERE, AND, an operator)
};

// Reads tokens as a continuation, in one context, with a two-state grammar: an operand is due, or
// an operator is. Stops at the first token that fits neither.
class Reading {
 public:
  // `i` is the first token after the break-out; `after_operand` when a string was just closed.
  Reading(const Tokens& t, std::size_t i, bool after_operand)
      : t_(t), i_(i), operand_due_(!after_operand) {}

  // False when the tokens are not SQL in this context.
  bool Run();
  const Evidence& evidence() const { return evidence_; }

 private:
  bool Step();
  bool ReadOperand();
  bool ReadOperandWord();
  bool IsConstantCompare() const;
  bool ReadString();
  bool ReadAfterOperand();
  bool ReadWordAfterOperand();
  bool ReadClause();
  bool ReadComment();
  void Operand() { operand_due_ = false; }
  bool Take(std::size_t count = 1) {
    i_ += count;
    return true;
  }

  const Tokens& t_;
  std::size_t i_;
  bool operand_due_;
  bool done_ = false;
  bool after_string_ = true;
  int depth_ = 0;
  int aliases_ = 0;  // names in a row after an operand
  Evidence evidence_;
};

}  // namespace axonflow::policy::sql

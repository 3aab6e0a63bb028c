#pragma once

#include <string>
#include <string_view>

#include "policy/types.h"

namespace axonflow::redaction {

using policy::ParseStrategy;
using policy::Strategy;

// What happens to the findings of a policy: what it says itself (Policy::strategy), else by its
// category and severity (the table of docs/redaction.md). kNone, whatever it says, for findings
// that redaction leaves alone: SQL, commands, access.
Strategy StrategyOf(const policy::Policy& policy);

// What is said about a removed value: the first known kind of personal data (ssn, credit_card, ...)
// that stands as a word in the policy's id, else its category; for a removed statement always the
// category. Points into `policy` or at a constant.
std::string_view TypeOf(const policy::Policy& policy, Strategy strategy);

// n <= 4 bytes become n asterisks, else the first and the last character stay.
std::string Mask(std::string_view value);
// n <= 4 bytes become n asterisks, 5 and 6 as Mask, else two characters stay at each end.
std::string Partial(std::string_view value);
// "HASH_" and the first 8 hex digits of the value's SHA-256. Equal values stay recognisable as
// such, so a value out of a small set can be guessed from it; that is why no policy has it by
// default.
std::string Hash(std::string_view value);
// "TOKEN_<TYPE>_" and the first 6 hex digits of the value's SHA-256. The same caution.
std::string Tokenize(std::string_view value, std::string_view type);

// What stands in place of `value` under `strategy`. No character of UTF-8 is ever cut.
std::string Replacement(std::string_view value, Strategy strategy, std::string_view type);

}  // namespace axonflow::redaction

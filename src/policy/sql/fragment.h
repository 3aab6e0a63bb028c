#pragma once

#include "policy/sql/shapes.h"
#include "policy/sql/sql_detector.h"

namespace axonflow::policy::sql {

// At most so many tokens from the start of a text are read as a fragment; what is longer counts as
// cut off there.
inline constexpr std::size_t kFragmentTokensMax = 1024;

// What is known about a text besides its bytes.
enum class Context : std::uint8_t {
  kText,       // nothing: it may be prose, a program or a statement
  kParameter,  // the value of a field of a request, which applications paste into statements
  kDocument,   // such a value, but one that may be a whole statement by right
};

// Whether the text, pasted into somebody's statement as a number, inside '...' or inside "...",
// would go on as SQL: the tokens fit the grammar of an expression or of the clauses after it, and
// among them is something that ordinary input does not hold. `place` becomes the range from the
// point of the break-out. `probes_order` becomes whether it sorts by the number of a column, which
// shows how many there are. Reads each token a bounded number of times.
bool IsFragment(const Tokens& tokens, Context context, Hits::Place& place, bool& probes_order);

}  // namespace axonflow::policy::sql

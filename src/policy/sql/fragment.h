#pragma once

#include "policy/sql/shapes.h"
#include "policy/sql/sql_detector.h"

namespace axonflow::policy::sql {

// At most so many tokens from the start of a text are read as a fragment; what is longer counts as
// cut off there.
inline constexpr std::size_t kFragmentTokensMax = 1024;

// Whether the text, pasted into somebody's statement as a number, inside '...' or inside "...",
// would go on as SQL: the tokens fit the grammar of an expression or of the clauses after it, and
// among them is something that ordinary input does not hold. `place` becomes the range from the
// point of the break-out. Reads each token a bounded number of times.
bool IsFragment(const Tokens& tokens, Hits::Place& place);

}  // namespace axonflow::policy::sql

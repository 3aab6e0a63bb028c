#pragma once

#include "policy/expression_tree.h"

namespace axonflow::policy::syntax {

// Adds `range` with everything that differs from it by case alone. False when that is not known.
bool AddFolded(Range range, Ranges& out);

}  // namespace axonflow::policy::syntax

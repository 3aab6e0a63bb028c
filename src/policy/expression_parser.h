#pragma once

#include <optional>
#include <string_view>

#include "policy/expression_tree.h"

namespace axonflow::policy::syntax {

// Reads the syntax of RE2 as far as it is known here: nothing when `expression` uses more of it
// (expression.h), or is nested deeper than 200 groups. It must be one that RE2 accepts.
std::optional<Node> Parse(std::string_view expression);

}  // namespace axonflow::policy::syntax

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/policy_set.h"

namespace axonflow::governance {

// The first `bytes_max` bytes of `text` with everything redacted that the set finds there. A value
// that reaches across the cut is left out whole, so that no part of it is kept.
// Fails when a detector does.
Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicySet& set,
                                    std::size_t bytes_max);

}  // namespace axonflow::governance

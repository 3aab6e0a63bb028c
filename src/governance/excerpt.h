#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/policy_view.h"

namespace axonflow::governance {

// The first `bytes_max` bytes of `text` with everything redacted that the view finds there. A value
// that reaches across the cut is left out whole, so that no part of it is kept.
// Fails when a detector does.
Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicyView& view,
                                    std::size_t bytes_max);

// The same for who has had the whole text judged by all phases: `found` is what came of it, so that
// only the places of patterns have to be looked for.
Result<std::string> RedactedExcerpt(std::string_view text, const policy::PolicyView& view,
                                    std::span<const policy::Finding> found, std::size_t bytes_max);

}  // namespace axonflow::governance

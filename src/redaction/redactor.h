#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policy/policy_set.h"
#include "policy/types.h"

namespace axonflow::redaction {

// Returns `text` with every place in `findings` whose policy is personal data, a secret or a prompt
// injection replaced by the strategy of that policy (mask, partial, remove, remove whole statement;
// docs/redaction.md). Findings need their spans (DetectInput::want_spans). Overlapping places are
// merged. Output is valid UTF-8 when the input is. SQL and command findings are not redacted.
std::string Redact(std::string_view text, const policy::PolicySet& set,
                   std::span<const policy::Finding> findings);

// One value by itself, for the strategies' own tests: n <= 4 bytes become n asterisks, and so on.
std::string Mask(std::string_view value);
std::string Partial(std::string_view value);

}  // namespace axonflow::redaction

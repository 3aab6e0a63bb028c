#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// Parses one file of policies by conditions (YAML). Each entry of `policies` has id, description
// and the members of the wire shape (ReadDynamicPolicy), and may have `planes`, a list of gateway,
// decision, mcp and proxy, and `version`. Numbers and booleans are those without quotes. The tier
// is system unless the entry says otherwise. `source` names the file in errors; unknown keys are
// errors. Patterns are checked by their shape.
Result<std::vector<DynamicPolicy>> ParseDynamicCatalogue(std::string_view yaml,
                                                         std::string_view source);

// The policies by conditions that are built into the binary (every file of policies/dynamic/).
Result<std::vector<DynamicPolicy>> BuiltinDynamicPolicies();

}  // namespace axonflow::policy

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/types.h"

namespace axonflow::policy {

// Parses one catalogue file (YAML; the format is described in policies/README.md). `source` names
// the file in errors. Unknown keys, missing fields, unknown enum words are errors with line
// numbers.
Result<std::vector<Policy>> ParseCatalogue(std::string_view yaml, std::string_view source);

// Whether `category` is one that a static policy may carry (the closed set of the contract, without
// the dynamic ones).
bool IsCategory(std::string_view category);

// The catalogue that is built into the binary (every file of policies/).
Result<std::vector<Policy>> BuiltinCatalogue();

struct LintProblem {
  std::string policy_id;
  std::string message;
};

// Runs every policy's own texts against the compiled set: each must_match text must be reported for
// that policy, no must_not_match text may be, and each list holds at least `kLintTextsMin`.
inline constexpr std::size_t kLintTextsMin = 3;
Result<std::vector<LintProblem>> Lint(const std::vector<Policy>& policies);

}  // namespace axonflow::policy

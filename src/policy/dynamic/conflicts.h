#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// Ordered by severity: high, medium, low.
enum class ConflictType : std::uint8_t { kContradictoryAction, kShadow, kRedundant };

std::string_view ToString(ConflictType type);  // wire: "contradictory_action", "shadow", ...
Severity SeverityOf(ConflictType type);

struct Conflict {
  std::uint32_t a = 0;  // index into the policies given; the stronger one in a shadow
  std::uint32_t b = 0;
  ConflictType type = ConflictType::kRedundant;
  std::string description;
  std::string overlapping_field;  // the first field of `a` that `b` names too
};

struct ConflictReport {
  std::vector<Conflict> conflicts;  // by type, then by place; at most kConflictsMax
  std::size_t conflict_count = 0;   // all, those that were left out too
  std::size_t policy_count = 0;     // that were compared
};

inline constexpr std::size_t kConflictPoliciesMax = 1'000;
inline constexpr std::size_t kConflictsMax = 10'000;

// Compares the enabled policies in pairs, at most the first kConflictPoliciesMax of them, or only
// the pairs with policy `id` (none when it is not among the enabled ones). A pair conflicts at most
// once, and only when both name a common field and can judge the same caller (their segments are
// the same or one has none):
//   contradictory_action: a condition is the same in both, one policy blocks, and the other does
//     not but logs or alerts;
//   redundant: conditions and actions with their configuration are the same, in any order;
//   shadow: the conditions of the one with the higher priority are a proper subset of the other's.
// Conditions are the same when field, operator and value are. Takes time in the square of the
// number of policies: about 50 ms for the most.
ConflictReport FindConflicts(std::span<const DynamicPolicy> policies,
                             std::optional<std::string_view> id = std::nullopt);

}  // namespace axonflow::policy

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "policy_admin/outcome.h"
#include "policy_admin/policy_row.h"
#include "policy_admin/requests.h"

namespace axonflow::policy_admin {

inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagBytesMax = 100;
inline constexpr std::size_t kMetadataBytesMax = 16 << 10;
inline constexpr std::size_t kExamplesMax = 50;  // texts of must_match, and of must_not_match
inline constexpr std::size_t kExampleBytesMax = 4'096;
inline constexpr int kStaticPriorityMax = 10'000;
inline constexpr int kDynamicPriorityMax = 1'000;

// Reads the fields that `change` has into `row`. With `creating`, `row` is a fresh one, absent
// fields get their defaults and required ones are asked for; else the fields that only a creation
// may have must be absent or say what is so. Returns every problem; `row` may be used only when
// there is none. Trying a pattern takes CPU time (policy/pattern_check.h): not inside a
// transaction.
std::vector<FieldProblem> ReadStatic(const StaticChange& change, bool creating, PolicyRow& row);
std::vector<FieldProblem> ReadDynamic(const DynamicChange& change, bool creating, PolicyRow& row);

// The category as it is spelled today: of "sql_injection" "security-sqli", others unchanged.
std::string_view CurrentCategory(std::string_view category);

// Whether `slug` may name a policy of an organization or a tenant: [a-z][a-z0-9_-]{1,127}, not the
// form of a uuid, and not beginning like the system's ("sys_").
bool IsOwnSlug(std::string_view slug);

// One refusal out of all problems.
Refusal Invalid(std::vector<FieldProblem> problems);

}  // namespace axonflow::policy_admin

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/types.h"
#include "policy_admin/outcome.h"
#include "policy_admin/requests.h"

// Files with the policies of a tenant or an organization (docs/policy-as-code.md).
namespace axonflow::cli {

inline constexpr std::size_t kPolicyFileBytesMax = 4U << 20U;
inline constexpr std::size_t kPolicyFilesMax = 1'000;

// Texts that a policy must and must not judge. Those of static policies are part of the policy;
// those of dynamic ones live in the files only, each the query of an exchange of which nothing else
// is known.
struct Examples {
  std::vector<std::string> must_match;
  std::vector<std::string> must_not_match;
};

// Several files as one set.
struct PolicyFiles {
  policy_admin::DesiredSet desired;
  std::vector<Examples> dynamic_examples;  // one for each of desired.dynamic_policies
  // "static_policies[2].pattern" -> "shop.yaml:12", for every member that the files have.
  std::map<std::string, std::string, std::less<>> places;

  std::size_t size() const {
    return desired.static_policies.size() + desired.dynamic_policies.size();
  }
  std::size_t example_count() const;
};

// The files that `paths` name: files as they are, folders by their .yaml and .yml files in order of
// name. kUnavailable when one cannot be listed or a folder holds none.
Result<std::vector<std::string>> ListYamlFiles(const std::vector<std::string>& paths);

// Whether the text is one of the system's catalogue: a top-level key "policies" or "terms".
bool IsCatalogueText(std::string_view yaml);

// Adds the policies of one file to `files`. Fails (kInvalidArgument) with every mistake of form,
// one a line, each with `source` and its line: unknown keys, keys that stand twice, values of
// another type, ids that are absent or that another policy of the set has. What the words and
// patterns are worth says ProblemsOf.
Status ParsePolicyFile(std::string_view yaml, std::string_view source, PolicyFiles& files);

// Reads and parses all files that `paths` name. Reports the mistakes of all of them.
Result<PolicyFiles> ReadPolicyFiles(const std::vector<std::string>& paths);

// A problem as "shop.yaml:12: pattern: ...".
std::string AtItsPlace(const PolicyFiles& files, const policy_admin::FieldProblem& problem);
std::string AtTheirPlaces(const PolicyFiles& files,
                          const std::vector<policy_admin::FieldProblem>& problems);  // one a line

// Everything that keeps the set from being applied: fields, words, patterns, examples that do not
// hold. Fails only when a set is too large to be looked at.
Result<std::vector<policy_admin::FieldProblem>> ProblemsOf(const PolicyFiles& files,
                                                           policy::Tier tier);

}  // namespace axonflow::cli

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/detect_input.h"
#include "policy/types.h"

namespace axonflow::policy {

// An immutable, compiled set of policies. Building it costs milliseconds, so that is done off the
// I/O threads and the set is swapped whole. Detect is const and safe from any number of threads.
class PolicySet {
 public:
  enum class Kind {
    kSystem,  // the catalogue: one in a process
    kCustom,  // the policies of an organization or a tenant: thousands in a process
  };

  // Compiles `policies`. Fails with the policy id and the reason when one is malformed: unknown
  // category or detector, a pattern that RE2 refuses or that is too large, a duplicate id; and when
  // no system policy is among the system's.
  static Result<std::shared_ptr<const PolicySet>> Compile(std::vector<Policy> policies,
                                                          Kind kind = Kind::kSystem);
  ~PolicySet();

  std::span<const Policy> policies() const;  // in order of evaluation: priority descending, then id
  const Policy* Find(std::string_view id) const;
  const std::string& version() const;  // 16 hex digits over the set; changes with any policy

  // Reports every policy of the set whose subject stands in the text, in order of evaluation.
  // Fails (kUnavailable) when a detector could not finish, for example out of its memory budget:
  // the caller must then refuse. Linear in the text.
  Result<std::vector<Finding>> Detect(const DetectInput& input) const;

 private:
  struct Impl;
  explicit PolicySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow::policy

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/types.h"

namespace axonflow::policy {

struct DetectInput {
  std::string_view text;
  Phase phase = Phase::kRequest;
  // The text goes to a tool that executes SQL (a database connector), so that security-admin
  // applies.
  bool sql_capable_target = false;
  // Asks for the place of every match (redaction); else detectors may stop at the first.
  bool want_spans = false;
  // Judges by the policies of all phases, as keeping a text for later does; `phase` is not read.
  bool every_phase = false;
  // Leaves out the SQL detector: for redaction, which changes nothing that it finds.
  bool without_sql = false;
};

// An immutable, compiled set of policies. Building it costs milliseconds, so that is done off the
// I/O threads and the set is swapped whole. Detect is const and safe from any number of threads.
class PolicySet {
 public:
  static constexpr std::size_t kSpansMax = 10'000;  // a finding; more are counted, not placed

  // Compiles `policies`. Fails with the policy id and the reason when one is malformed: unknown
  // category or detector, a pattern that RE2 refuses or that is too large, a duplicate id; and when
  // no system policy is among them.
  static Result<std::shared_ptr<const PolicySet>> Compile(std::vector<Policy> policies);
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

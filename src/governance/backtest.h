#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "base/result.h"
#include "governance/exchange.h"
#include "governance/policy_views.h"

namespace axonflow::governance {

// One decision that was made, as far as it can be made again.
struct PastDecision {
  std::string id;
  Exchange exchange;
  std::string was;                    // stored spelling of its outcome
  std::vector<std::string> policies;  // that matched then
};

// A recorded decision, when the record holds the whole text: a text that was cut or redacted would
// be judged as another one. Nothing also for records that are no decisions of the policies (errors,
// refusals before them, reported calls).
std::optional<PastDecision> ReplayOf(const audit::Record& record);

// How decisions would come out under other policies.
class Backtest {
 public:
  static constexpr std::size_t kSamplesMax = 5;  // ids kept for each cell

  struct Cell {
    std::uint64_t count = 0;
    std::vector<std::string> sample_ids;
  };
  // By the outcome that was and the one that would be.
  using Matrix = std::map<std::pair<std::string, std::string>, Cell>;
  struct PolicyCount {
    std::uint64_t matched = 0;            // then
    std::uint64_t would_match = 0;        // now
    std::vector<std::string> sample_ids;  // of decisions where that differs
  };

  explicit Backtest(std::string environment) : environment_(std::move(environment)) {}

  // Judges the past decision by `view` and counts it. Fails when a detector does.
  Status Add(const PastDecision& past, const View& view, Time now);
  void CountUnreplayable() { ++unreplayable_; }

  std::uint64_t replayed() const { return replayed_; }
  std::uint64_t changed() const { return changed_; }
  std::uint64_t unreplayable() const { return unreplayable_; }
  const Matrix& matrix() const { return matrix_; }
  const std::map<std::string, Matrix>& by_tenant() const { return by_tenant_; }
  const std::map<std::string, Matrix>& by_plane() const { return by_plane_; }
  const std::map<std::string, PolicyCount>& by_policy() const { return by_policy_; }

 private:
  const std::string environment_;
  std::uint64_t replayed_ = 0;
  std::uint64_t changed_ = 0;
  std::uint64_t unreplayable_ = 0;
  Matrix matrix_;
  std::map<std::string, Matrix> by_tenant_;
  std::map<std::string, Matrix> by_plane_;
  std::map<std::string, PolicyCount> by_policy_;
};

// The report as the members of a JSON object: replayed, changed, unreplayable, matrix, by_policy,
// by_tenant, by_plane.
std::string ToJson(const Backtest& backtest);

}  // namespace axonflow::governance

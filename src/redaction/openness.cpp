#include "redaction/openness.h"

#include <algorithm>
#include <utility>

#include "redaction/edits.h"
#include "redaction/strategy.h"

namespace axonflow::redaction {

std::vector<const policy::Policy*> Openness::Redacting(
    std::span<const policy::Policy* const> policies) {
  std::vector<const policy::Policy*> redacting;
  for (const policy::Policy* policy : policies) {
    if (StrategyOf(*policy) != Strategy::kNone) redacting.push_back(policy);
  }
  return redacting;
}

Openness::Openness(std::span<const policy::Policy* const> policies)
    : patterns_(Redacting(policies)) {
  for (const policy::Policy* policy : Redacting(policies)) {
    const std::string_view detector = policy->detector;
    const bool prompts = detector.starts_with("prompt.");
    // What the model finds are whole sentences, whatever is done to them.
    removes_statements_ |= prompts || StrategyOf(*policy) == Strategy::kRemoveStatement;
    const bool secrets = detector.starts_with("secrets.");
    asks_model_ |= prompts;
    signs_.secrets |= secrets;
    signs_.anything |= !detector.empty() && !prompts && !secrets && !detector.starts_with("pii.");
  }
}

OpennessScan::OpennessScan(std::shared_ptr<const Openness> openness)
    : openness_(std::move(openness)),
      patterns_(openness_->patterns_),
      values_(openness_->signs_),
      statements_(openness_->asks_model_) {}

std::size_t OpennessScan::SettledTo(std::string_view text, bool from_begin) {
  if (openness_->patterns_.unbounded()) return 0;
  patterns_.Read(text, from_begin);
  // Signs of an encoding count for patterns too: the engine unfolds the text before it matches.
  values_.Read(text);
  const std::size_t settled = std::min(patterns_.OpenFrom(), values_.OpenFrom());
  if (!openness_->removes_statements_) return settled;
  const std::size_t open = std::min(patterns_.StatementsOpenFrom(), values_.OpenFrom());
  statements_.Read(text);
  return std::min(settled, statements_.BeginOf(std::min(open, statements_.Last())));
}

std::size_t OpennessScan::FirstSuspect() const {
  if (openness_->patterns_.unbounded()) return 0;
  const std::size_t first = std::min(patterns_.FirstMatch(), values_.FirstSeen());
  if (!openness_->removes_statements_) return first;
  const std::size_t statement = first == kNowhere ? kNowhere : statements_.BeginOf(first);
  return std::min(statement, statements_.FirstSeen());
}

void OpennessScan::ForgetBefore(std::size_t end) {
  patterns_.ForgetBefore(end);
  values_.ForgetBefore(end);
  statements_.ForgetBefore(end);
}

void OpennessScan::Drop(std::size_t bytes) {
  patterns_.Drop(bytes);
  values_.Drop(bytes);
  statements_.Drop(bytes);
}

std::size_t OpennessScan::memory_bytes() const {
  return patterns_.memory_bytes() + values_.memory_bytes() + statements_.memory_bytes();
}

void OpennessScan::Restart(std::size_t at) {
  patterns_.Restart(at);
  values_.Restart(at);
  statements_.Restart(at);
}

}  // namespace axonflow::redaction

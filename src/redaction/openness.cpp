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
    removes_statements_ |= StrategyOf(*policy) == Strategy::kRemoveStatement;
    any_detector_ |= !policy->detector.empty() && !policy->detector.starts_with("pii.");
  }
}

OpennessScan::OpennessScan(std::shared_ptr<const Openness> openness)
    : openness_(std::move(openness)),
      patterns_(openness_->patterns_),
      values_(openness_->any_detector_) {}

void OpennessScan::ReadStatements(std::string_view text) {
  for (; statements_at_ < text.size(); ++statements_at_) {
    const char c = text[statements_at_];
    const bool mark = c == '.' || c == '!' || c == '?';
    if (mark && statements_at_ + 1 == text.size()) return;  // what follows it decides
    if (EndsStatement(text, statements_at_)) {
      statements_.push_back(static_cast<std::uint32_t>(statements_at_ + 1));
    }
  }
}

std::size_t OpennessScan::StatementOf(std::size_t at) const {
  const auto behind = std::ranges::upper_bound(statements_, at);
  return behind == statements_.begin() ? 0 : *std::prev(behind);
}

std::size_t OpennessScan::SettledTo(std::string_view text, bool from_begin) {
  if (openness_->patterns_.unbounded()) return 0;
  patterns_.Read(text, from_begin);
  // Signs of an encoding count for patterns too: the engine unfolds the text before it matches.
  values_.Read(text);
  const std::size_t settled = std::min(patterns_.OpenFrom(), values_.OpenFrom());
  const std::size_t statements = std::min(patterns_.StatementsOpenFrom(), values_.OpenFrom());
  if (!openness_->removes_statements_) return settled;
  ReadStatements(text);
  return std::min(settled, StatementOf(std::min<std::size_t>(statements, statements_.back())));
}

bool OpennessScan::MayHoldBefore(std::size_t end) const {
  if (openness_->patterns_.unbounded()) return true;
  const std::size_t first = std::min(patterns_.FirstMatch(), values_.FirstSeen());
  if (first == kNowhere) return false;
  return (openness_->removes_statements_ ? StatementOf(first) : first) < end;
}

void OpennessScan::ForgetBefore(std::size_t end) {
  patterns_.ForgetBefore(end);
  values_.ForgetBefore(end);
  const auto behind = std::ranges::upper_bound(statements_, end);
  if (behind - statements_.begin() > 1) statements_.erase(statements_.begin(), std::prev(behind));
}

void OpennessScan::Drop(std::size_t bytes) {
  patterns_.Drop(bytes);
  values_.Drop(bytes);
  statements_at_ -= std::min(statements_at_, bytes);
  for (std::uint32_t& at : statements_) at -= std::min(at, static_cast<std::uint32_t>(bytes));
}

std::size_t OpennessScan::memory_bytes() const {
  return patterns_.memory_bytes() + values_.memory_bytes() +
         statements_.capacity() * sizeof(std::uint32_t);
}

void OpennessScan::Restart(std::size_t at) {
  patterns_.Restart(at);
  values_.Restart(at);
  statements_at_ = at;
  statements_.assign(1, static_cast<std::uint32_t>(at));
}

}  // namespace axonflow::redaction

#include "redaction/step_cache.h"

#include <algorithm>
#include <array>
#include <memory>

#include "redaction/pattern_watch.h"

namespace axonflow::redaction {
namespace {

using policy::Assertion;
using policy::ByteStep;

constexpr std::size_t kCachesMax = 4;  // a thread

std::uint64_t Digest(const std::vector<std::uint32_t>& steps, StepCache::Before before) {
  std::uint64_t digest = 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(before);
  for (const std::uint32_t step : steps) {
    digest = (digest ^ step) * 0xBF58476D1CE4E5B9ULL;
    digest ^= digest >> 29U;
  }
  return digest;
}

bool Holds(Assertion assertion, StepCache::Before before, bool word_follows) {
  switch (assertion) {
    case Assertion::kTextBegin:
      return before == StepCache::Before::kTextBegin;
    case Assertion::kTextEnd:
      return false;  // a byte follows
    case Assertion::kWordBoundary:
      return (before == StepCache::Before::kWord) != word_follows;
    case Assertion::kNotWordBoundary:
      return (before == StepCache::Before::kWord) == word_follows;
  }
  return false;
}

}  // namespace

StepCache& StepCache::Of(const PatternWatch& watch) {
  thread_local std::array<std::unique_ptr<StepCache>, kCachesMax> caches;
  thread_local std::size_t oldest = 0;
  for (const auto& cache : caches) {
    if (cache != nullptr && cache->watch_id_ == watch.id()) return *cache;
  }
  auto& place = caches[oldest++ % kCachesMax];
  place = std::make_unique<StepCache>(watch);
  return *place;
}

StepCache::StepCache(const PatternWatch& watch)
    : watch_(&watch), watch_id_(watch.id()), class_count_(watch.class_count()) {
  marks_.resize(watch.program().steps.size(), 0);
  Clear();
}

void StepCache::Clear() {
  states_.clear();
  next_.clear();
  by_digest_.clear();
  matches_.clear();
  std::ranges::fill(starts_, kUnknown);
  bytes_ = 0;
  states_.emplace_back();  // kDead
  next_.resize(class_count_, kDead);
}

StepCache::State StepCache::Intern(std::vector<std::uint32_t> steps, Before before) {
  if (steps.empty()) return kDead;
  std::ranges::sort(steps);
  const std::uint64_t digest = Digest(steps, before);
  const auto known = by_digest_.find(digest);
  if (known != by_digest_.end()) {
    const Entry& entry = states_[known->second];
    if (entry.before == before && entry.steps == steps) return known->second;
  }
  const auto state = static_cast<State>(states_.size());
  bytes_ += sizeof(Entry) + steps.size() * sizeof(std::uint32_t) + class_count_ * sizeof(State);
  states_.push_back({std::move(steps), before, digest});
  next_.resize(states_.size() * class_count_, kUnknown);
  by_digest_[digest] = state;
  return state;
}

StepCache::State StepCache::Begin(Before before) {
  State& start = starts_[static_cast<std::size_t>(before)];
  if (start != kUnknown) return start;
  if (++generation_ == 0) std::ranges::fill(marks_, generation_++);
  arrived_.clear();
  found_.clear();
  for (const std::uint32_t step : watch_->program().starts) Arrive(step, false);
  start = Intern(arrived_, before);
  return start;
}

StepCache::State StepCache::Resume(const std::vector<std::uint32_t>& steps, Before before) {
  return Intern(steps, before);
}

// Puts `step` and what follows it without a byte among the steps that the place is reached with.
void StepCache::Arrive(std::uint32_t step, bool behind) {
  pending_.assign(1, step);
  while (!pending_.empty()) {
    const std::uint32_t next = pending_.back();
    pending_.pop_back();
    if (marks_[next] == generation_) continue;
    marks_[next] = generation_;
    const ByteStep& now = watch_->program().steps[next];
    if (now.kind == ByteStep::Kind::kMatch) {
      found_.push_back({now.owner, behind});
    } else if (now.kind == ByteStep::Kind::kFork) {
      pending_.push_back(now.next);
      pending_.push_back(now.other);
    } else {
      arrived_.push_back(next);
    }
  }
}

StepCache::State StepCache::Fill(State state, std::uint8_t byte) {
  const auto& steps = watch_->program().steps;
  const Before before = states_[state].before;
  const bool word = IsWordByte(byte);
  found_.clear();
  arrived_.clear();
  if (++generation_ == 0) std::ranges::fill(marks_, generation_++);
  // Conditions first: behind those that hold stand more steps of the same place.
  for (const std::uint32_t step : states_[state].steps) Arrive(step, false);
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    const ByteStep& now = steps[arrived_[i]];
    if (now.kind != ByteStep::Kind::kAssert) continue;
    if (Holds(now.assertion, before, word)) Arrive(now.next, false);
  }
  const std::vector<std::uint32_t> here = std::move(arrived_);
  arrived_.clear();
  if (++generation_ == 0) std::ranges::fill(marks_, generation_++);
  for (const std::uint32_t step : here) {
    const ByteStep& now = steps[step];
    if (now.kind == ByteStep::Kind::kBytes && now.bytes.test(byte)) Arrive(now.next, true);
  }
  State next = Intern(arrived_, word ? Before::kWord : Before::kNonWord);
  const std::size_t place = state * class_count_ + watch_->ClassOf(byte);
  if (!found_.empty()) {
    next |= kMatchesBit;
    matches_[place] = found_;
    bytes_ += found_.size() * sizeof(Match);
  }
  next_[place] = next;
  return next;
}

StepCache::State StepCache::Next(State state, std::uint8_t byte, std::span<const Match>& matches) {
  std::size_t place = state * class_count_ + watch_->ClassOf(byte);
  State next = next_[place];
  if (next == kUnknown) {
    if (bytes_ > kBytesMax) {
      Entry kept = std::move(states_[state]);
      Clear();
      state = Intern(std::move(kept.steps), kept.before);
      place = state * class_count_ + watch_->ClassOf(byte);
    }
    next = Fill(state, byte);
  }
  if ((next & kMatchesBit) == 0) {
    matches = {};
    return next;
  }
  last_matches_ = matches_[place];
  matches = last_matches_;
  return next & ~kMatchesBit;
}

}  // namespace axonflow::redaction

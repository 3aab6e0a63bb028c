#include "redaction/pattern_watch.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <unordered_set>

#include "redaction/strategy.h"

namespace axonflow::redaction {
namespace {

using policy::Assertion;
using policy::ByteStep;

constexpr std::size_t kStepsMax = 20'000;  // of one expression
constexpr std::size_t kTraceStride = 16;
// No second expression of a pair is longer than this.
constexpr std::size_t kSecondBytesMax = 512;
// The label of an END line, with the dashes before it (policy/pem.cpp).
constexpr std::string_view kDashes = "----";
constexpr std::size_t kLabelBytesMax = 80;

std::uint8_t ByteAt(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

PatternWatch::PatternWatch(std::span<const policy::Policy* const> policies) : id_(NextId()) {
  for (const policy::Policy* policy : policies) {
    if (policy->pattern.empty()) continue;
    const auto owner = static_cast<std::uint32_t>(sequels_.size());
    policy::Opening opening;
    unbounded_ |= !AppendExpression(policy->pattern, owner, kStepsMax, program_, opening);
    unbounded_ |= !opening.known;
    opening_ |= opening.bytes;
    if (StrategyOf(*policy) == Strategy::kRemoveStatement) statement_opening_ |= opening.bytes;
    sequels_.push_back({.pem = policy->span_to == policy::SpanTo::kPemEnd,
                        .gap_max = policy->tail.empty() ? 0 : policy->gap_max + 1});
  }
  // Letters beyond ASCII that fold into the loop's class are not among the bytes.
  for (auto* opening : {&opening_, &statement_opening_}) {
    for (std::size_t byte = 0x80; opening->any() && byte < 0x100; ++byte) opening->set(byte);
  }
  MakeClasses();
}

void PatternWatch::MakeClasses() {
  std::unordered_set<std::bitset<256>> sets;
  for (const ByteStep& step : program_.steps) {
    if (step.kind == ByteStep::Kind::kBytes) sets.insert(step.bytes);
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    classes_[byte] = static_cast<std::uint8_t>(IsWordByte(static_cast<std::uint8_t>(byte)));
  }
  class_count_ = 2;
  for (const auto& set : sets) {
    std::map<std::pair<std::uint8_t, bool>, std::uint8_t> split;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto next = static_cast<std::uint8_t>(split.size());
      classes_[byte] = split.try_emplace({classes_[byte], set.test(byte)}, next).first->second;
    }
    class_count_ = split.size();
  }
}

void PatternScan::OpeningRun::MoveTo(std::string_view text, std::size_t to,
                                     const std::bitset<256>& opening) {
  for (; at < to; ++at) {
    if (!opening.test(ByteAt(text, at))) begin = at + 1;
  }
}

StepCache::Before PatternScan::BeforeAt(std::string_view text, std::size_t at) const {
  if (at == 0) return from_begin_ ? StepCache::Before::kTextBegin : StepCache::Before::kNonWord;
  return IsWordByte(ByteAt(text, at - 1)) ? StepCache::Before::kWord : StepCache::Before::kNonWord;
}

void PatternScan::NotePlace() {
  matched_ = true;
  first_match_ = seen_ ? std::min(first_match_, hold_) : hold_;
  last_match_ = seen_ ? std::max(last_match_, begin_) : begin_;
  seen_ = true;
}

void PatternScan::NoteMatch(std::uint32_t owner, std::size_t end) {
  NotePlace();
  const auto& sequel = watch_.sequels_[owner];
  if (!sequel.pem && sequel.gap_max == 0) return;
  if (!tails_.empty() && tails_.back().begin == hold_) {
    tails_.back().end = std::max(tails_.back().end, end);
  } else {
    tails_.push_back({hold_, end, end, sequel});
  }
}

// Whether a former reading was where this one is; then this one ends where that one did.
bool PatternScan::MeetsTrace(std::uint64_t digest) {
  const std::size_t index = at_ / kTraceStride;
  if (index >= trace_.size()) trace_.resize(index + 1);
  Trace& trace = trace_[index];
  if (trace.digest == digest) {
    if (trace.matched) NotePlace();
    return true;
  }
  trace = {digest, false};
  return false;
}

void PatternScan::EndReading() {
  alive_ = false;
  if (matched_) {
    const std::size_t last = std::min(trace_.size(), at_ / kTraceStride + 1);
    for (std::size_t i = begin_ / kTraceStride + 1; i < last; ++i) trace_[i].matched = true;
  }
  next_ = begin_ + 1;
}

bool PatternScan::GoOn(std::string_view text, StepCache& cache, StepCache::State state) {
  std::span<const StepCache::Match> matches;
  while (at_ < text.size()) {
    state = cache.Next(state, ByteAt(text, at_++), matches);
    for (const auto& match : matches) NoteMatch(match.owner, match.behind ? at_ : at_ - 1);
    if (state == StepCache::kDead) return false;
    if (at_ % kTraceStride == 0 && MeetsTrace(cache.DigestOf(state))) return false;
  }
  steps_ = cache.StepsOf(state);
  return true;
}

bool PatternScan::IsOpen(Tail& tail, std::string_view text) {
  if (!tail.sequel.pem) {
    const std::size_t line_end =
        std::min(text.find('\n', tail.end), tail.end + tail.sequel.gap_max);
    return text.size() < line_end + kSecondBytesMax;
  }
  std::size_t at = std::max(tail.end, tail.looked);
  while ((at = text.find(kDashes, at)) != std::string_view::npos) {
    tail.looked = at;
    const std::size_t label = std::min(text.find_first_not_of('-', at), text.size());
    std::string_view rest = text.substr(label, kLabelBytesMax);
    const bool known = rest.size() == kLabelBytesMax || rest.find('\n') != std::string_view::npos;
    if (!known) return true;
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.starts_with("BEGIN ")) return false;
    if (rest.starts_with("END ")) {
      const std::size_t end = label + std::min(rest.find('-'), rest.size());
      return text.find_first_not_of('-', end) == std::string_view::npos;
    }
    at = label;
  }
  const std::size_t behind = text.size() - std::min(text.size(), kDashes.size());
  tail.looked = std::max(tail.looked, behind);
  return true;
}

void PatternScan::ReadPlaces(std::string_view text) {
  StepCache& cache = StepCache::Of(watch_);
  if (alive_ && !GoOn(text, cache, cache.Resume(steps_, BeforeAt(text, at_)))) EndReading();
  while (!alive_ && next_ < text.size()) {
    begin_ = at_ = next_;
    before_next_.MoveTo(text, begin_, watch_.opening_);
    statement_before_next_.MoveTo(text, begin_, watch_.statement_opening_);
    hold_ = before_next_.begin;
    statement_hold_ = statement_before_next_.begin;
    matched_ = false;
    alive_ = true;
    if (!GoOn(text, cache, cache.Begin(BeforeAt(text, begin_)))) EndReading();
  }
}

void PatternScan::Read(std::string_view text, bool from_begin) {
  from_begin_ = from_begin;
  ReadPlaces(text);
  before_end_.MoveTo(text, text.size(), watch_.opening_);
  statement_before_end_.MoveTo(text, text.size(), watch_.statement_opening_);
  open_from_ = before_end_.begin;
  statements_open_from_ = statement_before_end_.begin;
  if (alive_) {
    open_from_ = std::min(open_from_, hold_);
    statements_open_from_ = std::min(statements_open_from_, statement_hold_);
  }
  std::erase_if(tails_, [&](Tail& tail) { return !IsOpen(tail, text); });
  for (const Tail& tail : tails_) {
    open_from_ = std::min(open_from_, tail.begin);
    statements_open_from_ = std::min(statements_open_from_, tail.begin);
  }
}

void PatternScan::ForgetBefore(std::size_t end) {
  if (!seen_) return;
  first_match_ = std::max(first_match_, end);
  seen_ = last_match_ >= end;
}

void PatternScan::Drop(std::size_t bytes) {
  const auto less = [bytes](std::size_t& at) { at -= std::min(at, bytes); };
  for (std::size_t* at : {&next_, &open_from_, &statements_open_from_, &begin_, &hold_,
                          &statement_hold_, &at_, &first_match_, &last_match_}) {
    less(*at);
  }
  for (OpeningRun* run :
       {&before_next_, &before_end_, &statement_before_next_, &statement_before_end_}) {
    less(run->at);
    less(run->begin);
  }
  for (Tail& tail : tails_) {
    less(tail.begin);
    less(tail.end);
    less(tail.looked);
  }
  trace_.clear();
}

std::size_t PatternScan::memory_bytes() const {
  return steps_.capacity() * sizeof(std::uint32_t) + trace_.capacity() * sizeof(Trace) +
         tails_.capacity() * sizeof(Tail);
}

void PatternScan::Restart(std::size_t at) {
  alive_ = false;
  seen_ = false;
  next_ = begin_ = at_ = open_from_ = statements_open_from_ = at;
  before_next_ = before_end_ = statement_before_next_ = statement_before_end_ = {at, at};
  trace_.clear();
  tails_.clear();
}

}  // namespace axonflow::redaction

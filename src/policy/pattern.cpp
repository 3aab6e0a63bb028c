#include "policy/pattern.h"

#include <algorithm>
#include <utility>

namespace axonflow::policy {
namespace {

constexpr std::int64_t kPatternMemoryBytesMax = 2LL << 20;
constexpr std::size_t kPatternBytesMax = 64U << 10U;
constexpr int kProgramSizeMax = 12'000;  // instructions of one pattern
constexpr std::uint32_t kGapBytesMax = 400;

Result<std::unique_ptr<RE2>> CompileExpression(const Policy& policy,
                                               const std::string& expression) {
  auto compiled = std::make_unique<RE2>(expression, PatternOptions(kPatternMemoryBytesMax));
  if (!compiled->ok()) return Malformed(policy, "the pattern is refused: " + compiled->error());
  if (compiled->ProgramSize() > kProgramSizeMax) {
    return Malformed(policy, "the pattern compiles to " + std::to_string(compiled->ProgramSize()) +
                                 " instructions, more than " + std::to_string(kProgramSizeMax));
  }
  if (RE2::PartialMatch("", *compiled)) {
    return Malformed(policy, "the pattern matches the empty text, so it would match every text");
  }
  return compiled;
}

// Next match of `expression` that begins at or after `from`, as a range of bytes; nothing when
// there is none. `failed` is set when RE2 gave up.
std::optional<Span> NextMatch(const RE2& expression, std::string_view text, std::size_t from) {
  re2::StringPiece match;
  if (from > text.size() || !expression.Match(re2::StringPiece(text.data(), text.size()), from,
                                              text.size(), RE2::UNANCHORED, &match, 1)) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::uint32_t>(match.data() - text.data());
  return Span{begin, static_cast<std::uint32_t>(begin + match.size())};
}

std::optional<Span> MatchAt(const RE2& expression, std::string_view text, std::size_t at) {
  re2::StringPiece match;
  if (!expression.Match(re2::StringPiece(text.data(), text.size()), at, text.size(),
                        RE2::ANCHOR_START, &match, 1)) {
    return std::nullopt;
  }
  return Span{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + match.size())};
}

}  // namespace

Error Malformed(const Policy& policy, std::string_view why) {
  return Error{ErrorCode::kInvalidArgument, policy.id + ": " + std::string(why)};
}

RE2::Options PatternOptions(std::int64_t memory_bytes_max) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(memory_bytes_max);
  return options;
}

Result<Pattern> Pattern::Make(const Policy& policy, std::uint32_t index, When when) {
  if (policy.gap_max > kGapBytesMax) {
    return Malformed(policy, "gap_max is more than " + std::to_string(kGapBytesMax) + " bytes");
  }
  for (const std::string& expression : {policy.pattern, policy.tail}) {
    if (expression.size() > kPatternBytesMax) {
      return Malformed(policy,
                       "the pattern has more than " + std::to_string(kPatternBytesMax) + " bytes");
    }
  }
  Pattern pattern;
  pattern.policy_ = index;
  pattern.gap_max_ = policy.gap_max;
  pattern.has_tail_ = !policy.tail.empty();
  pattern.lazy_ = std::make_unique<Lazy>();
  if (when == When::kAtFirstUse) {
    pattern.lazy_->head = policy.pattern;
    pattern.lazy_->tail = policy.tail;
    return pattern;
  }
  auto head = CompileExpression(policy, policy.pattern);
  if (!head) return head.error();
  Expressions compiled{.head = std::move(*head), .tail = nullptr};
  if (pattern.has_tail_) {
    auto tail = CompileExpression(policy, policy.tail);
    if (!tail) return tail.error();
    compiled.tail = std::move(*tail);
  }
  std::call_once(pattern.lazy_->once, [&] { pattern.lazy_->compiled = std::move(compiled); });
  return pattern;
}

// Null when an expression that was left for now turns out to be malformed.
const Pattern::Expressions* Pattern::Compiled() const {
  std::call_once(lazy_->once, [&] {
    Expressions& compiled = lazy_->compiled;
    compiled.head = std::make_unique<RE2>(lazy_->head, PatternOptions(kPatternMemoryBytesMax));
    if (has_tail_) {
      compiled.tail = std::make_unique<RE2>(lazy_->tail, PatternOptions(kPatternMemoryBytesMax));
    }
  });
  const Expressions& compiled = lazy_->compiled;
  const bool good = compiled.head->ok() && (!has_tail_ || compiled.tail->ok());
  return good ? &compiled : nullptr;
}

// Both expressions go over the text once: a tail that begins after one head is still the next tail
// for the heads before it.
void Pattern::WalkPairs(const Expressions& expressions, std::string_view text,
                        const std::function<bool(Span)>& on_match) const {
  std::optional<Span> tail;
  std::size_t at = 0;
  while (const auto head = NextMatch(*expressions.head, text, at)) {
    if (!tail || tail->begin < head->end) {
      tail = NextMatch(*expressions.tail, text, head->end);
      if (!tail) return;
    }
    at = std::max<std::size_t>(head->end, head->begin + 1U);
    const std::size_t gap = tail->begin - head->end;
    if (gap > gap_max_) continue;
    if (text.substr(head->end, gap).find('\n') != std::string_view::npos) continue;
    if (!on_match(Span{head->begin, tail->end})) return;
    at = std::max<std::size_t>(at, tail->end);
  }
}

bool Pattern::WalkMatches(std::string_view text, const std::function<bool(Span)>& on_match) const {
  const Expressions* const expressions = Compiled();
  if (expressions == nullptr) return false;
  if (has_tail_) {
    WalkPairs(*expressions, text, on_match);
    return true;
  }
  std::size_t at = 0;
  while (const auto match = NextMatch(*expressions->head, text, at)) {
    if (!on_match(*match)) break;
    at = std::max<std::size_t>(match->end, match->begin + 1U);
  }
  return true;
}

bool Pattern::WalkPlaces(std::string_view text, std::span<const Automaton::Place> places,
                         const std::function<bool(Span)>& on_match) const {
  if (has_tail_ || !opening.known) return WalkMatches(text, on_match);
  const Expressions* const expressions = Compiled();
  if (expressions == nullptr) return false;
  const RE2& head = *expressions->head;
  std::size_t at = 0;
  for (const Automaton::Place& place : places) {
    if (place.begin < at) continue;
    std::size_t begin = place.begin;
    while (begin > at && opening.bytes[static_cast<std::uint8_t>(text[begin - 1])]) --begin;
    // A letter beyond ASCII that folds into the loop's class may stand there.
    const bool unsure =
        opening.bytes.any() && begin > at && static_cast<std::uint8_t>(text[begin - 1]) >= 0x80;
    auto match = unsure ? NextMatch(head, text, at) : MatchAt(head, text, begin);
    if (!match && begin < place.begin) match = MatchAt(head, text, place.begin);
    if (!match) continue;
    if (!on_match(*match)) break;
    at = std::max<std::size_t>(match->end, match->begin + 1U);
  }
  return true;
}

}  // namespace axonflow::policy

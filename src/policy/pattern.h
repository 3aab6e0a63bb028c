#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/automaton.h"
#include "policy/expression.h"
#include "policy/types.h"

namespace axonflow::policy {

// An error that names the policy.
Error Malformed(const Policy& policy, std::string_view why);

// The options that every expression is compiled with, in the budget of `memory_bytes_max`.
RE2::Options PatternOptions(std::int64_t memory_bytes_max);

// A policy's expression, or head and tail, which says where the matches stand once it is known that
// there are some. Compiled at once, or, where thousands of sets are held in memory, by the first
// text that needs it.
class Pattern {
 public:
  enum class When { kNow, kAtFirstUse };

  // Fails when RE2 refuses an expression, or it is too large or matches the empty text. With
  // kAtFirstUse only what needs no compiling is checked.
  static Result<Pattern> Make(const Policy& policy, std::uint32_t index, When when);

  std::uint32_t policy() const { return policy_; }  // index into PolicySet::policies()
  bool has_tail() const { return has_tail_; }

  // Calls `on_match` with the place of each match in order of text until it returns false.
  // False when the expression could not be compiled.
  bool WalkMatches(std::string_view text, const std::function<bool(Span)>& on_match) const;

  // The same matches from `places`, where the automaton saw them begin, in rising order.
  bool WalkPlaces(std::string_view text, std::span<const Automaton::Place> places,
                  const std::function<bool(Span)>& on_match) const;

  Opening opening;  // what may stand before the places that the automaton finds

 private:
  struct Expressions {
    std::unique_ptr<RE2> head;
    std::unique_ptr<RE2> tail;  // may be absent
  };
  struct Lazy {
    std::once_flag once;
    std::string head;
    std::string tail;
    Expressions compiled;
  };

  const Expressions* Compiled() const;
  void WalkPairs(const Expressions& expressions, std::string_view text,
                 const std::function<bool(Span)>& on_match) const;

  std::uint32_t policy_ = 0;
  std::uint32_t gap_max_ = 0;
  bool has_tail_ = false;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace axonflow::policy

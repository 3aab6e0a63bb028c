#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/expression.h"

namespace axonflow::redaction {

class PatternWatch;

// Whether `byte` is one of \w, as RE2 and the engine's own table read it.
constexpr bool IsWordByte(std::uint8_t byte) {
  const auto lower = static_cast<std::uint8_t>(byte | 0x20U);
  return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

// The readings of one PatternWatch as a table of states, which grows as texts come by and begins
// anew when it is full. One a thread and watch, so that no lock is needed.
class StepCache {
 public:
  using State = std::uint32_t;
  static constexpr State kDead = 0;
  // Together with kBytesMax of each thread's caches.
  static constexpr std::size_t kBytesMax = 2U << 20U;

  // What stands before a place.
  enum class Before : std::uint8_t { kNonWord, kWord, kTextBegin };

  struct Match {
    std::uint32_t owner;
    bool behind;  // it ends behind the byte, not before it
  };

  // The cache of the calling thread. Valid until the thread asks for some other watch's.
  static StepCache& Of(const PatternWatch& watch);

  explicit StepCache(const PatternWatch& watch);

  // Where a reading begins. It is valid, as every other state, until the next call of a function
  // that returns one, except that the argument of Next may be its result's predecessor.
  State Begin(Before before);
  State Resume(const std::vector<std::uint32_t>& steps, Before before);

  // Reads one byte. `matches` gets the expressions that have matched; empty for most bytes.
  State Next(State state, std::uint8_t byte, std::span<const Match>& matches);

  const std::vector<std::uint32_t>& StepsOf(State state) const { return states_[state].steps; }
  std::uint64_t DigestOf(State state) const { return states_[state].digest; }

 private:
  struct Entry {
    std::vector<std::uint32_t> steps;  // ascending; conditions not looked at yet
    Before before = Before::kNonWord;
    std::uint64_t digest = 0;
  };
  static constexpr State kUnknown = 0xFFFFFFFF;
  static constexpr State kMatchesBit = 1U << 31U;

  void Clear();
  State Intern(std::vector<std::uint32_t> steps, Before before);
  State Fill(State state, std::uint8_t byte);
  void Arrive(std::uint32_t step, bool behind);

  const PatternWatch* watch_;
  std::uint64_t watch_id_;
  std::size_t class_count_;
  std::size_t bytes_ = 0;
  std::vector<Entry> states_;
  std::vector<State> next_;  // by state and class; kMatchesBit when matches_ has more to say
  std::unordered_map<std::uint64_t, State> by_digest_;
  std::unordered_map<std::uint64_t, std::vector<Match>> matches_;  // by place in next_
  State starts_[3] = {};
  std::vector<Match> last_matches_;  // of the transition that Next returned
  // Scratch of Fill.
  std::vector<std::uint32_t> marks_;
  std::uint32_t generation_ = 0;
  std::vector<std::uint32_t> arrived_;
  std::vector<std::uint32_t> pending_;
  std::vector<Match> found_;
};

}  // namespace axonflow::redaction

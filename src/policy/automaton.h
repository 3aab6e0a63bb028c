#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "policy/expression.h"

namespace axonflow::policy {

// Which expressions match, one byte each.
using OwnerSet = std::vector<std::uint8_t>;

// Many expressions as one table that is complete before the first text comes: no text can make it
// grow, which is what RE2's automaton does on text that it has not seen.
//
// The table only knows matches that begin at a given place, so that states of different places never
// multiply, and the first bytes of all expressions together, after which each goes its own way, so
// that states of different expressions hardly do. Places are tried one by one, nearly all of them
// fail on their first two bytes, and readings that arrive in the same state go on as one. So the cost
// of a text is linear in it, with the number of states that are alive at once as its factor.
class Automaton {
 public:
  struct Place {
    std::uint32_t owner;
    std::uint32_t begin;
  };

  // Builds the table of all expressions of `program`. Nothing when it would have more than
  // `states_max` states.
  static std::unique_ptr<const Automaton> Build(const ByteProgram& program, std::size_t states_max);

  // Sets found[owner] to 1 for each expression that has a match in `text`.
  void FindAny(std::string_view text, OwnerSet& found) const;

  // Appends every place where a match of an expression begins, in rising order of places. False when
  // the text would cost more than a bounded number of steps a byte; `places` is useless then.
  bool FindPlaces(std::string_view text, std::vector<Place>& places) const;

  std::size_t states() const { return states_; }
  std::size_t memory_bytes() const;

 private:
  class Builder;
  enum Before : std::uint8_t { kNonWord, kWord, kTextBegin };

  // A state at which more happens than a step.
  struct Event {
    std::vector<std::uint32_t> owners;  // expressions that have matched
    std::vector<std::uint32_t> ways;    // states of single expressions, in which reading goes on
  };

  static Before BeforeAt(const std::uint8_t* bytes, std::size_t at);
  bool FindPlacesAt(std::string_view text, std::size_t at, std::size_t& steps_left,
                    std::vector<Place>& places) const;
  const Event& EventOf(std::uint32_t state) const {
    return events_[(state - first_event_) / stride_];
  }
  // Reads on from `state` up to `end`: tells `on_match` about expressions and `on_alive` about states
  // that are alive at the end.
  template <typename OnMatch, typename OnAlive>
  void Read(std::uint32_t state, const std::uint8_t* at, const std::uint8_t* end, OnMatch& on_match,
            OnAlive& on_alive) const;

  std::size_t states_ = 0;
  std::uint32_t stride_ = 0;                  // classes of bytes, and one for the end of the text
  std::uint32_t first_event_ = 0;             // states from here on are in events_
  std::array<std::uint8_t, 256> classes_{};   // of each byte
  std::vector<std::uint32_t> next_;           // by state (premultiplied) + class; 0 is dead
  std::vector<Event> events_;
  std::array<std::uint32_t, 3> starts_{};  // by Before

  // What the first six bytes of matches look like: bytes are reduced to kSymbols symbols, and
  // expressions are dealt into groups, one bit each. A match may begin where a group has its bit in
  // first_pair_ for two symbols (with a word byte before them or not) and in second_pair_ and
  // third_pair_ for the next ones.
  static constexpr std::size_t kSymbols = 64;
  using Groups = std::uint32_t;
  std::uint64_t Openings(std::string_view text, std::size_t begin, std::size_t end) const;
  std::array<std::array<Groups, kSymbols * kSymbols>, 2> first_pair_{};
  std::array<Groups, kSymbols * kSymbols> second_pair_{};
  std::array<Groups, kSymbols * kSymbols> third_pair_{};
};

}  // namespace axonflow::policy

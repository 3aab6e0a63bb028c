#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/expression.h"
#include "policy/openings.h"

namespace axonflow::policy {

// Which expressions match, one byte each.
using OwnerSet = std::vector<std::uint8_t>;

// Many expressions as one table that is complete before the first text comes: no text can make it
// grow, which is what RE2's automaton does on text that it has not seen.
//
// The table only knows matches that begin at a given place, so that states of different places
// never multiply, and the first bytes of all expressions together, after which each goes its own
// way, so that states of different expressions hardly do. Places are tried one by one, nearly all
// of them fail on their first two bytes, and readings that arrive in the same state go on as one.
// So the cost of a text is linear in it, with the number of states that are alive at once as its
// factor.
class Automaton {
 public:
  struct Place {
    std::uint32_t owner;
    std::uint32_t begin;
  };

  // Builds the table of all expressions of `program`. Nothing when one way to write an expression
  // needs more than `way_states_max` states (or 65,520), or all together more than `states_max`;
  // `too_large` then names the expression that went over the bound.
  static std::unique_ptr<const Automaton> Build(const ByteProgram& program,
                                                std::size_t way_states_max, std::size_t states_max,
                                                std::uint32_t& too_large);

  // Sets found[owner] to 1 for each expression that has a match in `text`.
  void FindAny(std::string_view text, OwnerSet& found) const;

  // Appends every place where a match of an expression begins, in rising order of places. False
  // when the text would cost more than a bounded number of steps a byte; `places` is useless then.
  bool FindPlaces(std::string_view text, std::vector<Place>& places) const;

  std::size_t states() const { return states_; }
  std::size_t memory_bytes() const;

 private:
  class Builder;
  struct AnySink;
  struct PlaceSink;
  enum Before : std::uint8_t { kNonWord, kWord, kTextBegin };

  // The table of one way to write one expression, with byte classes of its own: small tables stay
  // in the caches. State 0 is a dead reading and 1 one that has matched, which ends it.
  struct Way {
    std::uint32_t owner = 0;
    std::uint32_t begin = 0;  // of its rows in next_: a row a state
    std::uint32_t stride = 0;
    std::uint32_t number = 0;  // of its first state among all
    std::array<std::uint8_t, 256> classes{};
  };
  struct Reading {
    std::uint32_t state = 0;
    std::uint32_t way = 0;  // kTogether while expressions are read together
  };
  // How one expression goes on alone. Most end with the next byte, which `live` says without a look
  // at their tables: it has a bit for the lower six bits of each byte that they survive.
  struct Branch {
    Reading reading;
    std::uint32_t owner = 0;
    std::uint64_t live = 0;
    bool Survives(std::uint8_t byte) const { return ((live >> (byte % 64U)) & 1U) != 0; }
  };
  // Where reading together ends.
  struct Parting {
    std::vector<std::uint32_t> owners;  // expressions that have matched
    std::vector<Branch> branches;       // the others
  };
  static constexpr std::uint32_t kMatched = 1;
  static constexpr std::size_t kWayStatesMax = 0xFFF0;
  static constexpr std::uint32_t kTogether = 0xFFFFFFFF;
  static constexpr std::uint32_t kPartingBit = 1U << 31U;

  static Before BeforeAt(const std::uint8_t* bytes, std::size_t at);
  std::uint32_t NumberOf(Reading reading) const;
  template <typename Sink>
  void Finish(Reading reading, Sink& sink) const;
  // Reads on up to `end`: tells `sink` which expressions match and what is alive at the end; leaves
  // out expressions that it does not want.
  template <typename Sink>
  void Read(Reading reading, const std::uint8_t* at, const std::uint8_t* end, Sink& sink) const;
  bool FindPlacesAt(std::string_view text, std::size_t at, std::size_t& steps_left,
                    std::vector<Place>& places) const;

  std::size_t states_ = 0;
  std::vector<Way> ways_;
  std::vector<std::uint16_t> next_;          // by row of a way + class: a state
  std::array<std::uint8_t, 256> classes_{};  // of each byte, while reading together
  std::uint32_t together_stride_ = 0;
  std::uint32_t first_together_ = 0;     // number of the first such state
  std::vector<std::uint32_t> together_;  // by state + class: 0, a state, or a parting
  std::vector<Parting> partings_;
  std::array<std::uint32_t, 3> starts_{};  // in together_, by Before
  Openings openings_;
};

}  // namespace axonflow::policy

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "policy/automaton.h"
#include "policy/single_table.h"

namespace axonflow::policy {

// Puts the tables of all expressions together.
class Automaton::Builder {
 public:
  Builder(const ByteProgram& program, std::size_t way_states_max, std::size_t states_max)
      : program_(program), way_states_max_(way_states_max), states_max_(states_max) {}

  // Fills the empty automaton `out`. False when a bound was passed: `too_large` then names the
  // expression that did, and `out` is useless. To be called once.
  bool Build(Automaton& out, std::uint32_t& too_large);

 private:
  struct Local {
    std::uint32_t way;
    std::uint32_t state;  // in the table of the way
    auto operator<=>(const Local&) const = default;
  };

  void MakeClasses(Automaton& out);
  void AddWay(const SingleTable& table, std::uint32_t owner, Automaton& out) const;
  Branch BranchOf(const Local& at, const Automaton& out) const;
  std::uint32_t InternTogether(const std::vector<Local>& reached, std::size_t depth,
                               Automaton& out);
  void FillTogetherRow(std::size_t index, Automaton& out);

  const ByteProgram& program_;
  std::size_t way_states_max_;
  std::size_t states_max_;
  std::vector<SingleTable> tables_;
  std::size_t class_count_ = 0;
  std::vector<std::vector<std::uint8_t>> local_;  // by way: its class for each common class
  std::map<std::vector<Local>, std::uint32_t> together_;
  std::vector<std::vector<Local>> members_;  // by state that is read together
  std::vector<std::size_t> depths_;
};

}  // namespace axonflow::policy

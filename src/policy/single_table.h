#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/expression.h"

namespace axonflow::policy {

// The table of one way to write one expression: a state is the set of steps that are alive, with
// what they must know about the byte before them.
class SingleTable {
 public:
  struct State {
    std::vector<std::uint32_t> steps;  // kBytes, and kAssert that wait for the next byte
    bool matched = false;              // on arriving here
    bool asks = false;                 // has a kAssert
    bool after_word = false;
    bool at_begin = false;
  };

  SingleTable(const ByteProgram& program, std::uint32_t first_step, std::uint32_t last_step)
      : program_(program),
        first_step_(first_step),
        last_step_(last_step),
        marks_(last_step - first_step) {}

  // Fills the members below; `start` is one of the steps given above. False when that takes more
  // than `states_max` states. To be called once.
  bool Build(std::uint32_t start, std::size_t states_max);

  std::vector<State> states;
  std::vector<std::uint32_t> rows;  // states by class, and one for the end of the text
  std::array<std::uint8_t, 256> classes{};
  std::size_t class_count = 0;
  std::array<std::uint32_t, 3> starts{};  // after no word, after a word, at the text's begin

 private:
  // What stands behind the place, as far as assertions ask.
  enum class After : std::uint8_t { kNonWord, kWord, kTextEnd };

  void MakeClasses();
  void Expand(std::uint32_t step, std::vector<std::uint32_t>& into);
  static bool Holds(Assertion assertion, const State& state, After after);
  std::uint32_t Intern(const std::vector<std::uint32_t>& raw, bool matched, bool after_word,
                       bool at_begin);
  bool Closure(const State& state, After after, std::vector<std::uint32_t>& bytes);
  void FillRow(std::uint32_t index);

  const ByteProgram& program_;
  std::uint32_t first_step_;
  std::uint32_t last_step_;
  std::vector<std::uint32_t> marks_;  // by step: the visit that met it last
  std::uint32_t visit_ = 0;
  std::vector<std::uint32_t> reached_;
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<bool> class_is_word_;
  std::vector<std::uint32_t> set_of_;  // by step
  std::vector<std::vector<std::uint8_t>> classes_of_set_;
  std::vector<std::vector<std::uint32_t>> buckets_;  // by class, for FillRow
  std::vector<std::vector<std::uint32_t>> filled_;
};

}  // namespace axonflow::policy

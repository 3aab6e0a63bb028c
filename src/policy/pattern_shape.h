#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::policy {

// What stands out in the structure of an expression, found by reading it as a tree.
struct PatternShape {
  struct Fault {
    std::size_t position = 0;  // byte in the pattern
    std::string message;
  };
  std::optional<Fault> fault;  // the first one
  bool matches_empty = false;
  bool varies = false;                // has a repetition whose count may differ by more than one
  std::vector<std::string> literals;  // runs of plain characters, at most kShapeLiteralsMax
  std::string characters;             // the plain ones and some of each class, each once
  std::string class_characters;       // some of each class, each once
};

inline constexpr std::size_t kShapeLiteralsMax = 64;

// Reads `pattern`, which RE2 must have taken; of any other the result means nothing. Faults are an
// unbounded repetition of something that one of its own unbounded repetitions can match alone, so
// that one text could be split in many ways ((a+)+, (\w+\s?)*, but not (\w+,)*), and a bounded
// repetition {m,n} with n - m > kPatternGapMax (pattern_check.h) over a class that takes nearly
// every character. Linear in the pattern, except for the repetitions within one sequence, which
// cost their number times its length.
PatternShape ReadPatternShape(std::string_view pattern);

}  // namespace axonflow::policy

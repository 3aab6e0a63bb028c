#pragma once

#include <cstdint>
#include <vector>

#include "policy/expression.h"

// An expression as a tree, between its text (expression_parser.h) and its steps (expression.h).
namespace axonflow::policy::syntax {

inline constexpr std::uint32_t kCodePointMax = 0x10FFFF;
inline constexpr int kUnbounded = -1;

// Code points, both ends included.
struct Range {
  std::uint32_t low;
  std::uint32_t high;
};
using Ranges = std::vector<Range>;

struct Node {
  enum class Kind : std::uint8_t { kClass, kAssert, kConcat, kAlternate, kRepeat };
  Kind kind = Kind::kConcat;  // without children: matches nothing, in no bytes
  Assertion assertion = Assertion::kTextBegin;
  int min = 0;
  int max = 0;  // kUnbounded for none
  Ranges ranges;
  std::vector<Node> children;
};

}  // namespace axonflow::policy::syntax

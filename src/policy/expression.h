#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace axonflow::policy {

// A condition between two bytes.
enum class Assertion : std::uint8_t { kTextBegin, kTextEnd, kWordBoundary, kNotWordBoundary };

// One step of a program that reads a text byte by byte.
struct ByteStep {
  enum class Kind : std::uint8_t { kBytes, kFork, kAssert, kMatch };
  Kind kind = Kind::kMatch;
  Assertion assertion = Assertion::kTextBegin;  // kAssert
  std::uint32_t owner = 0;                      // the expression that the step belongs to
  std::uint32_t next = 0;                       // not kMatch
  std::uint32_t other = 0;                      // kFork: the second way
  std::bitset<256> bytes;                       // kBytes: any of these
};

struct ByteProgram {
  std::vector<ByteStep> steps;
  struct Range {
    std::uint32_t first;
    std::uint32_t last;  // one behind
  };
  std::vector<std::uint32_t> starts;  // one for each way to write an expression
  std::vector<Range> ranges;          // of the steps that belong to each start
};

// What was left out at the begin of an expression.
struct Opening {
  bool known = true;       // false: several loops of different classes
  std::bitset<256> bytes;  // ASCII bytes that the loop passes; none when nothing was left out
};

// Appends `expression` to `program` as steps that match, when one of their starts is begun at a
// place of a text in UTF-8, exactly if RE2 (default options) matches there. `expression` must be
// one that RE2 accepts. A leading loop over one class is left out, for it does not change whether a
// text holds a match, but where it begins: `opening` says which bytes may stand before. Returns
// false, with no start added, when the expression uses syntax that is not known here (Unicode
// classes, flags other than i, folding of rare scripts) or has more than `steps_max` steps.
bool AppendExpression(std::string_view expression, std::uint32_t owner, std::size_t steps_max,
                      ByteProgram& program, Opening& opening);

bool IsAsciiWordByte(std::uint8_t byte);

}  // namespace axonflow::policy

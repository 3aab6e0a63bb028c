#include "policy/expression.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "policy/expression_parser.h"
#include "policy/expression_tree.h"

namespace axonflow::policy {
namespace {

using syntax::kCodePointMax;
using syntax::kUnbounded;
using syntax::Node;
using syntax::Range;
using syntax::Ranges;

// Notes that a loop over `ranges` was left out.
void AddOpening(const Ranges& ranges, Opening& opening) {
  std::bitset<256> bytes;
  for (const Range& range : ranges) {
    for (std::uint32_t c = range.low; c <= std::min(range.high, 0x7FU); ++c) bytes.set(c);
  }
  opening.known &= opening.bytes.none() || opening.bytes == bytes;
  opening.bytes = bytes;
}

// Leaves out loops over one class before everything else.
void DropLeadingLoops(Node& node, Opening& opening) {
  if (node.kind == Node::Kind::kAlternate) {
    for (Node& child : node.children) DropLeadingLoops(child, opening);
  } else if (node.kind == Node::Kind::kConcat) {
    auto& parts = node.children;
    while (!parts.empty()) {
      const Node& part = parts.front();
      const bool empty = part.kind == Node::Kind::kConcat && part.children.empty();
      const bool loop = part.kind == Node::Kind::kRepeat && part.min == 0 &&
                        part.max == kUnbounded && part.children.front().kind == Node::Kind::kClass;
      if (!empty && !loop) break;
      if (loop) AddOpening(part.children.front().ranges, opening);
      parts.erase(parts.begin());
    }
    if (!parts.empty()) DropLeadingLoops(parts.front(), opening);
  }
}

// The alternatives that make up the whole expression.
void CollectWays(const Node& node, std::vector<const Node*>& ways) {
  if (node.kind == Node::Kind::kAlternate) {
    for (const Node& child : node.children) CollectWays(child, ways);
  } else if (node.kind == Node::Kind::kConcat && node.children.size() == 1) {
    CollectWays(node.children.front(), ways);
  } else {
    ways.push_back(&node);
  }
}

// Writes a tree as steps, from its end to its begin: each part is told which step follows it.
class Emitter {
 public:
  Emitter(ByteProgram& program, std::uint32_t owner, std::size_t steps_max)
      : program_(program), owner_(owner), limit_(program.steps.size() + steps_max) {}

  bool full() const { return full_; }
  std::uint32_t Add(ByteStep step);
  std::uint32_t Emit(const Node& node, std::uint32_t next);

 private:
  using Tails = std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint32_t>, std::uint32_t>;

  std::uint32_t Fork(std::uint32_t first, std::uint32_t second) {
    ByteStep step;
    step.kind = ByteStep::Kind::kFork;
    step.next = first;
    step.other = second;
    return Add(step);
  }
  std::uint32_t EmitClass(const Node& node, std::uint32_t next);
  std::uint32_t EmitRepeat(const Node& node, std::uint32_t next);
  // Everything beyond ASCII, overlong forms included, as RE2 writes it to save states.
  void EmitAllWide(std::uint32_t next, std::vector<std::uint32_t>& ways);
  // The sequences of bytes that write low to high, which have the same number of bytes.
  void EmitSequences(Range range, int bytes, std::uint32_t next, Tails& tails,
                     std::vector<std::uint32_t>& ways);

  ByteProgram& program_;
  std::uint32_t owner_;
  std::size_t limit_;
  bool full_ = false;
};

std::uint32_t Emitter::Add(ByteStep step) {
  if (program_.steps.size() >= limit_) {
    full_ = true;
    return 0;
  }
  step.owner = owner_;
  program_.steps.push_back(step);
  return static_cast<std::uint32_t>(program_.steps.size() - 1);
}

void Emitter::EmitSequences(Range range, int bytes, std::uint32_t next, Tails& tails,
                            std::vector<std::uint32_t>& ways) {
  constexpr std::array<std::uint32_t, 5> kLead = {0, 0, 0xC0, 0xE0, 0xF0};
  // Cut where a trailing byte would not run over its whole range.
  for (int i = 1; i < bytes; ++i) {
    const std::uint32_t mask = (1U << (6U * static_cast<unsigned>(i))) - 1;
    if ((range.low & ~mask) == (range.high & ~mask)) continue;
    if ((range.low & mask) != 0) {
      EmitSequences({range.low, range.low | mask}, bytes, next, tails, ways);
      EmitSequences({(range.low | mask) + 1, range.high}, bytes, next, tails, ways);
      return;
    }
    if ((range.high & mask) != mask) {
      EmitSequences({range.low, (range.high & ~mask) - 1}, bytes, next, tails, ways);
      EmitSequences({range.high & ~mask, range.high}, bytes, next, tails, ways);
      return;
    }
  }
  std::uint32_t follow = next;
  for (int i = 0; i < bytes; ++i) {
    const bool lead = i + 1 == bytes;
    const unsigned shift = 6U * static_cast<unsigned>(i);
    const std::uint32_t mark = lead ? kLead[static_cast<std::size_t>(bytes)] : 0x80U;
    const std::uint32_t mask = lead ? 0xFFU : 0x3FU;
    const auto low = static_cast<std::uint8_t>(mark | ((range.low >> shift) & mask));
    const auto high = static_cast<std::uint8_t>(mark | ((range.high >> shift) & mask));
    const auto known = tails.find({low, high, follow});
    if (known != tails.end()) {
      follow = known->second;
      continue;
    }
    ByteStep step;
    step.kind = ByteStep::Kind::kBytes;
    for (unsigned byte = low; byte <= high; ++byte) step.bytes.set(byte);
    step.next = follow;
    const std::uint32_t added = Add(step);
    tails[{low, high, follow}] = added;
    follow = added;
  }
  if (std::find(ways.begin(), ways.end(), follow) == ways.end()) ways.push_back(follow);
}

void Emitter::EmitAllWide(std::uint32_t next, std::vector<std::uint32_t>& ways) {
  constexpr std::array<std::array<unsigned, 2>, 3> kLeads = {
      {{0xC2, 0xDF}, {0xE0, 0xEF}, {0xF0, 0xF4}}};
  ByteStep trail;
  trail.kind = ByteStep::Kind::kBytes;
  for (unsigned byte = 0x80; byte <= 0xBF; ++byte) trail.bytes.set(byte);
  for (const auto& lead : kLeads) {
    trail.next = next;
    next = Add(trail);
    ByteStep step;
    step.kind = ByteStep::Kind::kBytes;
    for (unsigned byte = lead[0]; byte <= lead[1]; ++byte) step.bytes.set(byte);
    step.next = next;
    ways.push_back(Add(step));
  }
}

std::uint32_t Emitter::EmitClass(const Node& node, std::uint32_t next) {
  constexpr std::array<Range, 3> kWide = {
      {{0x80, 0x7FF}, {0x800, 0xFFFF}, {0x10000, kCodePointMax}}};
  ByteStep plain;
  plain.kind = ByteStep::Kind::kBytes;
  plain.next = next;
  Tails tails;
  std::vector<std::uint32_t> ways;
  for (const Range& range : node.ranges) {
    for (std::uint32_t c = range.low; c <= std::min(range.high, 0x7FU); ++c) plain.bytes.set(c);
    if (range.low <= 0x80 && range.high == kCodePointMax) {
      EmitAllWide(next, ways);
      continue;
    }
    for (std::size_t i = 0; i < kWide.size(); ++i) {
      const Range part{std::max(range.low, kWide[i].low), std::min(range.high, kWide[i].high)};
      if (part.low <= part.high) EmitSequences(part, static_cast<int>(i) + 2, next, tails, ways);
    }
  }
  // A class of no character at all stays: a step that no byte passes.
  if (plain.bytes.any() || ways.empty()) ways.push_back(Add(plain));
  std::uint32_t entry = ways.front();
  for (std::size_t i = 1; i < ways.size(); ++i) entry = Fork(ways[i], entry);
  return entry;
}

std::uint32_t Emitter::EmitRepeat(const Node& node, std::uint32_t next) {
  const Node& body = node.children.front();
  std::uint32_t entry = next;
  if (node.max == kUnbounded) {
    const std::uint32_t loop = Fork(next, next);
    const std::uint32_t inside = Emit(body, loop);
    if (full_) return 0;
    program_.steps[loop].other = inside;
    entry = loop;
  } else {
    for (int i = node.min; i < node.max && !full_; ++i) entry = Fork(Emit(body, entry), next);
  }
  for (int i = 0; i < node.min && !full_; ++i) entry = Emit(body, entry);
  return entry;
}

std::uint32_t Emitter::Emit(const Node& node, std::uint32_t next) {
  if (full_) return 0;
  switch (node.kind) {
    case Node::Kind::kClass:
      return EmitClass(node, next);
    case Node::Kind::kAssert: {
      ByteStep step;
      step.kind = ByteStep::Kind::kAssert;
      step.assertion = node.assertion;
      step.next = next;
      return Add(step);
    }
    case Node::Kind::kConcat: {
      std::uint32_t entry = next;
      for (std::size_t i = node.children.size(); i-- > 0;) entry = Emit(node.children[i], entry);
      return entry;
    }
    case Node::Kind::kAlternate: {
      std::uint32_t entry = Emit(node.children.back(), next);
      for (std::size_t i = node.children.size() - 1; i-- > 0;) {
        entry = Fork(Emit(node.children[i], next), entry);
      }
      return entry;
    }
    case Node::Kind::kRepeat:
      return EmitRepeat(node, next);
  }
  return next;
}

}  // namespace

bool IsAsciiWordByte(std::uint8_t byte) {
  const auto letter = static_cast<std::uint8_t>((byte | 0x20U) - 'a');
  return letter < 26 || static_cast<std::uint8_t>(byte - '0') < 10 || byte == '_';
}

bool AppendExpression(std::string_view expression, std::uint32_t owner, std::size_t steps_max,
                      ByteProgram& program, Opening& opening) {
  auto node = syntax::Parse(expression);
  if (!node) return false;
  opening = {};
  DropLeadingLoops(*node, opening);
  std::vector<const Node*> ways;
  CollectWays(*node, ways);
  const std::size_t starts_before = program.starts.size();
  Emitter emitter(program, owner, steps_max);
  for (const Node* way : ways) {
    const auto first = static_cast<std::uint32_t>(program.steps.size());
    const std::uint32_t match = emitter.Add({});
    program.starts.push_back(emitter.Emit(*way, match));
    program.ranges.push_back({first, static_cast<std::uint32_t>(program.steps.size())});
  }
  if (!emitter.full()) return true;
  program.starts.resize(starts_before);
  program.ranges.resize(starts_before);
  return false;
}

}  // namespace axonflow::policy

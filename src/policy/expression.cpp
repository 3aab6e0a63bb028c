#include "policy/expression.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace axonflow::policy {
namespace {

constexpr std::uint32_t kCodePointMax = 0x10FFFF;
constexpr int kUnbounded = -1;
constexpr int kRepeatMax = 1000;  // as RE2 has it
constexpr int kDepthMax = 200;

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

void Normalize(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.low < b.low; });
  Ranges merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && range.low <= merged.back().high + 1) {
      merged.back().high = std::max(merged.back().high, range.high);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

void Negate(Ranges& ranges) {
  Normalize(ranges);
  Ranges rest;
  std::uint32_t from = 0;
  for (const Range& range : ranges) {
    if (range.low > from) rest.push_back({from, range.low - 1});
    from = range.high + 1;
  }
  if (from <= kCodePointMax) rest.push_back({from, kCodePointMax});
  ranges = std::move(rest);
}

// Letters that fold together beyond the pairs of a block (Unicode's simple case folding).
constexpr auto kFoldExtras = std::to_array<std::array<std::uint32_t, 2>>({
    {'k', 0x212A},
    {'s', 0x017F},
    {0xDF, 0x1E9E},
    {0xE5, 0x212B},
    {0xFF, 0x0178},
    {0xB5, 0x039C},
    {0xB5, 0x03BC},
    {0x432, 0x1C80},
    {0x434, 0x1C81},
    {0x43E, 0x1C82},
    {0x441, 0x1C83},
    {0x442, 0x1C84},
    {0x442, 0x1C85},
    {0x44A, 0x1C86},
});

// Blocks without case, in which expressions may be folded as they stand.
constexpr auto kCaseless = std::to_array<Range>({
    {0x0080, 0x00B4},
    {0x00B6, 0x00BF},
    {0x00D7, 0x00D7},
    {0x00F7, 0x00F7},
    {0x0590, 0x06FF},
    {0x0900, 0x0DFF},
    {0x2010, 0x205F},
    {0x3000, 0x9FFF},
    {0xAC00, 0xD7A3},
    {0x1F000, 0x1FAFF},
});

// The small form of a letter of Latin-1 or Cyrillic; the letter itself when it is one or has none.
std::uint32_t SmallForm(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  for (const auto& [small, extra] : kFoldExtras) {
    if (c == extra) return small;
  }
  return c;
}

bool HasCapital(std::uint32_t small) {
  if (small >= 'a' && small <= 'z') return true;
  if (small >= 0xE0 && small <= 0xFE && small != 0xF7) return true;
  return small >= 0x430 && small <= 0x45F;
}

void AddFolded(std::uint32_t c, Ranges& out) {
  const std::uint32_t small = SmallForm(c);
  out.push_back({c, c});
  out.push_back({small, small});
  if (HasCapital(small)) {
    const std::uint32_t capital = small - (small >= 0x450 ? 0x50 : 0x20);
    out.push_back({capital, capital});
  }
  for (const auto& [one, extra] : kFoldExtras) {
    if (one == small) out.push_back({extra, extra});
  }
}

// Adds `range` with everything that differs from it by case alone. False when that is not known.
bool AddFolded(Range range, Ranges& out) {
  constexpr std::uint32_t kOneByOneMax = 0x460;
  for (const Range& caseless : kCaseless) {
    if (range.low >= caseless.low && range.high <= caseless.high) {
      out.push_back(range);
      return true;
    }
  }
  for (std::uint32_t c = range.low; c <= range.high; ++c) {
    const bool known = c < 0x100 || (c >= 0x400 && c < kOneByOneMax);
    const bool extra = std::ranges::any_of(kFoldExtras, [&](const auto& e) { return e[1] == c; });
    if (!known && !extra) return false;
    AddFolded(c, out);
  }
  return true;
}

// Reads the syntax of RE2 as far as it is known here; `failed` says that it was not.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Node> Parse() {
    Node node = ParseAlternate(false, 0);
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return node;
  }

 private:
  bool AtEnd() const { return failed_ || at_ >= text_.size(); }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  Node Fail() {
    failed_ = true;
    return {};
  }

  std::uint32_t TakeCodePoint();
  std::optional<int> TakeNumber();
  bool TakeRepeat(int& min, int& max);
  void AddRange(Range range, bool fold, Ranges& out);
  bool TakeNamedClass(bool fold, Ranges& out);
  std::uint32_t TakeEscaped();
  Node ParseAlternate(bool fold, int depth);
  Node ParseAtom(bool& fold, int depth);
  Node ParseGroup(bool& fold, int depth);
  Node ParseClass(bool fold);
  Node ParseEscape(bool fold);
  Node Literal(std::uint32_t c, bool fold);

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

std::uint32_t Parser::TakeCodePoint() {
  const auto first = static_cast<std::uint8_t>(text_[at_++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (more == 0) failed_ = true;
  std::uint32_t value = first & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) {
    const auto next = static_cast<std::uint8_t>(Peek());
    if ((next & 0xC0U) != 0x80U) failed_ = true;
    value = value << 6U | (next & 0x3FU);
    ++at_;
  }
  if (value > kCodePointMax) failed_ = true;
  return value;
}

std::optional<int> Parser::TakeNumber() {
  int value = 0;
  const std::size_t begin = at_;
  while (Peek() >= '0' && Peek() <= '9' && value <= kRepeatMax)
    value = value * 10 + (text_[at_++] - '0');
  if (at_ == begin || value > kRepeatMax) return std::nullopt;
  return value;
}

// {n}, {n,} or {n,m}; anything else that begins with a brace is a brace.
bool Parser::TakeRepeat(int& min, int& max) {
  const std::size_t begin = at_++;
  const auto least = TakeNumber();
  if (least) {
    min = max = *least;
    bool good = true;
    if (Take(",")) {
      max = kUnbounded;
      if (Peek() != '}') {
        const auto most = TakeNumber();
        good = most.has_value();
        if (good) max = *most;
      }
    }
    if (good && Take("}")) return true;
  }
  at_ = begin;
  return false;
}

void Parser::AddRange(Range range, bool fold, Ranges& out) {
  if (range.low > range.high) failed_ = true;
  if (failed_) return;
  if (!fold) {
    out.push_back(range);
  } else if (!AddFolded(range, out)) {
    failed_ = true;
  }
}

// \d \s \w and their opposites; false when the escape is another one.
bool Parser::TakeNamedClass(bool fold, Ranges& out) {
  const char name = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  Ranges ranges;
  switch (name | 0x20) {
    case 'd':
      ranges = {{'0', '9'}};
      break;
    case 's':
      ranges = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
      break;
    case 'w':
      ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
      break;
    default:
      return false;
  }
  if (name != 'd' && name != 's' && name != 'w' && name != 'D' && name != 'S' && name != 'W') {
    return false;
  }
  at_ += 2;
  Ranges folded;
  for (const Range& range : ranges) AddRange(range, fold, folded);
  if ((name & 0x20) == 0) Negate(folded);
  out.insert(out.end(), folded.begin(), folded.end());
  return true;
}

// The character that a backslash at the current place stands for.
std::uint32_t Parser::TakeEscaped() {
  ++at_;
  const char c = Peek();
  constexpr std::string_view kControls = "nrtfva";
  constexpr std::string_view kValues = "\n\r\t\f\v\a";
  if (const auto found = kControls.find(c); c != '\0' && found != std::string_view::npos) {
    ++at_;
    return static_cast<std::uint8_t>(kValues[found]);
  }
  const auto byte = static_cast<std::uint8_t>(c);
  if (byte >= 0x80 || IsAsciiWordByte(byte) || byte == 0) {
    failed_ = true;
    return 0;
  }
  ++at_;
  return byte;
}

Node Parser::Literal(std::uint32_t c, bool fold) {
  Node node;
  node.kind = Node::Kind::kClass;
  AddRange({c, c}, fold, node.ranges);
  Normalize(node.ranges);
  return node;
}

Node Parser::ParseEscape(bool fold) {
  if (Take("\\b") || Take("\\B")) {
    Node node;
    node.kind = Node::Kind::kAssert;
    node.assertion = text_[at_ - 1] == 'b' ? Assertion::kWordBoundary : Assertion::kNotWordBoundary;
    return node;
  }
  Node node;
  node.kind = Node::Kind::kClass;
  if (TakeNamedClass(fold, node.ranges)) {
    Normalize(node.ranges);
    return node;
  }
  return Literal(TakeEscaped(), fold);
}

Node Parser::ParseClass(bool fold) {
  Node node;
  node.kind = Node::Kind::kClass;
  ++at_;
  const bool negated = Take("^");
  bool first = true;
  while (!AtEnd() && (Peek() != ']' || first)) {
    first = false;
    if (text_.substr(at_).starts_with("[:")) return Fail();
    if (Peek() == '\\' && TakeNamedClass(fold, node.ranges)) continue;
    Range range{};
    range.low = range.high = Peek() == '\\' ? TakeEscaped() : TakeCodePoint();
    if (Peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
      ++at_;
      range.high = Peek() == '\\' ? TakeEscaped() : TakeCodePoint();
    }
    AddRange(range, fold, node.ranges);
  }
  if (!Take("]")) return Fail();
  if (negated) {
    Negate(node.ranges);
  } else {
    Normalize(node.ranges);
  }
  return node;
}

Node Parser::ParseGroup(bool& fold, int depth) {
  ++at_;
  bool inner = fold;
  if (Take("?")) {
    if (Take("i)")) {
      fold = true;
      return {};
    }
    if (Take("i:")) {
      inner = true;
    } else if (!Take(":")) {
      return Fail();
    }
  }
  Node node = ParseAlternate(inner, depth + 1);
  if (!Take(")")) return Fail();
  return node;
}

Node Parser::ParseAtom(bool& fold, int depth) {
  switch (Peek()) {
    case '(':
      return ParseGroup(fold, depth);
    case '[':
      return ParseClass(fold);
    case '\\':
      return ParseEscape(fold);
    case '^':
    case '$': {
      Node node;
      node.kind = Node::Kind::kAssert;
      node.assertion = text_[at_++] == '^' ? Assertion::kTextBegin : Assertion::kTextEnd;
      return node;
    }
    case '.': {
      ++at_;
      Node node;
      node.kind = Node::Kind::kClass;
      node.ranges = {{0, '\n' - 1}, {'\n' + 1, kCodePointMax}};
      return node;
    }
    default:
      return Literal(TakeCodePoint(), fold);
  }
}

Node Parser::ParseAlternate(bool fold, int depth) {
  if (depth > kDepthMax) return Fail();
  Node alternatives;
  alternatives.kind = Node::Kind::kAlternate;
  alternatives.children.emplace_back();
  while (!AtEnd() && Peek() != ')') {
    if (Take("|")) {
      alternatives.children.emplace_back();
      continue;
    }
    Node atom = ParseAtom(fold, depth);
    int min = 1;
    int max = 1;
    const bool repeated = Take("*")   ? (min = 0, max = kUnbounded, true)
                          : Take("+") ? (max = kUnbounded, true)
                          : Take("?") ? (min = 0, true)
                                      : Peek() == '{' && TakeRepeat(min, max);
    if (repeated) {
      Take("?");  // a lazy loop matches in the same texts
      Node loop;
      loop.kind = Node::Kind::kRepeat;
      loop.min = min;
      loop.max = max;
      loop.children.push_back(std::move(atom));
      atom = std::move(loop);
    }
    alternatives.children.back().children.push_back(std::move(atom));
  }
  if (alternatives.children.size() > 1) return alternatives;
  Node only = std::move(alternatives.children.front());
  return only;
}

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
  auto node = Parser(expression).Parse();
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

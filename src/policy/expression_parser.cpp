#include "policy/expression_parser.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/case_folding.h"

namespace axonflow::policy::syntax {
namespace {

constexpr int kRepeatMax = 1000;  // as RE2 has it
constexpr int kDepthMax = 200;

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

// Goes down by recursion; `failed_` says that it met what is not known here.
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

}  // namespace

std::optional<Node> Parse(std::string_view expression) { return Parser(expression).Parse(); }

}  // namespace axonflow::policy::syntax

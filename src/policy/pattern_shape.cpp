#include "policy/pattern_shape.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "policy/pattern_characters.h"
#include "policy/pattern_check.h"

namespace axonflow::policy {
namespace {

// A part of the expression.
struct Part {
  Characters characters;  // that a match can hold
  bool nullable = true;
  // The characters of its unbounded repetitions, if one of them can match the whole part.
  std::optional<Characters> loop;
};

void AddLoop(Part& part, const Characters& loop) {
  part.loop = part.loop ? *part.loop | loop : loop;
}

// Bounds of a repetition; `max` is kUnbounded for none.
constexpr int kUnbounded = -1;
struct Bounds {
  int min = 1;
  int max = 1;
};

class Reader {
 public:
  explicit Reader(std::string_view pattern) : pattern_(pattern) {
    any_case_ = pattern.find("(?") != std::string_view::npos &&
                pattern.find('i', pattern.find("(?")) != std::string_view::npos;
  }

  PatternShape Read() {
    while (at_ < pattern_.size()) {
      // RE2 takes no lone ")", so this runs once; it must end for any bytes all the same.
      const Part part = Alternatives();
      shape_.matches_empty = part.nullable;
      if (at_ < pattern_.size()) ++at_;
    }
    if (pattern_.empty()) shape_.matches_empty = true;
    EndLiteral();
    return std::move(shape_);
  }

 private:
  bool Takes(std::string_view text) {
    if (!pattern_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  Part Alternatives() {
    Part all = Sequence();
    while (Takes("|")) {
      const Part next = Sequence();
      all.characters |= next.characters;
      all.nullable = all.nullable || next.nullable;
      if (next.loop) AddLoop(all, *next.loop);
    }
    return all;
  }

  Part Sequence() {
    EndLiteral();
    std::vector<Part> parts;
    while (at_ < pattern_.size() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      parts.push_back(Repeated());
    }
    EndLiteral();
    Part whole;
    for (const Part& part : parts) {
      whole.characters |= part.characters;
      whole.nullable = whole.nullable && part.nullable;
      if (part.loop && LoopMatchesAll(part, parts)) AddLoop(whole, *part.loop);
    }
    return whole;
  }

  // Whether the loop of `part` can stand for the whole sequence: nothing else in it must match a
  // character that the loop does not take, which would hold the rounds apart.
  static bool LoopMatchesAll(const Part& part, const std::vector<Part>& parts) {
    return std::ranges::all_of(parts, [&](const Part& other) {
      return &other == &part || other.nullable || (other.characters & *part.loop).any();
    });
  }

  Part Repeated() {
    literal_open_ = false;
    Part part = Atom();
    while (const auto bounds = Quantifier()) {
      const bool unbounded = bounds->max == kUnbounded;
      if (unbounded && part.loop) {
        Fail(
            "an unbounded repetition of something that itself repeats without bound; one text "
            "could match in many ways");
      }
      if (!unbounded && bounds->max - bounds->min > kPatternGapMax && IsBroad(part.characters)) {
        Fail("a gap of more than " + std::to_string(kPatternGapMax) +
             " bytes between its bounds, over nearly every character");
      }
      if (unbounded || bounds->max - bounds->min > 1) shape_.varies = true;
      part.nullable = part.nullable || bounds->min == 0;
      if (unbounded) part.loop = part.characters;
      DropLastLiteral();
    }
    return part;
  }

  // Consumes a quantifier, if one stands here. quantifier_at_ is its place afterwards.
  std::optional<Bounds> Quantifier() {
    quantifier_at_ = at_;
    std::optional<Bounds> bounds;
    if (Takes("*")) {
      bounds = {0, kUnbounded};
    } else if (Takes("+")) {
      bounds = {1, kUnbounded};
    } else if (Takes("?")) {
      bounds = {0, 1};
    } else if (Takes("{")) {
      bounds = Counts();
      if (!bounds) at_ = quantifier_at_;
    }
    if (bounds) Takes("?");  // lazy: takes the same texts
    return bounds;
  }

  // "n}", "n,}" or "n,m}"; anything else after "{" makes it a plain character.
  std::optional<Bounds> Counts() {
    const auto low = Count();
    if (!low) return std::nullopt;
    if (Takes("}")) return Bounds{*low, *low};
    if (!Takes(",")) return std::nullopt;
    if (Takes("}")) return Bounds{*low, kUnbounded};
    const auto high = Count();
    if (!high || !Takes("}")) return std::nullopt;
    return Bounds{*low, *high};
  }

  std::optional<int> Count() {
    constexpr int kCountMax = 100'000;
    const std::size_t begin = at_;
    int count = 0;
    while (at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      count = std::min(kCountMax, count * 10 + (pattern_[at_++] - '0'));
    }
    return at_ == begin ? std::nullopt : std::optional(count);
  }

  Part Atom() {
    if (Takes("(")) return Group();
    if (Takes("[")) return Class(Brackets());
    if (Takes(".")) return Class(Characters().set());
    if (Takes("^") || Takes("$")) return Part{};
    if (Takes("\\")) return Escape();
    return Literal(pattern_[at_++]);
  }

  Part Group() {
    if (Takes("?")) {
      if (Takes("P<") || Takes("<")) {
        at_ = std::min(pattern_.find('>', at_), pattern_.size() - 1) + 1;
      } else {
        while (at_ < pattern_.size() && pattern_[at_] != ':' && pattern_[at_] != ')') ++at_;
        if (Takes(")")) return Part{};  // flags alone
        ++at_;
      }
    }
    EndLiteral();
    const Part part = Alternatives();
    Takes(")");
    literal_open_ = false;
    return part;
  }

  Part Escape() {
    if (at_ >= pattern_.size()) return Part{};
    const char letter = pattern_[at_++];
    constexpr std::string_view kPlaces = "bBAz";
    if (kPlaces.find(letter) != std::string_view::npos) return Part{};
    if (letter == 'Q') return Quoted();
    if (const auto set = ClassOf(letter)) {
      SkipClassName(letter);
      return Class(*set);
    }
    return Literal(Spelled(letter));
  }

  Part Quoted() {
    Part part;
    while (at_ < pattern_.size() && !Takes("\\E")) {
      const Part next = Literal(pattern_[at_++]);
      part.characters |= next.characters;
      part.nullable = false;
    }
    return part;
  }

  void SkipClassName(char letter) {
    if (letter != 'p' && letter != 'P') return;
    if (pattern_.substr(at_).starts_with("{")) at_ = pattern_.find('}', at_);
    at_ = std::min(at_, pattern_.size() - 1) + 1;
  }

  // The character that an escape spells out; one beyond ASCII for those of several bytes.
  char Spelled(char letter) {
    constexpr std::pair<char, char> kControls[] = {{'a', '\a'}, {'f', '\f'}, {'n', '\n'},
                                                   {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};
    for (const auto& [name, control] : kControls) {
      if (name == letter) return control;
    }
    constexpr int kHex = 16;
    constexpr int kOctal = 8;
    if (letter == 'x') {
      const bool braced = Takes("{");
      const char c = Digits(braced ? 8 : 2, kHex);
      if (braced) Takes("}");
      return c;
    }
    if (letter >= '0' && letter <= '7') {
      --at_;
      return Digits(3, kOctal);
    }
    return letter;
  }

  char Digits(int most, unsigned base) {
    unsigned value = 0;
    for (; most > 0 && at_ < pattern_.size(); --most, ++at_) {
      const char c = pattern_[at_];
      const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                    : base;
      if (digit >= base) break;
      value = std::min(value * base + digit, 0x10FFFFU);
    }
    return static_cast<char>(value < kBeyondAscii ? value : kBeyondAscii);
  }

  Characters Brackets() {
    Characters set;
    const bool negated = Takes("^");
    for (bool first = true; at_ < pattern_.size() && (first || pattern_[at_] != ']');
         first = false) {
      set |= Element();
    }
    Takes("]");
    if (any_case_) set = BothCases(set);
    return negated ? ~set : set;
  }

  // One character, range or class between brackets.
  Characters Element() {
    if (Takes("[:")) {
      const bool negated = Takes("^");
      const std::size_t end = std::min(pattern_.find(":]", at_), pattern_.size());
      const Characters set = NamedClass(pattern_.substr(at_, end - at_));
      at_ = std::min(end + 2, pattern_.size());
      return negated ? ~set : set;
    }
    if (pattern_[at_] == '\\' && at_ + 1 < pattern_.size()) {
      if (const auto set = ClassOf(pattern_[at_ + 1])) {
        at_ += 2;
        SkipClassName(pattern_[at_ - 1]);
        return *set;
      }
    }
    const auto low = static_cast<unsigned char>(InBrackets());
    if (at_ + 1 >= pattern_.size() || pattern_[at_] != '-' || pattern_[at_ + 1] == ']') {
      return Between(low, low);
    }
    ++at_;
    return Between(low, static_cast<unsigned char>(InBrackets()));
  }

  char InBrackets() {
    const char c = pattern_[at_++];
    if (c != '\\' || at_ >= pattern_.size()) return c;
    const char letter = pattern_[at_++];
    return Spelled(letter);
  }

  Part Class(const Characters& set) {
    EndLiteral();
    // The ends of a class and something from its middle.
    std::vector<std::size_t> members;
    for (std::size_t c = ' '; c < kBeyondAscii; ++c) {
      if (set[c]) members.push_back(c);
    }
    if (!members.empty()) {
      for (const std::size_t i : {std::size_t{0}, members.size() / 2, members.size() - 1}) {
        AddCharacter(static_cast<char>(members[i]), shape_.characters);
        AddCharacter(static_cast<char>(members[i]), shape_.class_characters);
      }
    }
    return Part{set, false, std::nullopt};
  }

  Part Literal(char c) {
    literal_ += c;
    literal_open_ = true;
    const auto byte = static_cast<unsigned char>(c);
    if (byte < kBeyondAscii) AddCharacter(c, shape_.characters);
    Part part{Between(byte, byte), false, std::nullopt};
    if (any_case_) part.characters = BothCases(part.characters);
    return part;
  }

  static void AddCharacter(char c, std::string& characters) {
    if (characters.find(c) == std::string::npos) characters += c;
  }

  void EndLiteral() {
    literal_open_ = false;
    if (literal_.empty()) return;
    if (shape_.literals.size() < kShapeLiteralsMax) shape_.literals.push_back(literal_);
    literal_.clear();
  }

  // A quantifier takes the last character out of a run of plain ones.
  void DropLastLiteral() {
    if (!literal_open_ || literal_.empty()) return;
    literal_.pop_back();
    EndLiteral();
  }

  void Fail(std::string message) {
    if (!shape_.fault) shape_.fault = {quantifier_at_, std::move(message)};
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::size_t quantifier_at_ = 0;
  bool any_case_ = false;      // some part may ignore case, so all are taken to
  std::string literal_;        // the run of plain characters that is being read
  bool literal_open_ = false;  // the last atom was one of them
  PatternShape shape_;
};

}  // namespace

PatternShape ReadPatternShape(std::string_view pattern) { return Reader(pattern).Read(); }

}  // namespace axonflow::policy

#include "policy/pii/identifier_rule.h"

#include <array>
#include <cstdint>

#include "policy/pii/characters.h"
#include "policy/pii/identifiers.h"

namespace axonflow::policy::pii {
namespace {

constexpr std::size_t kPiecesMax = 8;

// The groups of letters and digits from one place on, with single separators between them, as one
// value of growing length.
class Pieces {
 public:
  Pieces(std::string_view text, std::size_t begin) {
    std::size_t at = begin;
    while (count_ < kPiecesMax) {
      const std::size_t end = AppendPiece(text, at);
      if (end == at) return;
      const bool closed = open_ && At(text, end) == ')';
      if (open_ && !closed) return;
      marks_[count_++] = {static_cast<std::uint8_t>(size_), static_cast<std::uint8_t>(layout_size_),
                          (classes_ & kLower) != 0, end + (closed ? 1 : 0)};
      const char separator = At(text, end);
      if (closed || !IsSeparator(separator) || !IsAlnum(At(text, end + 1))) return;
      open_ = separator == '(';
      layout_[layout_size_++] = separator;
      at = end + 1;
    }
  }

  std::size_t count() const { return count_; }
  // The first `count` groups, at least one, as value, layout and end in the text.
  Value value(std::size_t count) const {
    const std::size_t size = marks_[count - 1].size;
    return {{value_.data(), size}, letters_ & ((1U << size) - 1)};
  }
  std::string_view layout(std::size_t count) const {
    return {layout_.data(), marks_[count - 1].layout_size};
  }
  std::size_t end(std::size_t count) const { return marks_[count - 1].end; }
  bool has_lower(std::size_t count) const { return marks_[count - 1].has_lower; }

 private:
  struct Mark {
    std::uint8_t size;
    std::uint8_t layout_size;
    bool has_lower;
    std::size_t end;
  };

  static constexpr unsigned kDigit = 1;
  static constexpr unsigned kUpper = 2;
  static constexpr unsigned kLower = 4;
  static constexpr std::array<std::uint8_t, 256> kKinds = [] {
    std::array<std::uint8_t, 256> kinds{};
    for (std::size_t c = '0'; c <= '9'; ++c) kinds[c] = kDigit;
    for (std::size_t c = 'A'; c <= 'Z'; ++c) kinds[c] = kUpper;
    for (std::size_t c = 'a'; c <= 'z'; ++c) kinds[c] = kLower;
    return kinds;
  }();

  static bool IsSeparator(char c) {
    return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(';
  }

  // Takes the group at `begin` and returns its end; `begin` when it is none or too long. A group
  // behind the first has a digit or is a few capitals.
  std::size_t AppendPiece(std::string_view text, std::size_t begin) {
    constexpr std::size_t kLettersMax = 3;
    unsigned classes = 0;
    std::size_t end = begin;
    for (; end < text.size(); ++end) {
      const char c = text[end];
      const unsigned kind = kKinds[static_cast<std::uint8_t>(c)];
      if (kind == 0) break;
      if (size_ == kIdentifierBytesMax) return begin;
      classes |= kind;
      letters_ |= static_cast<std::uint32_t>(kind != kDigit) << size_;
      // The bit of a small letter, moved, is what tells it from the capital.
      value_[size_++] = static_cast<char>(static_cast<unsigned>(c) ^ ((kind & kLower) << 3U));
    }
    const std::size_t length = end - begin;
    const bool digits = (classes & kDigit) != 0;
    if (count_ > 0 && !digits && ((classes & kLower) != 0 || length > kLettersMax)) return begin;
    classes_ |= classes;
    AppendLength(length);
    return end;
  }

  void AppendLength(std::size_t length) {
    if (length >= 10) layout_[layout_size_++] = '1';
    layout_[layout_size_++] = static_cast<char>('0' + length % 10);
  }

  std::array<char, kIdentifierBytesMax> value_;
  std::array<char, 3 * kPiecesMax> layout_;
  std::array<Mark, kPiecesMax> marks_;
  std::size_t size_ = 0;
  std::size_t layout_size_ = 0;
  std::size_t count_ = 0;
  std::uint32_t letters_ = 0;  // a bit for each byte of value_
  unsigned classes_ = 0;
  bool open_ = false;
};

// A layout with spaces is one of several numbers in a row when another number touches it.
bool IsListed(std::string_view text, std::size_t begin, std::size_t end) {
  const bool before = At(text, begin - 1) == ' ' && IsDigit(At(text, begin - 2));
  return before || (At(text, end) == ' ' && IsDigit(At(text, end + 1)));
}

// The identifier that the groups' layout and check prove by themselves, or null.
const Identifier* FindProven(Detection& detection, std::size_t begin, const Pieces& pieces,
                             std::size_t count) {
  const Value value = pieces.value(count);
  const std::string_view layout = pieces.layout(count);
  if (pieces.has_lower(count)) return nullptr;
  for (const auto& proven : ProvenLayoutsOfLength(value.bytes.size(), value.letters != 0)) {
    if (proven.layout != layout || !IsValid(proven.identifier, value)) continue;
    const std::size_t end = pieces.end(count);
    const bool spaced = layout.find(' ') != std::string_view::npos;
    if (spaced && IsListed(detection.text, begin, end)) continue;
    // A letter checks one short number in 23: goods have numbers of that form as well.
    constexpr std::size_t kShort = 10;
    const bool goods = (detection.context.Near(begin, end).both() & kTradeWord) != 0;
    if (value.bytes.size() <= kShort && goods) continue;
    return &proven.identifier;
  }
  return nullptr;
}

// Whether the identifier may be written in this layout.
bool AllowsLayout(const Identifier& identifier, const Pieces& pieces, std::size_t count) {
  return identifier.need != Need::kBeside || identifier.layouts.empty() ||
         ListsLayout(identifier, pieces.layout(count));
}

// Whether some identifier has this form, so that the words around are worth reading.
bool FitsAny(const Pieces& pieces, std::size_t count) {
  const Value value = pieces.value(count);
  for (const auto& identifier : IdentifiersOfLength(value.bytes.size(), value.letters != 0)) {
    if (HasShape(identifier, value) && AllowsLayout(identifier, pieces, count)) return true;
  }
  return false;
}

// What a value can be, whatever the words around it say.
struct Prospect {
  bool fits = false;       // some identifier's form
  bool claimable = false;  // one with a check, which may have failed
  bool valid = false;      // form and check of one that need not be named directly before
  RuleSet beside;          // those that must be
};

Prospect Survey(const Pieces& pieces, std::size_t count) {
  const Value value = pieces.value(count);
  Prospect prospect;
  for (const auto& identifier : IdentifiersOfLength(value.bytes.size(), value.letters != 0)) {
    if (!HasShape(identifier, value)) continue;
    prospect.claimable |= identifier.check != nullptr;
    if (!AllowsLayout(identifier, pieces, count)) continue;
    prospect.fits = true;
    if (identifier.check != nullptr && !identifier.check(value.bytes)) continue;
    if (identifier.need != Need::kBeside) {
      prospect.valid = true;
      return prospect;
    }
    if (!pieces.has_lower(count)) prospect.beside.Insert(identifier.rule);
  }
  return prospect;
}

// Whether the words around let the identifier count in this layout.
bool IsNamed(const Identifier& identifier, const NamesNear& names, const Pieces& pieces,
             std::size_t count) {
  const Rule rule = identifier.rule;
  if (identifier.need == Need::kBeside) {
    return names.beside.Has(rule) && !pieces.has_lower(count) &&
           AllowsLayout(identifier, pieces, count);
  }
  if (names.other) return false;
  if (!names.near.empty()) return names.near.Has(rule) || (names.general && names.of.Has(rule));
  if (!names.of.empty()) return names.general && names.of.Has(rule);
  return names.general && identifier.need == Need::kGeneral;
}

// The first identifier that fits value and words; those of the nearest name come first. `claimed`
// becomes true when one of the nearest name has the form alone.
const Identifier* FindNamed(const NamesNear& names, const Pieces& pieces, std::size_t count,
                            bool& claimed) {
  const Value value = pieces.value(count);
  const Identifier* found = nullptr;
  for (const auto& identifier : IdentifiersOfLength(value.bytes.size(), value.letters != 0)) {
    const bool nearest = names.nearest.Has(identifier.rule);
    if (found != nullptr && !nearest) continue;
    if (!nearest && !IsNamed(identifier, names, pieces, count)) continue;
    if (!HasShape(identifier, value)) continue;
    if (nearest && identifier.check != nullptr && !names.other) claimed = true;
    if (identifier.check != nullptr && !identifier.check(value.bytes)) continue;
    if (!IsNamed(identifier, names, pieces, count)) continue;
    if (nearest) return &identifier;
    found = &identifier;
  }
  return found;
}

// Reports the longest value that the words around or its own layout prove.
IdentifierOutcome ReportProvenOrNamed(Detection& detection, std::size_t begin,
                                      const Pieces& pieces) {
  const NamesNear names = detection.context.Names(begin, pieces.end(pieces.count()));
  IdentifierOutcome outcome;
  for (std::size_t count = pieces.count(); count > 0; --count) {
    if (pieces.value(count).bytes.size() < kIdentifierBytesMin) break;
    const std::size_t end = pieces.end(count);
    if (!detection.StandsAlone(begin, end)) continue;
    if (!FitsAny(pieces, count)) continue;
    bool claimed = false;
    const Identifier* found = nullptr;
    int percent = 80;
    // A longer value that only claims to be an identifier is none of its shorter beginnings either.
    if ((names.general || !names.near.empty()) && !outcome.claimed) {
      found = FindNamed(names, pieces, count, claimed);
      if (found != nullptr) percent = found->check == nullptr ? 75 : 90;
    }
    if (found == nullptr) {
      found = FindProven(detection, begin, pieces, count);
      // "CPR 120785-9792" may pass for a number of Sweden, but its name says what it is.
      if (found != nullptr && claimed && !names.nearest.Has(found->rule)) found = nullptr;
      if (found == nullptr && claimed) outcome = {end, true, 0};
    }
    if (found == nullptr) continue;
    if (names.near.Has(found->rule)) percent = found->check == nullptr ? 80 : 95;
    detection.Add(found->rule, begin, end, percent);
    return {end, false, 0};
  }
  return outcome;
}

}  // namespace

std::size_t IdentifierBegin(const Detection& detection, std::size_t at) {
  constexpr std::size_t kLettersMax = 4;
  const std::string_view text = detection.text;
  const char separator = At(text, at - 1);
  if (separator != ' ' && separator != '-') return at;
  std::size_t begin = at - 1;
  while (at - 1 - begin <= kLettersMax && IsUpper(At(text, begin - 1))) --begin;
  const std::size_t letters = at - 1 - begin;
  const bool apart = letters >= 1 && letters <= kLettersMax && begin >= detection.floor &&
                     !IsWordByte(At(text, begin - 1));
  return apart ? begin : at;
}

IdentifierOutcome ReportIdentifier(Detection& detection, std::size_t begin, Claims claims) {
  const Pieces pieces(detection.text, begin);
  IdentifierOutcome outcome;
  RuleSet beside;
  bool hopeful = false;
  for (std::size_t count = pieces.count(); count > 0 && !hopeful; --count) {
    if (pieces.value(count).bytes.size() < kIdentifierBytesMin) break;
    const std::size_t end = pieces.end(count);
    if (!detection.StandsAlone(begin, end)) continue;
    const Prospect prospect = Survey(pieces, count);
    if (!prospect.fits) continue;
    hopeful = prospect.valid;
    beside |= prospect.beside;
    if (prospect.claimable && outcome.open_end == 0) outcome.open_end = end;
  }
  if (!hopeful && !beside.empty()) {
    hopeful = !(detection.context.NamesBeside(begin) & beside).empty();
  }
  if (!hopeful && (outcome.open_end == 0 || claims == Claims::kLater)) return outcome;
  return ReportProvenOrNamed(detection, begin, pieces);
}

}  // namespace axonflow::policy::pii

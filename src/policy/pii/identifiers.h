#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/pii/pii_detector.h"

namespace axonflow::policy::pii {

inline constexpr Rule kFirstIdentifier = Rule::kUkNhs;
inline constexpr std::size_t kIdentifierRules =
    static_cast<std::size_t>(Rule::kCount) - static_cast<std::size_t>(kFirstIdentifier);

// A set of the rules from kFirstIdentifier on.
class RuleSet {
 public:
  constexpr RuleSet() = default;
  template <typename... Rules>
  static constexpr RuleSet Of(Rules... rules) {
    RuleSet set;
    (set.Insert(rules), ...);
    return set;
  }
  // All rules from `first` to `last`.
  static constexpr RuleSet Range(Rule first, Rule last) {
    RuleSet set;
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i) {
      set.Insert(static_cast<Rule>(i));
    }
    return set;
  }
  constexpr void Insert(Rule rule) { words_[Place(rule) / 64] |= 1ULL << (Place(rule) % 64); }
  constexpr bool Has(Rule rule) const {
    return ((words_[Place(rule) / 64] >> (Place(rule) % 64)) & 1U) != 0;
  }
  constexpr bool empty() const { return (words_[0] | words_[1]) == 0; }
  constexpr RuleSet operator|(RuleSet other) const {
    RuleSet set;
    set.words_[0] = words_[0] | other.words_[0];
    set.words_[1] = words_[1] | other.words_[1];
    return set;
  }
  constexpr RuleSet operator&(RuleSet other) const {
    RuleSet set;
    set.words_[0] = words_[0] & other.words_[0];
    set.words_[1] = words_[1] & other.words_[1];
    return set;
  }
  constexpr RuleSet& operator|=(RuleSet other) { return *this = *this | other; }

 private:
  static_assert(kIdentifierRules <= 128, "the set has two words");
  static constexpr unsigned Place(Rule rule) {
    return static_cast<unsigned>(rule) - static_cast<unsigned>(kFirstIdentifier);
  }
  std::uint64_t words_[2] = {0, 0};
};

// What must stand near a value that its layout alone does not prove.
enum class Need : std::uint8_t {
  kName,     // the identifier's own name, or a general one ("tax id") and its country
  kGeneral,  // a general name is enough: the check lets one number in a hundred through
  kBeside,   // the name directly before it: there is no check
};

// One written form of an identifier.
struct Identifier {
  Rule rule;
  // The value without separators: '9' a digit, 'A' a letter, 'X' either, '0' and small letters
  // stand for themselves.
  std::string_view shape;
  bool (*check)(std::string_view);  // given the value without separators, in capitals; may be null
  Need need;
  // Layouts separated by '|': lengths of the groups with what stands between them, as in
  // "3.3.3-2"; the bare value is its length. Those listed prove themselves, and a name lets any
  // other layout count too; for kBeside they are the only ones, unless none is listed.
  std::string_view layouts;

  // Derived from the shape, a bit for each place: where a digit and where a letter must stand.
  std::uint32_t digits = 0;
  std::uint32_t letters = 0;
  bool has_literals = false;
};

inline constexpr std::size_t kIdentifierBytesMin = 6;
inline constexpr std::size_t kIdentifierBytesMax = 18;

// A layout that proves itself.
struct ProvenLayout {
  std::string_view layout;
  Identifier identifier;
};

// As below, for the layouts that prove themselves.
std::span<const ProvenLayout> ProvenLayoutsOfLength(std::size_t length, bool has_letter);

// The forms whose value without separators has this length, and which a value with or without
// letters can have; empty outside the two bounds.
std::span<const Identifier> IdentifiersOfLength(std::size_t length, bool has_letter);

// Whether the places that stand for themselves hold what they must.
bool HasLiterals(const Identifier& identifier, std::string_view value);

// A value without separators: digits and capitals, and a bit for each place that holds a letter.
struct Value {
  explicit Value(std::string_view bytes_in);
  Value(std::string_view bytes_in, std::uint32_t letters_in)
      : bytes(bytes_in), letters(letters_in) {}

  std::string_view bytes;
  std::uint32_t letters;
};

// Whether the value, which has the identifier's length, fits its shape.
inline bool HasShape(const Identifier& identifier, const Value& value) {
  if ((identifier.digits & value.letters) != 0) return false;
  if ((identifier.letters & ~value.letters) != 0) return false;
  return !identifier.has_literals || HasLiterals(identifier, value.bytes);
}

// Whether it fits the check as well.
inline bool IsValid(const Identifier& identifier, const Value& value) {
  return HasShape(identifier, value) &&
         (identifier.check == nullptr || identifier.check(value.bytes));
}

bool ListsLayout(const Identifier& identifier, std::string_view layout);

}  // namespace axonflow::policy::pii

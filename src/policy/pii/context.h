#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "policy/pii/identifier_words.h"
#include "policy/pii/vocabulary.h"

namespace axonflow::policy::pii {

inline constexpr std::size_t kContextBytes = 50;
// The name of an identifier counts up to here before the value, and kContextBytes after it.
inline constexpr std::size_t kNameReach = 80;
// What "directly before" means for identifiers that have no check.
inline constexpr std::size_t kBesideReach = 24;

// What the words around a value say. A word counts when it lies wholly within kContextBytes before
// or after the value.
struct Surroundings {
  Topics before = 0;
  Topics after = 0;
  Topics both() const { return before | after; }
};

// What the words around a value say about identifiers.
struct NamesNear {
  RuleSet near;     // named before or after the value
  RuleSet nearest;  // by the last name before it, or when there is none, by the first after it
  RuleSet beside;   // named within kBesideReach before it
  RuleSet of;       // of the countries spoken of
  bool general = false;
  // A word about telephones or an IBAN stands nearer before the value than any name.
  bool other = false;
};

// Reads the words around values on demand. Values must be asked for in (roughly) rising order: each
// byte of the text is read a bounded number of times whatever is asked, and text that is near no
// value is never read.
class Context {
 public:
  explicit Context(std::string_view text) : text_(text) {}

  Surroundings Near(std::size_t begin, std::size_t end);
  NamesNear Names(std::size_t begin, std::size_t end);
  // NamesNear::beside alone; reads nothing behind the value.
  RuleSet NamesBeside(std::size_t begin);

  // Makes it possible to ask for values before the last one again.
  void Forget() { read_ = previous_begin_ = previous_end_ = seen_count_ = 0; }

 private:
  // Without initial values: the ring is made for every text.
  struct Seen {
    std::size_t begin;
    std::size_t end;
    Topics topics;
    const IdentifierWord* name;  // may be null
  };
  // A window of kNameReach, a value and kContextBytes holds fewer known words than this.
  static constexpr std::size_t kSeenMax = 128;

  void Remember(std::size_t begin, std::size_t end, Topics topics, const IdentifierWord* name);
  void ReadAround(std::size_t begin, std::size_t limit);
  void ReadTo(std::size_t limit);
  std::size_t NextCharacter(std::size_t at) const;
  void ReadPlainWords(std::size_t limit);
  void ReadPlainWord(std::size_t begin, std::size_t end);
  void ReadWord(std::size_t begin, std::size_t end);
  void RememberWord(std::size_t begin, std::string_view lower, std::uint32_t hash, bool wide);
  void ReadRun(std::size_t begin, std::size_t end);

  std::string_view text_;
  std::size_t read_ = 0;            // words that end before this are in seen_
  std::size_t previous_begin_ = 0;  // of the last word read; empty for none
  std::size_t previous_end_ = 0;
  std::array<Seen, kSeenMax> seen_;
  std::size_t seen_count_ = 0;  // ever; the ring keeps the last kSeenMax
};

// The labels of the word or words that directly precede `begin`, with at most a separator, and
// words like "no", "number", "is" in between. Looks back at most kLabelReach bytes. kBridge is set
// when such a word, or one of the separators ':', '=', '#', stood between.
inline constexpr std::size_t kLabelReach = 64;
Topics LabelBefore(std::string_view text, std::size_t begin);

// The topics of the word that directly follows `end` after at most a space, a comma and a hyphen.
Topics WordAfter(std::string_view text, std::size_t end);

}  // namespace axonflow::policy::pii

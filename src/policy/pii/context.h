#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "policy/pii/vocabulary.h"

namespace axonflow::policy::pii {

inline constexpr std::size_t kContextBytes = 50;

// What the words around a value say. A word counts when it lies wholly within kContextBytes before
// or after the value.
struct Surroundings {
  Topics before = 0;
  Topics after = 0;
  Topics both() const { return before | after; }
};

// Reads the words around values on demand. Values must be asked for in (roughly) rising order: each
// byte of the text is read a bounded number of times whatever is asked, and text that is near no
// value is never read.
class Context {
 public:
  explicit Context(std::string_view text) : text_(text) {}

  Surroundings Near(std::size_t begin, std::size_t end);

 private:
  struct Seen {
    std::size_t begin = 0;
    std::size_t end = 0;
    Topics topics = 0;
  };
  // A window of twice kContextBytes and a value holds fewer known words than this.
  static constexpr std::size_t kSeenMax = 128;

  void Remember(std::size_t begin, std::size_t end, Topics topics);
  void ReadTo(std::size_t limit);

  std::string_view text_;
  std::size_t read_ = 0;  // words that end before this are in seen_
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

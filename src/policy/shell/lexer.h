#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace axonflow::policy::shell {

// How far one command line is read, and how much of it is kept.
inline constexpr std::size_t kLineBytesMax = 2048;
inline constexpr std::size_t kWordsMax = 96;
inline constexpr std::size_t kCommandsMax = 24;

struct Word {
  std::string_view value;   // as the shell reads it: without quotes and escapes
  std::uint32_t begin = 0;  // in the text
  std::uint32_t end = 0;
  bool quoted = false;        // begins with a quote
  bool spliced = false;       // quotes, escapes or empty variables stand inside a bare word
  bool substitution = false;  // holds $(...), `...` or <(...)
};

enum class Joint : std::uint8_t { kNone, kThen, kAnd, kOr, kPipe, kBackground, kLine };

struct Redirection {
  std::string_view target;
  bool out = false;
  bool append = false;
};

// One simple command: words up to an operator.
struct Simple {
  std::uint16_t first = 0;  // of its words in Line::words
  std::uint16_t last = 0;   // one past
  Joint before = Joint::kNone;
  Redirection out;   // the last > or >>
  Redirection in;    // the last < or <<<
  bool ifs = false;  // ${IFS} stands for a blank
};

// The commands from one place on to the end of its line, quote or substitution.
struct Line {
  std::array<Word, kWordsMax> words;
  std::array<Simple, kCommandsMax> commands;
  std::size_t word_count = 0;
  std::size_t command_count = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;                  // where reading stopped
  std::array<char, kLineBytesMax> arena;  // the values that are not bytes of the text in a row
  std::size_t arena_size = 0;

  std::span<const Word> WordsOf(const Simple& simple) const {
    return std::span<const Word>(words).subspan(simple.first, simple.last - simple.first);
  }
  std::span<const Simple> Commands() const {
    return std::span<const Simple>(commands).first(command_count);
  }
};

// Reads the command line that begins at `at`, at most `bytes_max` bytes of it, into `line`. It ends
// at a line break that is not escaped, at an unquoted `closer` (the quote or bracket that was open
// before `at`; '\0' for none), or at a bracket or quote that nothing opened. Percent-encoded
// separators (%20, %0a, %3b, %7c, %26) count as what they stand for.
void ReadLine(std::string_view text, std::size_t at, char closer, std::size_t bytes_max,
              Line& line);

}  // namespace axonflow::policy::shell

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/shell/lexer.h"
#include "policy/shell/shell_detector.h"
#include "policy/shell/vocabulary.h"
#include "policy/shell/word_set.h"

namespace axonflow::policy::shell {

// How sure it is that a word stands where a command does.
enum class Grade : std::uint8_t {
  kProse,     // in the middle of words
  kOpened,    // behind a quote, a bracket or a colon
  kPrefixed,  // behind sudo, xargs and the like
  kJoined,    // behind ; | & && || or an opened substitution
  kLine,      // first on its line
  kText,      // first in the text
};

// One command to judge, with the line it stands on.
struct Case {
  std::string_view text;
  const Line* line = nullptr;
  std::size_t index = 0;        // of the simple command on the line
  std::span<const Word> words;  // the command and its arguments
  Command command = Command::kNone;
  Grade grade = Grade::kProse;

  std::span<const Word> arguments() const { return words.subspan(1); }
  const Simple& simple() const { return line->commands[index]; }
  std::uint32_t begin() const { return words.front().begin; }
  std::uint32_t end() const { return words.back().end; }
  std::uint32_t line_end() const { return std::max(line->end, end()); }
};

// Takes the hits of the rules; implemented by the detector.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Report(Rule rule, std::size_t begin, std::size_t end, float confidence) = 0;
};

// Comparisons that fold ASCII case.
bool EqualsIgnoringCase(std::string_view text, std::string_view word);
bool StartsIgnoringCase(std::string_view text, std::string_view word);
bool ContainsIgnoringCase(std::string_view text, std::string_view word);

template <typename Range>
bool ContainsAny(std::string_view text, const Range& words) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return ContainsIgnoringCase(text, word); });
}

// Whether some argument is exactly one of `words`.
bool HasArgument(std::span<const Word> words, std::initializer_list<std::string_view> wanted);
// Whether some argument of single letters (-rf) holds `letter`.
bool HasLetter(std::span<const Word> words, char letter);
// Whether some argument starts with one of `wanted`.
bool HasArgumentStarting(std::span<const Word> words,
                         std::initializer_list<std::string_view> wanted);

// The path without the full stop or bracket of the sentence it stands in.
std::string_view CleanPath(std::string_view path);

// "/", "~", "$HOME", "/etc", "/usr/*" and the like: what a machine cannot lose.
bool IsSystemRoot(std::string_view path);
// A disk as a whole or a part of one: /dev/sda, /dev/nvme0n1p2, \\.\PhysicalDrive0.
bool IsDisk(std::string_view path);
// Keys, password files, secrets of users and services.
bool IsCredentialFile(std::string_view path);
// A credential file, or another that only matters to an intruder (/etc/passwd).
bool IsSensitiveFile(std::string_view path);
// Whether `words` hold a substitution that runs one of the commands that tell about a machine.
bool HoldsRevealingSubstitution(const Word& word);

// What follows `from` on the line through pipes, up to `stop`.
bool PipesIntoInterpreter(const Case& one);
// The command of the line at `index`, prefixes skipped; kNone beyond the line.
struct Resolved {
  Command command = Command::kNone;
  std::span<const Word> words;
};
Resolved ResolveCommand(const Line& line, std::size_t index);
Resolved ResolveWords(std::span<const Word> words);

// The rules by their subject. Each reports at most a few hits for the one command.
void JudgeRunning(const Case& one, Sink& sink);   // remote shells, download and run
void JudgeRuin(const Case& one, Sink& sink);      // destruction, containers, clouds
void JudgeAccess(const Case& one, Sink& sink);    // credentials, exfiltration
void JudgeFoothold(const Case& one, Sink& sink);  // persistence, privileges, protection
void JudgeWindows(const Case& one, Sink& sink);
void JudgeWrite(const Case& one, std::string_view target, bool append, Sink& sink);
// A command behind a value, or as the whole text.
void JudgeAppended(const Case& one, Sink& sink);
// A command that hides its name, a decoder that feeds a shell.
void JudgeObfuscation(const Case& one, Sink& sink);

}  // namespace axonflow::policy::shell

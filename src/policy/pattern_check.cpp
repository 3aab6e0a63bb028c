#include "policy/pattern_check.h"

#include <re2/re2.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "policy/pattern_shape.h"

namespace axonflow::policy {
namespace {

// What a pattern may use while it runs, as where policies are judged.
constexpr std::int64_t kMemoryBytesMax = 512U << 10U;
constexpr std::size_t kTrialBytes = 4'096;  // a text

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// CPU time of this thread: what other programs do meanwhile does not count.
nanoseconds CpuTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options Options(bool capture) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(!capture);
  options.set_max_mem(kMemoryBytesMax);
  return options;
}

Error Refusal(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::size_t CharactersOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// RE2's own words, in those of a person where they would not be understood, and the place.
Error SyntaxError(const RE2& re2, std::string_view pattern) {
  const std::string& argument = re2.error_arg();
  std::string message = "the pattern is malformed: " + re2.error();
  const bool looks_around = argument.starts_with("(?=") || argument.starts_with("(?!") ||
                            argument.starts_with("(?<=") || argument.starts_with("(?<!") ||
                            argument == "(?<";
  const bool refers_back =
      argument.size() == 2 && argument[0] == '\\' && argument[1] >= '1' && argument[1] <= '9';
  if (looks_around) message = "the pattern uses look-around, which is not supported";
  if (refers_back) message = "the pattern uses a back-reference, which is not supported";
  const std::size_t place = argument.empty() ? std::string::npos : pattern.find(argument);
  if (place != std::string::npos) message += " (at byte " + std::to_string(place) + ")";
  return Refusal(std::move(message));
}

Status CheckShape(const RE2& re2, const PatternShape& shape) {
  if (shape.fault) {
    return Refusal("the pattern has " + shape.fault->message + " (at byte " +
                   std::to_string(shape.fault->position) + ")");
  }
  if (shape.matches_empty || re2.Match("", 0, 0, RE2::UNANCHORED, nullptr, 0)) {
    return Refusal("the pattern matches the empty text");
  }
  const int program = re2.ProgramSize();
  const int most = shape.varies ? kPatternProgramMax : kPatternProgramOfTokenMax;
  if (program > most) {
    return Refusal("the pattern is too large: its program has " + std::to_string(program) +
                   " steps, at most " + std::to_string(most) + " are allowed");
  }
  return {};
}

Status CheckSize(std::string_view pattern) {
  if (pattern.empty()) return Refusal("the pattern is empty");
  if (CharactersOf(pattern) > kTenantPatternCharactersMax) {
    return Refusal("the pattern has more than " + std::to_string(kTenantPatternCharactersMax) +
                   " characters");
  }
  return {};
}

// A fixed sequence of numbers that looks random, so that a trial is the same every time.
class Dice {
 public:
  std::size_t Below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33U) % bound;
  }

 private:
  std::uint64_t state_ = 20'240'229;
};

// Heads of the literals in random order, each cut at a random place, with characters of the classes
// between them: what keeps as many half-found matches alive as the pattern allows.
std::string ShuffledHeads(const PatternShape& shape) {
  Dice dice;
  std::string text;
  while (text.size() < kTrialBytes) {
    if (!shape.literals.empty()) {
      const std::string& literal = shape.literals[dice.Below(shape.literals.size())];
      text += std::string_view(literal).substr(0, 1 + dice.Below(literal.size()));
    }
    for (std::size_t i = dice.Below(3); i > 0 && !shape.characters.empty(); --i) {
      text += shape.characters[dice.Below(shape.characters.size())];
    }
    text += ' ';
  }
  return text;
}

std::string ShuffledCharacters(std::string_view characters) {
  Dice dice;
  std::string text;
  while (text.size() < kTrialBytes) text += characters[dice.Below(characters.size())];
  return text;
}

std::string Repeat(std::string_view part) {
  std::string text;
  while (text.size() < kTrialBytes) text += part;
  return text;
}

std::vector<std::string> TrialTexts(const PatternShape& shape) {
  constexpr std::size_t kRepeatedMax = 4;
  std::vector<std::string> texts;
  texts.push_back(
      Repeat("The quarterly report shows that revenue rose by 4 % in 2023; see note 7. "));
  texts.push_back(ShuffledHeads(shape));
  if (shape.characters.empty()) return texts;
  texts.push_back(ShuffledCharacters(shape.characters));
  // Without the plain characters a match stays open for as long as the classes allow.
  if (!shape.class_characters.empty()) {
    texts.push_back(ShuffledCharacters(shape.class_characters));
  }
  for (std::size_t i = 0; i < std::min(kRepeatedMax, shape.characters.size()); ++i) {
    texts.push_back(Repeat(std::string_view(shape.characters).substr(i, 1)));
  }
  for (std::size_t i = 0; i < std::min(kRepeatedMax, shape.literals.size()); ++i) {
    const std::string_view literal = shape.literals[i];
    if (literal.size() > 1) texts.push_back(Repeat(literal.substr(0, literal.size() - 1)));
  }
  return texts;
}

// The least of up to three runs; one run is enough when it is quick.
nanoseconds TimeOf(const RE2& re2, std::string_view text, nanoseconds budget) {
  constexpr int kRuns = 3;
  nanoseconds least = nanoseconds::max();
  for (int run = 0; run < kRuns && least > budget; ++run) {
    const nanoseconds begin = CpuTime();
    const bool matches = re2.Match(Piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
    least = std::min(least, CpuTime() - begin);
    static_cast<void>(matches);
  }
  return least;
}

Status CheckTime(const RE2& re2, const PatternShape& shape) {
  for (const std::string& text : TrialTexts(shape)) {
    constexpr std::size_t kKib = 1'024;
    const nanoseconds budget = nanoseconds(kPatternTimePerKibMax) * (text.size() / kKib);
    const nanoseconds used = TimeOf(re2, text, budget);
    if (used <= budget) continue;
    const auto per_kib = std::chrono::duration_cast<microseconds>(
        used / static_cast<std::int64_t>(text.size() / kKib));
    return Refusal("the pattern is too slow: " + std::to_string(per_kib.count()) +
                   " microseconds a KiB on a text made of its own parts, at most " +
                   std::to_string(kPatternTimePerKibMax.count()) + " are allowed");
  }
  return {};
}

Status Check(std::string_view pattern, bool try_it) {
  if (Status status = CheckSize(pattern); !status) return status;
  // Compiled twice because groups can be counted only where they are kept, and a pattern that keeps
  // them has a larger program than the one that will run.
  const RE2 keeping(Piece(pattern), Options(true));
  if (!keeping.ok()) return SyntaxError(keeping, pattern);
  if (keeping.NumberOfCapturingGroups() > kTenantPatternGroupsMax) {
    return Refusal("the pattern has " + std::to_string(keeping.NumberOfCapturingGroups()) +
                   " capture groups, at most " + std::to_string(kTenantPatternGroupsMax) +
                   " are allowed");
  }
  const RE2 re2(Piece(pattern), Options(false));
  if (!re2.ok()) return SyntaxError(re2, pattern);
  const PatternShape shape = ReadPatternShape(pattern);
  if (Status status = CheckShape(re2, shape); !status) return status;
  return try_it ? CheckTime(re2, shape) : Status();
}

PatternMatch MatchOf(std::string_view text, std::span<const re2::StringPiece> pieces) {
  PatternMatch match;
  match.begin = static_cast<std::size_t>(pieces[0].data() - text.data());
  match.end = match.begin + pieces[0].size();
  for (const re2::StringPiece& group : pieces.subspan(1)) {
    match.groups.push_back(group.data() == nullptr
                               ? std::nullopt
                               : std::optional(std::string(group.data(), group.size())));
  }
  return match;
}

PatternTestResult TestOne(const RE2& re2, std::string_view text, nanoseconds deadline) {
  PatternTestResult result;
  std::array<re2::StringPiece, kTenantPatternGroupsMax + 1> pieces;
  const int wanted = 1 + re2.NumberOfCapturingGroups();
  std::size_t at = 0;
  while (at <= text.size() && result.matches.size() < kPatternTestMatchesMax) {
    if (CpuTime() > deadline) {
      result.finished = false;
      break;
    }
    if (!re2.Match(Piece(text), at, text.size(), RE2::UNANCHORED, pieces.data(), wanted)) break;
    result.matches.push_back(MatchOf(text, std::span(pieces).first(wanted)));
    const PatternMatch& match = result.matches.back();
    at = match.end > match.begin ? match.end : match.end + 1;
  }
  result.matched = !result.matches.empty();
  return result;
}

}  // namespace

Status CheckPatternShape(std::string_view pattern) { return Check(pattern, false); }

Status CheckTenantPattern(std::string_view pattern) { return Check(pattern, true); }

PatternTest TestPattern(std::string_view pattern, std::span<const std::string> inputs) {
  PatternTest test;
  if (const Status status = CheckPatternShape(pattern); !status) {
    test.error = status.error().message;
    return test;
  }
  if (inputs.size() > kPatternTestInputsMax) {
    test.error = "at most " + std::to_string(kPatternTestInputsMax) + " inputs are allowed";
    return test;
  }
  for (const std::string& input : inputs) {
    if (input.size() <= kPatternTestInputBytesMax) continue;
    test.error = "an input has at most " + std::to_string(kPatternTestInputBytesMax) + " bytes";
    return test;
  }
  test.valid = true;
  const RE2 re2(Piece(pattern), Options(true));
  const nanoseconds deadline = CpuTime() + kPatternTestTimeMax;
  for (const std::string& input : inputs) test.results.push_back(TestOne(re2, input, deadline));
  return test;
}

}  // namespace axonflow::policy

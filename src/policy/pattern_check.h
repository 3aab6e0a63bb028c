#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace axonflow::policy {

inline constexpr std::size_t kTenantPatternCharactersMax = 1'000;
inline constexpr int kTenantPatternGroupsMax = 10;
inline constexpr int kPatternProgramMax = 300;         // RE2 instructions
inline constexpr int kPatternProgramOfTokenMax = 800;  // of a pattern without any variable part
inline constexpr int kPatternGapMax = 30;              // n - m of {m,n} over a broad class
inline constexpr std::chrono::microseconds kPatternTimePerKibMax{50};  // CPU time, best of three

// The part of CheckTenantPattern that depends on the pattern alone: RE2 syntax (no look-around, no
// back-reference), 1 to kTenantPatternCharactersMax characters, at most kTenantPatternGroupsMax
// capture groups, no unbounded repetition of something that one of its own unbounded repetitions
// can match alone, as in (a+)+, no match of the empty text, no {m,n} with n - m > kPatternGapMax
// over a class that takes nearly every character, and a program of bounded size. Fails with
// kInvalidArgument; the message names the reason and, where it is known, the byte position.
Status CheckPatternShape(std::string_view pattern);

// Whether a tenant may have `pattern` in a policy: CheckPatternShape, then a trial on texts that
// are made of the pattern's own literals and characters, which must stay within
// kPatternTimePerKibMax. Takes about a millisecond, at worst 100; for the time of writing, not for
// that of loading.
Status CheckTenantPattern(std::string_view pattern);

// A match of a pattern under test; offsets in bytes.
struct PatternMatch {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::optional<std::string>> groups;  // text of each capture group that took part
};

struct PatternTestResult {
  bool matched = false;
  std::vector<PatternMatch> matches;  // at most kPatternTestMatchesMax
  bool finished = true;               // false: the time was over before this input was done
};

struct PatternTest {
  bool valid = false;
  std::string error;                       // of an invalid pattern, or of inputs over a bound
  std::vector<PatternTestResult> results;  // one an input; none for an invalid pattern
};

inline constexpr std::size_t kPatternTestInputsMax = 100;
inline constexpr std::size_t kPatternTestInputBytesMax = 100'000;  // one input
inline constexpr std::size_t kPatternTestMatchesMax = 100;         // an input
inline constexpr std::chrono::seconds kPatternTestTimeMax{5};      // CPU time, all inputs

// Tries `pattern` on each of `inputs`, without effect on anything.
PatternTest TestPattern(std::string_view pattern, std::span<const std::string> inputs);

}  // namespace axonflow::policy

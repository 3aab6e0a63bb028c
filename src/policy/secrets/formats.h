#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/secrets/secrets_detector.h"
#include "policy/secrets/values.h"
#include "policy/secrets/word_starts.h"

namespace axonflow::policy::secrets {

// How the keys of one provider look: a fixed beginning, then a run of an alphabet. The facts are
// from the providers' public documentation.
struct Format {
  std::string_view prefix;
  Rule rule;
  std::uint16_t min = 0;  // bytes after the prefix; a run longer than `max` is something else
  std::uint16_t max = 0;
  Alphabet alphabet = 0;
  // Least Shannon entropy of the run, in tenths of bits a byte; 0 where the format says enough, so
  // that the run is not asked whether it is a placeholder either.
  std::uint8_t entropy_tenths = 0;
  // Judges what a run cannot say; may move the ends of the match. Null for nothing more to judge.
  bool (*accept)(std::string_view text, std::size_t& begin, std::size_t& end) = nullptr;
};

struct FormatMatch {
  const Format* format = nullptr;  // null for no match
  std::size_t begin = 0;
  std::size_t end = 0;
  float confidence = 0;
};

// The filter of all words that begin a format, a login of curl or an entry of .netrc.
const WordFilter& TheWordFilter();

// Returns the format that matches at `at`, the one with the longest prefix first. Reads at most
// the prefix and `max` bytes of each format that shares the first three bytes.
FormatMatch MatchFormat(std::string_view text, std::size_t at);

}  // namespace axonflow::policy::secrets

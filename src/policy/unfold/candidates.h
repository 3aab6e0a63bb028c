#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::unfold {

enum class Sign : std::uint8_t {
  kNone,
  kPercent,
  kEntity,
  kBackslash,
  kComment,
  kHigh,
  kDigits,  // a run of base64 or hex digits long enough to spell something
  kBinary,
  kSpaced,  // several letters that stand alone, one after the other
};

struct Candidate {
  Sign sign = Sign::kNone;
  std::size_t at = 0;
};

// The first place at or after `from` where something may be encoded; kNone and the size of the text
// when there is none. `from` must not lie inside a run of base64 digits. Skips ordinary text 16
// bytes at a time, and letters of other scripts one at a time.
Candidate NextCandidate(std::string_view text, std::size_t from);

}  // namespace axonflow::policy::unfold

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/policy_view.h"

namespace axonflow::governance {

// `text` with everything the policies would redact removed; for what is stored beside a decision.
// Texts are cut to `bytes_max` first. On a detector's failure returns a fixed marker.
std::string RedactForStorage(const policy::PolicyView& view, std::string_view text,
                             std::size_t bytes_max);

// The same for every string and number of a JSON value; the result is compact JSON of the same
// shape, or an empty string when it would exceed `bytes_max`.
std::string RedactJsonForStorage(const policy::PolicyView& view, std::string_view json,
                                 std::size_t bytes_max);

// What stands for a text that nobody could check.
inline constexpr std::string_view kWithheld = "[withheld: could not be checked for personal data]";

}  // namespace axonflow::governance

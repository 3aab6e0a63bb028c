#pragma once

#include <cstddef>
#include <string_view>

namespace axonflow::policy::pii {

// Runs of capital letters from this length on are looked at: a booking reference may hold no digit.
inline constexpr std::size_t kCapitalRun = 6;

// First place at or after `from` that may start personal data: a digit, '@', or the first of
// kCapitalRun capital letters; text.size() when there is none. Skips 16 bytes at a time.
std::size_t NextTrigger(std::string_view text, std::size_t from);

}  // namespace axonflow::policy::pii

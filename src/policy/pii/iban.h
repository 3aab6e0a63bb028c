#pragma once

#include <cstddef>
#include <string_view>

namespace axonflow::policy::pii {

inline constexpr std::size_t kIbanLengthMin = 15;
inline constexpr std::size_t kIbanLengthMax = 34;

// Length of an IBAN of the country, from the two letters it starts with (upper case, ISO 13616
// registry); 0 for letters that are no country of the registry.
std::size_t IbanLength(char first, char second);

// Returns whether `text` (no separators, letters of either case) is two letters, two digits and 11
// to 30 letters or digits whose ISO 7064 MOD 97-10 remainder is 1. Says nothing of the country's
// length.
bool PassesIbanCheck(std::string_view text);

}  // namespace axonflow::policy::pii

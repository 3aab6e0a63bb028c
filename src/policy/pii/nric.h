#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Returns whether `text` has the shape of a Singapore identity number: one of S, T, F, G, M, seven
// digits, one letter; letters of either case.
bool HasNricShape(std::string_view text);

// Returns whether `text` has that shape and its last letter is the check letter of the digits:
// weights 2 7 6 5 4 3 2, plus 4 for T and G, plus 3 for M, remainder of 11 into the letter table of
// the series.
bool HasNricCheckLetter(std::string_view text);

}  // namespace axonflow::policy::pii

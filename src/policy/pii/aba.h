#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Returns whether `digits` is a routing number of the American Bankers Association: nine ASCII
// digits, weights 3, 7, 1 repeated, weighted sum divisible by ten, and first two digits in a range
// that was ever given out (00 to 12, 21 to 32, 61 to 72, 80).
bool IsAbaRoutingNumber(std::string_view digits);

}  // namespace axonflow::policy::pii

#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Returns whether the last digit of `digits` is the Verhoeff check digit of those before it (the
// dihedral group D5 scheme of J. Verhoeff, 1969), which Aadhaar numbers carry.
// ASCII digits only, 2 to 32 of them; anything else returns false.
bool PassesVerhoeff(std::string_view digits);

}  // namespace axonflow::policy::pii

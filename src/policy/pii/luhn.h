#pragma once

#include <string_view>

namespace axonflow::policy::pii {

// Returns whether `digits` passes the Luhn check (ISO/IEC 7812-1, annex B).
// `digits` holds ASCII digits only, 12 to 19 of them; anything else returns false.
// Reads each byte once; never allocates.
bool PassesLuhn(std::string_view digits);

}  // namespace axonflow::policy::pii

#pragma once

#include <cstddef>

#include "policy/pii/detection.h"

namespace axonflow::policy::pii {

// Runs the rules whose value is letters and digits over the token [begin, end): IBAN (which may go
// on in groups of four behind it), PAN, NRIC and FIN, UEN, passport, booking reference. The token
// is ASCII letters and digits, with no further one on either side. Returns where reading goes on,
// at least `end`.
std::size_t ReportToken(Detection& detection, std::size_t begin, std::size_t end);

// Reports the IPv6 address that starts at `begin`: global unicast, unique local or link local, in
// full or with one "::". Returns its end, or 0 when none starts there.
std::size_t ReportIpv6(Detection& detection, std::size_t begin);

}  // namespace axonflow::policy::pii

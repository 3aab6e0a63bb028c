#pragma once

#include <cstddef>
#include <string_view>

#include "policy/pii/detection.h"

namespace axonflow::policy::pii {

// Reports the e-mail address around the '@' at `at`, if there is one: a local part of at most 64
// bytes, a domain of letters, digits, '-' and '.', and a top-level domain of two or more letters.
// Credentials in a URL (scheme://user:password@host), file names (icon@2x.png) and package versions
// are not addresses. Returns where reading goes on.
std::size_t ReportEmail(Detection& detection, std::size_t at);

// Returns whether an e-mail address's '@' is reached from `from` over bytes of a local part, so
// that a number that ends at `from` is a piece of that address. Looks at most 64 bytes ahead.
bool IsEmailLocalPart(std::string_view text, std::size_t from);

}  // namespace axonflow::policy::pii

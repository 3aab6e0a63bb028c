#pragma once

#include <cstddef>

#include "policy/pii/detection.h"
#include "policy/pii/number_phrase.h"

namespace axonflow::policy::pii {

// A North American number (area, exchange, line: 3-3-4, optional 1 or 001 before, optional
// extension) that starts at group `first`. Reports it and returns the groups it took, or returns 0.
std::size_t TryNanpPhone(Detection& detection, const NumberPhrase& phrase, std::size_t first);

// Any other telephone number: the phrase as a whole. International form and a few national ones
// count by themselves; other digit groups need a word about telephones near, a bare run needs it
// most. Numbers that are dates, prices, round thousands or pieces of a time are left alone. Returns
// whether it reported.
bool ReportPhone(Detection& detection, const NumberPhrase& phrase);

}  // namespace axonflow::policy::pii

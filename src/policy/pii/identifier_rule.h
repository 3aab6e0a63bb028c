#pragma once

#include <cstddef>

#include "policy/pii/detection.h"

namespace axonflow::policy::pii {

struct IdentifierOutcome {
  std::size_t end = 0;  // of the value found or claimed; 0 for none
  // No valid value, but the words name an identifier of this form: a wrong check digit does not
  // make it a telephone or some other number.
  bool claimed = false;
  // End of a value that the words may claim, as they were not read; 0 for none.
  std::size_t open_end = 0;
};

// Most numbers are nothing, claimed or not, and reading the words around costs more than all else.
// With kLater a claim stays open; who then reports a value there takes it back, and asks with kNow.
enum class Claims { kLater, kNow };

// Looks for a national or other identifier of identifiers.cpp that starts at `begin`, the first
// byte of a group of letters and digits, and reports it. Reads at most kPiecesMax groups.
IdentifierOutcome ReportIdentifier(Detection& detection, std::size_t begin, Claims claims);

// Where an identifier may begin whose first digit is at `at`: before the one to four capital
// letters that stand apart in front of it ("QQ 12 34 56 C"); else `at`.
std::size_t IdentifierBegin(const Detection& detection, std::size_t at);

}  // namespace axonflow::policy::pii

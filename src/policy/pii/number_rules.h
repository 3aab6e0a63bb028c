#pragma once

#include <cstddef>

#include "policy/pii/detection.h"
#include "policy/pii/number_phrase.h"

namespace axonflow::policy::pii {

// Runs all rules whose value is digits over the phrase: cards, identity, tax and account numbers,
// IPv4 addresses, dates of birth, telephones. Each group belongs to at most one hit. Returns where
// reading goes on: behind the phrase, or at its later groups when kGroupsMax cut it.
std::size_t ReportNumbers(Detection& detection, const NumberPhrase& phrase);

// How sure a number with this prefix and length is a payment card: kNamed is a brand's own format;
// kWithContext holds Maestro, UnionPay and 19-digit Visa, which are taken only near a card word.
enum class CardBrand : std::uint8_t { kNone, kWithContext, kNamed };
CardBrand BrandOf(std::string_view digits);

}  // namespace axonflow::policy::pii

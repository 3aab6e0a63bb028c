#include "policy/pii/pii_detector.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "policy/pii/characters.h"
#include "policy/pii/detection.h"
#include "policy/pii/email_rule.h"
#include "policy/pii/number_phrase.h"
#include "policy/pii/number_rules.h"
#include "policy/pii/scan.h"
#include "policy/pii/token_rules.h"

namespace axonflow::policy::pii {
namespace {

constexpr std::size_t kRules = static_cast<std::size_t>(Rule::kCount);

constexpr std::array<std::string_view, kRules> kNames = {
    "credit_card",      "email",         "phone",         "ip_address",
    "passport",         "dob",           "booking_ref",   "ssn",
    "bank_account",     "iban",          "pan",           "aadhaar",
    "singapore_nric",   "singapore_fin", "singapore_uen", "singapore_phone",
    "singapore_postal", "indonesia_ktp"};

// Longer than any value of letters and digits; a longer run is one of base64 or the like.
constexpr std::size_t kTokenBytesMax = 40;
// From this length on, digits and an "x" are a telephone number with its extension.
constexpr std::size_t kExtendedDigitsMin = 7;

std::size_t WordEnd(std::string_view text, std::size_t at) {
  while (IsWordByte(At(text, at))) ++at;
  return at;
}

// The word around the digit or capital at `at`, which is where the scan met it.
std::size_t OnToken(Detection& detection, std::size_t at) {
  const std::string_view text = detection.text;
  const std::size_t end = WordEnd(text, at);
  std::size_t begin = at;
  while (begin > detection.floor && end - begin <= kTokenBytesMax && IsWordByte(text[begin - 1])) {
    --begin;
  }
  if (end - begin > kTokenBytesMax) return end;
  if (At(text, end) == ':') {
    const std::size_t address_end = ReportIpv6(detection, begin);
    if (address_end != 0) return address_end;
  }
  const std::string_view token = text.substr(begin, end - begin);
  if (token.find('_') != std::string_view::npos) return end;
  return ReportToken(detection, begin, end);
}

std::size_t OnDigit(Detection& detection, std::size_t at) {
  const std::string_view text = detection.text;
  if (at > detection.floor && IsWordByte(text[at - 1])) return OnToken(detection, at);
  const NumberPhrase phrase = ReadNumberPhrase(text, at);
  const std::size_t first_end = phrase.groups[0].end;
  const bool extended = phrase.count == 1 && phrase.extension_end != 0 &&
                        phrase.groups[0].length() >= kExtendedDigitsMin;
  if (IsWordByte(At(text, first_end)) && !extended) return OnToken(detection, at);
  if (At(text, first_end) == ':') {
    const std::size_t address_end = ReportIpv6(detection, at);
    if (address_end != 0) return address_end;
  }
  return ReportNumbers(detection, phrase);
}

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Rule>(found - kNames.begin());
}

std::string_view ToString(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  return index < kRules ? kNames[index] : std::string_view();
}

void Detect(std::string_view text, Hits& hits) {
  hits.clear();
  // Places are 32-bit; no body limit lets a longer text in, and what lies beyond is said to be
  // missing.
  constexpr std::size_t kTextBytesMax = std::numeric_limits<std::uint32_t>::max();
  if (text.size() > kTextBytesMax) {
    text = text.substr(0, kTextBytesMax);
    hits.truncated = true;
  }
  Detection detection(text, hits);
  std::size_t at = NextTrigger(text, 0);
  while (at < text.size()) {
    const char c = text[at];
    const std::size_t next = c == '@'     ? ReportEmail(detection, at)
                             : IsDigit(c) ? OnDigit(detection, at)
                                          : OnToken(detection, at);
    at = NextTrigger(text, std::max(next, at + 1));
  }
  // Values do not reach back over `floor`, so they come in order without sorting.
  assert(std::is_sorted(hits.hits.begin(), hits.hits.end(),
                        [](const Hit& a, const Hit& b) { return a.begin < b.begin; }));
}

}  // namespace axonflow::policy::pii

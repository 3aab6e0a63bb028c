#include "policy/pii/token_rules.h"

#include <algorithm>
#include <array>

#include "policy/pii/characters.h"
#include "policy/pii/iban.h"
#include "policy/pii/identifier_rule.h"
#include "policy/pii/nric.h"

namespace axonflow::policy::pii {
namespace {

// Whether `token` has a character of the class at each place of `shape`: 'L' a letter, 'D' a digit.
bool HasShape(std::string_view token, std::string_view shape) {
  if (token.size() != shape.size()) return false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (shape[i] == 'L' ? !IsLetter(token[i]) : !IsDigit(token[i])) return false;
  }
  return true;
}

bool AllUpperOrDigit(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return IsUpper(c) || IsDigit(c); });
}

bool HasLower(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return IsLetter(c) && !IsUpper(c); });
}

// Reads up to `length` letters and digits from `begin`, single spaces or hyphens between groups of
// four allowed. Returns the end of the text read, or 0 when it is shorter or goes on.
std::size_t ReadIban(std::string_view text, std::size_t begin, std::size_t length,
                     std::array<char, kIbanLengthMax>& out) {
  constexpr std::size_t kGroup = 4;
  std::size_t i = begin;
  char separator = '\0';
  for (std::size_t count = 0; count < length; ++count) {
    const char c = At(text, i);
    if (count > 0 && count % kGroup == 0 && (c == ' ' || c == '-')) {
      if (count == kGroup) separator = c;
      if (c != separator) return 0;
      ++i;
    }
    if (!IsAlnum(At(text, i))) return 0;
    out[count] = ToUpper(text[i]);
    ++i;
  }
  return i;
}

std::size_t TryIban(Detection& detection, std::size_t begin, std::size_t end) {
  const std::string_view text = detection.text;
  const std::string_view token = text.substr(begin, end - begin);
  if (token.size() < 4 || !HasShape(token.substr(0, 4), "LLDD")) return 0;
  const std::size_t length = IbanLength(ToUpper(token[0]), ToUpper(token[1]));
  if (length == 0 || (token.size() > 4 && token.size() != length)) return 0;
  std::array<char, kIbanLengthMax> iban;
  const std::size_t iban_end = ReadIban(text, begin, length, iban);
  if (iban_end == 0 || !PassesIbanCheck({iban.data(), length})) return 0;
  if (!detection.StandsAlone(begin, iban_end)) return 0;
  const bool named = (detection.context.Near(begin, iban_end).both() & kIbanWord) != 0;
  detection.Add(Rule::kIban, begin, iban_end, named ? 98 : 90);
  return iban_end;
}

bool TryPan(Detection& detection, std::size_t begin, std::size_t end) {
  constexpr std::string_view kHolders = "PCHABGJLFT";
  const std::string_view token = detection.text.substr(begin, end - begin);
  if (token.size() != 10) return false;
  const bool has_shape = HasShape(token, "LLLLLDDDDL");
  const bool holder = kHolders.find(ToUpper(token[3])) != std::string_view::npos;
  const bool certain = has_shape && holder && AllUpperOrDigit(token);
  // Behind its label a PAN may be in small letters, and any ten capitals and digits are one.
  const bool possible = has_shape || AllUpperOrDigit(token);
  if ((!certain && !possible) || !detection.StandsAlone(begin, end)) return false;
  const bool labelled = (detection.LabelAt(begin) & kPanLabel) != 0;
  if (!certain && !labelled) return false;
  detection.Add(Rule::kPan, begin, end, certain ? (labelled ? 95 : 80) : 70);
  return true;
}

bool TryNric(Detection& detection, std::size_t begin, std::size_t end) {
  const std::string_view token = detection.text.substr(begin, end - begin);
  if (!HasNricShape(token) || !detection.StandsAlone(begin, end)) return false;
  const Topics label = detection.LabelAt(begin);
  const bool valid = HasNricCheckLetter(token);
  const bool labelled = (label & (kNricLabel | kFinLabel)) != 0;
  if (!labelled) {
    const bool spoken_of = (detection.context.Near(begin, end).both() & kSingaporeWord) != 0;
    if (!valid || !spoken_of || !AllUpperOrDigit(token)) return false;
  }
  const int percent = labelled ? (valid ? 95 : 80) : 75;
  const char series = ToUpper(token[0]);
  const bool foreigner = series == 'F' || series == 'G' || series == 'M';
  // F, G and M are the numbers of foreigners; behind "NRIC" they are reported under that name too.
  if (!foreigner || (label & kNricLabel) != 0) {
    detection.Add(Rule::kSingaporeNric, begin, end, percent);
  }
  if (foreigner) detection.Add(Rule::kSingaporeFin, begin, end, percent);
  return true;
}

bool TryUen(Detection& detection, std::size_t begin, std::size_t end) {
  const std::string_view token = detection.text.substr(begin, end - begin);
  if (token.size() < 9 || token.size() > 10) return false;
  const char first = ToUpper(token[0]);
  const bool entity = HasShape(token, "LDDLLDDDDL") && (first == 'T' || first == 'S');
  const bool business = HasShape(token, "DDDDDDDDL") || HasShape(token, "DDDDDDDDDL");
  if (!entity && (!business || ToUpper(token.back()) == 'Z')) return false;
  if (!detection.StandsAlone(begin, end)) return false;
  const bool labelled = (detection.LabelAt(begin) & kUenLabel) != 0;
  if (!labelled && (!entity || !AllUpperOrDigit(token))) return false;
  detection.Add(Rule::kSingaporeUen, begin, end, labelled ? 90 : 75);
  return true;
}

bool TryPassport(Detection& detection, std::size_t begin, std::size_t end) {
  const std::string_view token = detection.text.substr(begin, end - begin);
  if (token.size() < 7 || token.size() > 11) return false;
  const std::size_t letters = IsLetter(token[1]) ? 2 : 1;
  const std::string_view digits = token.substr(letters);
  if (!IsLetter(token[0]) || digits.size() < 6 || digits.size() > 9) return false;
  if (!std::all_of(digits.begin(), digits.end(), IsDigit)) return false;
  if (!detection.StandsAlone(begin, end)) return false;
  if ((detection.LabelAt(begin) & kPassportLabel) == 0) return false;
  detection.Add(Rule::kPassport, begin, end, 90);
  return true;
}

bool TryBookingRef(Detection& detection, std::size_t begin, std::size_t end) {
  const std::string_view text = detection.text;
  const std::string_view token = text.substr(begin, end - begin);
  if (token.size() != 6 || !AllUpperOrDigit(token) || !detection.StandsAlone(begin, end))
    return false;
  const Topics label = detection.LabelAt(begin);
  if ((label & kBookingLabel) == 0) return false;
  if (std::none_of(token.begin(), token.end(), IsDigit)) {
    // In text all of capitals "BOOKING NUMBER" is a heading: six capitals are a reference when more
    // than a space leads to them, and either small letters stand before or it is a colon.
    const std::size_t reach = std::min(begin, std::size_t{24});
    const std::string_view lead = text.substr(begin - reach, reach);
    const bool colon = lead.ends_with(":") || lead.ends_with(": ");
    if ((label & kBridge) == 0 || !(colon || HasLower(lead))) return false;
  }
  detection.Add(Rule::kBookingRef, begin, end, 60);
  return true;
}

bool IsHex(char c) {
  const char upper = ToUpper(c);
  return IsDigit(c) || (upper >= 'A' && upper <= 'F');
}

// 2000::/3 (global unicast), fc00::/7 (unique local), fe80::/10 (link local), by the first group.
bool IsIpv6Start(std::string_view group) {
  if (group.size() != 4) return false;
  if (group[0] == '2' || group[0] == '3') return true;
  if (ToUpper(group[0]) != 'F') return false;
  const char second = ToUpper(group[1]);
  return second == 'C' || second == 'D' || (second == 'E' && group[2] == '8');
}

void TryTokenRules(Detection& detection, std::size_t begin, std::size_t end) {
  constexpr auto kRules = std::to_array<bool (*)(Detection&, std::size_t, std::size_t)>(
      {TryNric, TryPan, TryUen, TryPassport, TryBookingRef});
  for (const auto rule : kRules) {
    if (rule(detection, begin, end)) return;
  }
}

}  // namespace

std::size_t ReportToken(Detection& detection, std::size_t begin, std::size_t end) {
  constexpr std::size_t kIbanHead = 4;  // what a spaced IBAN shows of itself
  constexpr std::size_t kValueMin = 6;
  constexpr std::size_t kValueMax = 11;  // of all others
  const std::size_t length = end - begin;
  if (length == kIbanHead || length >= kIbanLengthMin) {
    const std::size_t iban_end = TryIban(detection, begin, end);
    if (iban_end != 0) return iban_end;
  }
  IdentifierOutcome outcome = ReportIdentifier(detection, begin, Claims::kLater);
  if (outcome.open_end > end) outcome = ReportIdentifier(detection, begin, Claims::kNow);
  if (outcome.end != 0) return std::max(end, outcome.end);
  if (length < kValueMin || length > kValueMax) return end;
  const Detection::State before = detection.state();
  TryTokenRules(detection, begin, end);
  if (outcome.open_end == 0 || detection.IsUnchangedSince(before)) return end;
  // A value was found where the words may claim another.
  detection.ReturnTo(before);
  if (ReportIdentifier(detection, begin, Claims::kNow).end == 0) {
    TryTokenRules(detection, begin, end);
  }
  return end;
}

std::size_t ReportIpv6(Detection& detection, std::size_t begin) {
  constexpr std::size_t kGroups = 8;
  const std::string_view text = detection.text;
  const char before = At(text, begin - 1);
  if (IsWordByte(before) || before == ':' || before == '.') return 0;
  std::size_t i = begin;
  std::size_t groups = 0;
  bool gap = false;
  while (groups < kGroups) {
    std::size_t end = i;
    while (end - i < 5 && IsHex(At(text, end))) ++end;
    if (end == i || end - i > 4) break;
    if (groups == 0 && !IsIpv6Start(text.substr(i, end - i))) return 0;
    ++groups;
    i = end;
    if (At(text, i) != ':') break;
    if (At(text, i + 1) == ':') {
      if (gap) return 0;
      gap = true;
      i += 2;
      if (!IsHex(At(text, i))) break;
    } else if (groups < kGroups && IsHex(At(text, i + 1))) {
      ++i;
    } else {
      break;
    }
  }
  const bool whole = gap ? groups >= 2 && groups < kGroups : groups == kGroups;
  if (!whole) return 0;
  if (IsWordByte(At(text, i)) || At(text, i) == ':') return 0;
  detection.Add(Rule::kIpAddress, begin, i, ToUpper(text[begin]) == 'F' ? 50 : 80);
  return i;
}

}  // namespace axonflow::policy::pii

#include "policy/pii/number_rules.h"

#include <algorithm>

#include "policy/pii/aba.h"
#include "policy/pii/characters.h"
#include "policy/pii/identifier_rule.h"
#include "policy/pii/luhn.h"
#include "policy/pii/phone_rule.h"
#include "policy/pii/verhoeff.h"

namespace axonflow::policy::pii {
namespace {

// The phrase, and the group a rule looks at first. A rule returns how many groups it took, 0 for
// none.
struct Candidate {
  Detection& detection;
  const NumberPhrase& phrase;
  std::size_t first;

  std::string_view text() const { return detection.text; }
  std::size_t begin() const { return phrase.groups[first].begin; }
  std::size_t end(std::size_t count) const { return phrase.groups[first + count - 1].end; }
  std::size_t length(std::size_t offset) const { return phrase.groups[first + offset].length(); }
  std::string_view digits(std::size_t offset) const {
    return phrase.digits(detection.text, first + offset);
  }
  bool has(std::size_t count) const { return first + count <= phrase.count; }
  // The one separator between `count` groups; kNone when they differ.
  Gap uniform_gap(std::size_t count) const {
    const Gap gap = phrase.groups[first + 1].gap_before;
    for (std::size_t i = 2; i < count; ++i) {
      if (phrase.groups[first + i].gap_before != gap) return Gap::kNone;
    }
    return gap;
  }
  Gap gap_before() const { return phrase.groups[first].gap_before; }
  Gap gap_after(std::size_t count) const { return phrase.gap_after(first + count - 1); }
  bool stands_alone(std::size_t count) const { return detection.StandsAlone(begin(), end(count)); }
  Surroundings near(std::size_t count) const { return detection.context.Near(begin(), end(count)); }
  Topics label() const { return detection.LabelAt(begin()); }
};

// Separators of a list leave a value whole, those of one longer number do not.
bool IsLoose(Gap gap) { return gap == Gap::kNone || gap == Gap::kSpace; }

bool HasLengths(const Candidate& at, std::initializer_list<std::size_t> lengths) {
  if (!at.has(lengths.size())) return false;
  std::size_t i = 0;
  for (const std::size_t length : lengths) {
    if (at.length(i++) != length) return false;
  }
  return true;
}

// How many groups from `first` make a card's layout; 0 for none. Longer layouts come first.
std::size_t CardGroups(const Candidate& at) {
  constexpr std::size_t kBareMin = 12;
  constexpr std::size_t kBareMax = 19;
  if (at.length(0) >= kBareMin) return at.length(0) <= kBareMax ? 1 : 0;
  if (at.length(0) != 4) return 0;
  std::size_t count = 0;
  if (HasLengths(at, {4, 4, 4, 4, 3})) {
    count = 5;
  } else if (HasLengths(at, {4, 4, 4, 4}) || HasLengths(at, {4, 4, 4, 1})) {
    count = 4;
  } else if (HasLengths(at, {4, 6, 5}) || HasLengths(at, {4, 6, 4})) {
    count = 3;
  }
  if (count == 0) return 0;
  const Gap gap = at.uniform_gap(count);
  return gap == Gap::kSpace || gap == Gap::kHyphen || gap == Gap::kDot ? count : 0;
}

std::size_t TryCard(const Candidate& at) {
  // No brand's numbers start with 0, 7, 8 or 9.
  const char lead = at.digits(0)[0];
  if (lead < '1' || lead > '6') return 0;
  // Behind a '+' up to fifteen digits are a telephone number.
  if (at.first == 0 && at.phrase.plus && at.length(0) <= 15) return 0;
  std::size_t count = CardGroups(at);
  if (count == 0 || !IsLoose(at.gap_before())) return 0;
  JoinedDigits number = Join(at.phrase, at.text(), at.first, at.first + count);
  CardBrand brand = BrandOf(number.view());
  if (count == 5 && (brand == CardBrand::kNone || !PassesLuhn(number.view()))) {
    // The three last digits may be the check value behind a card of four groups.
    count = 4;
    number = Join(at.phrase, at.text(), at.first, at.first + count);
    brand = BrandOf(number.view());
  }
  if (brand == CardBrand::kNone || !PassesLuhn(number.view())) return 0;
  if (!IsLoose(at.gap_after(count)) || !at.stands_alone(count)) return 0;
  const Topics near = at.near(count).both();
  const bool card = (near & kCardWord) != 0;
  if (brand == CardBrand::kWithContext && !card) return 0;
  // A 13-digit Visa looks like the bar codes of half of Europe.
  constexpr std::size_t kBarCodeDigits = 13;
  if (number.size == kBarCodeDigits && !card && (near & (kTradeWord | kMeasureWord)) != 0) return 0;
  int percent = card ? 95 : 80;
  if ((near & (kTradeWord | kPhoneNoun)) != 0) percent -= 20;
  at.detection.Add(Rule::kCreditCard, at.begin(), at.end(count), std::max(percent, 50));
  return count;
}

bool IsSsn(std::string_view digits) {
  if (digits[0] == '9' || digits.starts_with("000") || digits.starts_with("666")) return false;
  return digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

// How many groups from the candidate are written like a social security number; 0 for none.
// `certain` says that hyphens, or spaces outside a list, did so: other forms need the word.
std::size_t SsnGroups(const Candidate& at, bool& certain) {
  certain = false;
  if (at.length(0) == 9) return 1;
  if (!HasLengths(at, {3, 2, 4})) return 0;
  constexpr std::size_t kParts = 3;
  const Gap gap = at.uniform_gap(kParts);
  const bool listed = at.gap_before() != Gap::kNone || at.gap_after(kParts) != Gap::kNone;
  certain = gap == Gap::kHyphen || (gap == Gap::kSpace && !listed);
  return certain || gap == Gap::kSpace || gap == Gap::kDot ? kParts : 0;
}

std::size_t TrySsn(const Candidate& at) {
  bool certain = false;
  const std::size_t count = SsnGroups(at, certain);
  if (count == 0 || !IsLoose(at.gap_before()) || !IsLoose(at.gap_after(count))) return 0;
  const JoinedDigits number = Join(at.phrase, at.text(), at.first, at.first + count);
  if (!IsSsn(number.view()) || !at.stands_alone(count)) return 0;
  const Topics near = at.near(count).both();
  const bool named = (near & kSsnWord) != 0;
  const bool other = (near & (kTradeWord | kPhoneNoun | kPostWord | kAccountWord)) != 0;
  if (!certain) {
    if (!named || (near & kAadhaarWord) != 0) return 0;
    // Between a tax word and an order or account the digits are as likely the latter's.
    if (other && (at.label() & kSsnLabel) == 0) return 0;
  }
  int percent = 60;
  if ((near & kPersonWord) != 0) percent = 80;
  if (named) percent = 95;
  if (other) percent -= 30;
  if (percent <= 30) return 0;
  at.detection.Add(Rule::kSsn, at.begin(), at.end(count), percent);
  return count;
}

std::size_t TryIpAddress(const Candidate& at) {
  constexpr std::size_t kOctets = 4;
  if (at.length(0) > 3 || !at.has(kOctets) || at.uniform_gap(kOctets) != Gap::kDot) return 0;
  if (at.gap_before() == Gap::kDot || at.gap_after(kOctets) == Gap::kDot) return 0;
  int octets[kOctets];
  for (std::size_t i = 0; i < kOctets; ++i) {
    const std::string_view digits = at.digits(i);
    if (digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return 0;
    octets[i] = ToInt(digits);
    if (octets[i] > 255) return 0;
  }
  // "This network", loopback and netmasks belong to nobody.
  if (octets[0] == 0 || octets[0] == 127 || octets[0] == 255) return 0;
  const char before = At(at.text(), at.begin() - 1);
  const char after = At(at.text(), at.end(kOctets));
  if (before == '.' || IsWordByte(before) || IsWordByte(after)) return 0;
  // "Chrome/120.0.0.0" is a product and its release.
  if (before == '/' && IsLetter(At(at.text(), at.begin() - 2))) return 0;
  if (after == '.' && IsAlnum(At(at.text(), at.end(kOctets) + 1))) return 0;
  // "1.0.24.2-5" is the release of a package, "8.8.8.8-8.8.8.9" a range.
  if (at.gap_after(kOctets) == Gap::kHyphen &&
      at.phrase.gap_after(at.first + kOctets) != Gap::kDot) {
    return 0;
  }
  if ((at.label() & kVersionLabel) != 0) return 0;
  const bool is_private = octets[0] == 10 || (octets[0] == 192 && octets[1] == 168) ||
                          (octets[0] == 172 && octets[1] >= 16 && octets[1] <= 31) ||
                          (octets[0] == 169 && octets[1] == 254);
  at.detection.Add(Rule::kIpAddress, at.begin(), at.end(kOctets), is_private ? 50 : 80);
  return kOctets;
}

std::size_t TryDateOfBirth(const Candidate& at) {
  constexpr std::size_t kParts = 3;
  if (!IsDate(at.phrase, at.text(), at.first)) return 0;
  if (!IsLoose(at.gap_before()) || !IsLoose(at.gap_after(kParts))) return 0;
  if ((at.label() & kBirthLabel) == 0 || !at.stands_alone(kParts)) return 0;
  at.detection.Add(Rule::kDob, at.begin(), at.end(kParts), 90);
  return kParts;
}

std::size_t TryAadhaar(const Candidate& at) {
  std::size_t count = 0;
  if (at.length(0) == 12) {
    count = 1;
  } else if (HasLengths(at, {4, 4, 4})) {
    count = 3;
    const Gap gap = at.uniform_gap(count);
    if (gap != Gap::kSpace && gap != Gap::kHyphen) return 0;
    // A fourth group makes it some other number, a card with a wrong digit for one.
    if (gap == at.gap_before() || gap == at.gap_after(count)) return 0;
  }
  if (count == 0 || !IsLoose(at.gap_before()) || !IsLoose(at.gap_after(count))) return 0;
  const JoinedDigits number = Join(at.phrase, at.text(), at.first, at.first + count);
  const std::string_view digits = number.view();
  if (digits[0] < '2' || digits.find_first_not_of(digits[0]) == std::string_view::npos) return 0;
  if (!at.stands_alone(count) || (at.phrase.plus && at.first == 0)) return 0;
  const Surroundings near = at.near(count);
  const bool labelled = (near.before & kAadhaarWord) != 0;
  const bool valid = PassesVerhoeff(digits);
  if (!labelled && !valid) return 0;
  constexpr Topics kOthers = kPhoneNoun | kPhoneVerb | kTradeWord | kMeasureWord | kAccountWord;
  if (!labelled && (near.both() & kOthers) != 0) return 0;
  at.detection.Add(Rule::kAadhaar, at.begin(), at.end(count), labelled ? (valid ? 95 : 85) : 60);
  return count;
}

// Sixteen digits, however grouped, behind the card's Indonesian name.
std::size_t TryIndonesiaKtp(const Candidate& at) {
  constexpr std::size_t kDigits = 16;
  // Its label is words, so it is the front of its phrase.
  if (at.first != 0) return 0;
  std::size_t count = 0;
  std::size_t total = 0;
  while (at.has(count + 1) && total < kDigits) total += at.length(count++);
  if (total != kDigits || !IsLoose(at.gap_after(count)) || !at.stands_alone(count)) return 0;
  if ((at.near(count).before & kKtpWord) == 0) return 0;
  const JoinedDigits number = Join(at.phrase, at.text(), at.first, at.first + count);
  // The number starts with a province (11 to 94) and holds the birthday, women's day plus forty.
  const std::string_view digits = number.view();
  const int province = ToInt(digits.substr(0, 2));
  const int day = ToInt(digits.substr(6, 2)) % 40;
  const int month = ToInt(digits.substr(8, 2));
  const bool valid =
      province >= 11 && province <= 94 && day >= 1 && day <= 31 && month >= 1 && month <= 12;
  at.detection.Add(Rule::kIndonesiaKtp, at.begin(), at.end(count), valid ? 95 : 80);
  return count;
}

// Routing number and account number: in one run, side by side, or each behind its own label.
std::size_t TryBankAccount(const Candidate& at) {
  constexpr std::size_t kRouting = 9;
  constexpr std::size_t kAccountMin = 8;
  constexpr std::size_t kAccountMax = 17;
  constexpr std::size_t kPairReach = 80;
  const std::size_t length = at.length(0);
  if (length < kAccountMin || length > kRouting + kAccountMax) return 0;
  if (!IsLoose(at.gap_before())) return 0;
  const bool account_only = at.detection.routing_end != 0 && length <= kAccountMax &&
                            at.begin() - at.detection.routing_end <= kPairReach;
  if (account_only && (at.label() & kAccountLabel) != 0 && at.stands_alone(1)) {
    at.detection.Add(Rule::kBankAccount, at.begin(), at.end(1), 90);
    at.detection.routing_end = 0;
    return 1;
  }
  if (length < kRouting || !IsAbaRoutingNumber(at.digits(0).substr(0, kRouting))) return 0;
  if (length >= kRouting + kAccountMin) {
    if (!at.stands_alone(1) || (at.near(1).both() & kBankWord) == 0) return 0;
    at.detection.Add(Rule::kBankAccount, at.begin(), at.end(1), 90);
    return 1;
  }
  if (length != kRouting) return 0;
  const bool pair = at.has(2) && at.length(1) >= kAccountMin && at.length(1) <= kAccountMax;
  const bool alone = pair && at.phrase.count == 2;
  if (pair && at.stands_alone(2) && (alone || (at.near(2).both() & kBankWord) != 0)) {
    at.detection.Add(Rule::kBankAccount, at.begin(), at.end(2),
                     (at.near(2).both() & kBankWord) != 0 ? 95 : 60);
    return 2;
  }
  if ((at.near(1).before & kBankWord) != 0) at.detection.routing_end = at.end(1);
  return 0;
}

// Values that only a label tells from any other number.
std::size_t TryLabelled(const Candidate& at) {
  const std::size_t length = at.length(0);
  if (length != 6 && length != 9) return 0;
  if (!IsLoose(at.gap_before()) || !IsLoose(at.gap_after(1)) || !at.stands_alone(1)) return 0;
  const Topics label = at.label();
  if (label == 0) return 0;
  if (length == 9) {
    // Passports of several countries, the United States among them, have no letter.
    if ((label & kPassportLabel) == 0 || (label & kBridge) == 0) return 0;
    at.detection.Add(Rule::kPassport, at.begin(), at.end(1), 80);
    return 1;
  }
  const int sector = ToInt(at.digits(0).substr(0, 2));
  if ((label & kPostalLabel) != 0 && sector >= 1 && sector <= 82) {
    at.detection.Add(Rule::kSingaporePostal, at.begin(), at.end(1), 70);
    return 1;
  }
  if ((label & kBookingLabel) == 0) return 0;
  at.detection.Add(Rule::kBookingRef, at.begin(), at.end(1), 60);
  return 1;
}

// Short groups, where most numbers of a text end: addresses, dates, and what is written in pieces.
std::size_t TryShort(const Candidate& at) {
  if (!at.has(3)) return 0;
  const Gap gap = at.phrase.groups[at.first + 1].gap_before;
  std::size_t taken = 0;
  if (gap == Gap::kDot) taken = TryIpAddress(at);
  if (taken == 0 && at.length(0) == 3 && at.length(1) == 2) taken = TrySsn(at);
  if (taken == 0 && gap != Gap::kSpace) taken = TryDateOfBirth(at);
  if (taken == 0) taken = TryNanpPhone(at.detection, at.phrase, at.first);
  return taken;
}

std::size_t TryFours(const Candidate& at) {
  if (!at.has(3)) return 0;
  std::size_t taken = TryCard(at);
  if (taken == 0) taken = TryAadhaar(at);
  if (taken == 0) taken = TryDateOfBirth(at);
  return taken;
}

std::size_t TryLong(const Candidate& at) {
  std::size_t taken = TryCard(at);
  if (taken == 0) taken = TryBankAccount(at);
  if (taken == 0) taken = TrySsn(at);
  if (taken == 0) taken = TryAadhaar(at);
  if (taken == 0) taken = TryLabelled(at);
  return taken;
}

// Whether an identifier may start here: not behind a '+', not in the midst of a row of short
// groups, and no date or network address.
bool MayBeIdentifier(const Candidate& at) {
  constexpr std::size_t kOctets = 4;
  if (at.has(3)) {
    if (IsDate(at.phrase, at.text(), at.first)) return false;
    bool address = at.has(kOctets) && at.uniform_gap(kOctets) == Gap::kDot &&
                   at.gap_after(kOctets) != Gap::kHyphen;
    for (std::size_t i = 0; address && i < kOctets; ++i) address = at.length(i) <= 3;
    if (address) return false;
  }
  if (at.first == 0) return !at.phrase.plus;
  if (at.gap_before() != Gap::kSpace) return false;
  constexpr std::size_t kShort = 3;
  return at.length(0) >= kShort || at.gap_after(1) != Gap::kSpace;
}

// The groups up to `end` in the text.
std::size_t GroupsUpTo(const Candidate& at, std::size_t end) {
  std::size_t count = 1;
  while (at.has(count + 1) && at.end(count + 1) <= end) ++count;
  return count;
}

// How claims were read in one phrase.
struct ClaimReading {
  Claims claims;
  bool open = false;         // a value may be claimed by words that were not asked
  bool is_doubtful = false;  // a claim was found where an open one may reach

  void Note(const IdentifierOutcome& outcome) {
    is_doubtful |= outcome.claimed && open;
    open |= outcome.open_end != 0;
  }
};

// The most telling format first: a group goes to the first rule that takes it.
std::size_t TryAll(const Candidate& at, ClaimReading& reading) {
  const std::size_t length = at.length(0);
  if (length > kGroupDigitsMax) return 0;
  const std::size_t taken = TryIndonesiaKtp(at);
  if (taken != 0) return taken;
  if (MayBeIdentifier(at)) {
    const std::size_t begin =
        at.first == 0 ? IdentifierBegin(at.detection, at.begin()) : at.begin();
    IdentifierOutcome outcome = ReportIdentifier(at.detection, begin, reading.claims);
    reading.Note(outcome);
    if (outcome.end == 0 && begin != at.begin()) {
      outcome = ReportIdentifier(at.detection, at.begin(), reading.claims);
      reading.Note(outcome);
    }
    // What only claims to be an identifier may still be a payment card.
    if (const std::size_t card = outcome.claimed ? TryCard(at) : 0; card != 0) return card;
    if (outcome.end != 0) return GroupsUpTo(at, outcome.end);
  }
  if (length <= 3) return TryShort(at);
  if (length == 4) return TryFours(at);
  return length == 5 ? 0 : TryLong(at);
}

// Gives every group of the phrase to the rules, and the phrase to the telephone's when none took
// any. Returns the end of the last group that was looked at.
std::size_t ReportGroups(Detection& detection, const NumberPhrase& phrase, ClaimReading& reading) {
  // What a cut phrase shows only in part is looked at again from its middle.
  const std::size_t last = phrase.more ? kGroupsMax / 2 : phrase.count;
  std::size_t first = 0;
  bool any = false;
  while (first < last) {
    const std::size_t taken = TryAll({detection, phrase, first}, reading);
    any |= taken != 0;
    first += std::max<std::size_t>(taken, 1);
  }
  if (!any && !phrase.more) ReportPhone(detection, phrase);
  return phrase.groups[first - 1].end;
}

}  // namespace

CardBrand BrandOf(std::string_view digits) {
  const std::size_t length = digits.size();
  if (length < 12 || length > 19) return CardBrand::kNone;
  const int two = ToInt(digits.substr(0, 2));
  const int three = ToInt(digits.substr(0, 3));
  const int four = ToInt(digits.substr(0, 4));
  if (digits[0] == '4') {
    if (length == 13 || length == 16) return CardBrand::kNamed;
    return length == 19 ? CardBrand::kWithContext : CardBrand::kNone;
  }
  if (length == 16) {
    if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return CardBrand::kNamed;
    if (four == 6011 || two == 65 || two == 35) return CardBrand::kNamed;
    if (three >= 644 && three <= 649) return CardBrand::kWithContext;
  }
  if (length == 15 && (two == 34 || two == 37 || four == 2131 || four == 1800)) {
    return CardBrand::kNamed;
  }
  if (length == 14 && ((three >= 300 && three <= 305) || two == 36 || two == 38)) {
    return CardBrand::kNamed;
  }
  const bool maestro = two == 50 || (two >= 56 && two <= 58) || digits[0] == '6';
  return maestro ? CardBrand::kWithContext : CardBrand::kNone;
}

std::size_t ReportNumbers(Detection& detection, const NumberPhrase& phrase) {
  // The shortest values, booking references and postal numbers, have six digits; addresses have
  // four.
  constexpr std::size_t kDigitsMin = 6;
  const std::size_t end = std::max(phrase.end(), phrase.extension_end);
  if (phrase.count < 4) {
    std::size_t digits = 0;
    for (std::size_t i = 0; i < phrase.count; ++i) digits += phrase.groups[i].length();
    // "80 01 2A 123 456 78": a letter in the midst ended the phrase, not the number.
    const char after = At(detection.text, end);
    const bool goes_on = (after == ' ' || after == '-') && IsDigit(At(detection.text, end + 1));
    if (digits < kDigitsMin && !goes_on) return end;
  }
  // How far a cut phrase is read depends on every claim.
  ClaimReading eager = {.claims = Claims::kNow};
  if (phrase.more) return ReportGroups(detection, phrase, eager);
  ClaimReading reading = {.claims = Claims::kLater};
  const Detection::State before = detection.state();
  ReportGroups(detection, phrase, reading);
  if (reading.is_doubtful || (reading.open && !detection.IsUnchangedSince(before))) {
    detection.ReturnTo(before);
    ReportGroups(detection, phrase, eager);
  }
  return std::max(end, detection.floor);
}

}  // namespace axonflow::policy::pii

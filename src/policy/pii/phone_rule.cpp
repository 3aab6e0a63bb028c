#include "policy/pii/phone_rule.h"

#include <algorithm>

#include "policy/pii/characters.h"

namespace axonflow::policy::pii {
namespace {

constexpr int kThresholdPercent = 40;
constexpr std::size_t kDigitsMin = 7;
constexpr std::size_t kDigitsMax = 15;  // ITU-T E.164

// How much the digits alone look like a telephone number.
enum class Shape { kNone, kBare, kGrouped, kPlain };

bool AllSame(std::string_view digits) {
  return digits.find_first_not_of(digits[0]) == std::string_view::npos;
}

// "$400 000", "400 000 EUR", "50%": an amount and no telephone.
bool IsAmount(std::string_view text, std::size_t begin, std::size_t end) {
  const char before = At(text, begin - 1);
  if (before == '$' || before == '<' || before == '>') return true;
  // The pound, yen and euro signs and the rupee, as the last bytes before the number.
  const std::string_view sign =
      text.substr(begin >= 3 ? begin - 3 : 0, std::min<std::size_t>(begin, 3));
  if (sign.ends_with("\xC2\xA3") || sign.ends_with("\xC2\xA5") || sign == "\xE2\x82\xAC" ||
      sign == "\xE2\x82\xB9") {
    return true;
  }
  const char after = At(text, end);
  return after == '%' || after == '$' || text.substr(end).starts_with("\xE2\x82\xAC") ||
         text.substr(end).starts_with(" \xE2\x82\xAC");
}

// "12:30", ":59": the digits are a piece of a time or of a ratio.
bool TouchesTime(std::string_view text, std::size_t begin, std::size_t end) {
  return (At(text, end) == ':' && IsDigit(At(text, end + 1))) ||
         (At(text, begin - 1) == ':' && IsDigit(At(text, begin - 2)));
}

bool HoldsDate(const NumberPhrase& phrase, std::string_view text) {
  for (std::size_t i = 0; i + 3 <= phrase.count; ++i) {
    if (IsDate(phrase, text, i)) return true;
  }
  return false;
}

// "1 500 000" or "400 000": thousands with spaces.
bool IsRoundThousands(const NumberPhrase& phrase, std::string_view text) {
  if (phrase.groups[0].length() > 3 || phrase.plus) return false;
  for (std::size_t i = 1; i < phrase.count; ++i) {
    if (phrase.groups[i].length() != 3) return false;
  }
  return phrase.count > 1 && phrase.digits(text, phrase.count - 1) == "000";
}

bool IsYearSpan(const NumberPhrase& phrase, std::string_view text) {
  if (phrase.count != 2) return false;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string_view year = phrase.digits(text, i);
    if (year.size() != 4 || !(year.starts_with("19") || year.starts_with("20"))) return false;
  }
  return true;
}

// Seconds or milliseconds since 1970 between 2001 and 2286, and compact dates with a time.
bool IsTimestamp(std::string_view digits) {
  const bool epoch = (digits.size() == 10 || digits.size() == 13) && digits[0] == '1';
  if (epoch) return true;
  if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) return false;
  const int year = ToInt(digits.substr(0, 4));
  const int month = ToInt(digits.substr(4, 2));
  const int day = ToInt(digits.substr(6, 2));
  return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool IsUniform(const NumberPhrase& phrase) {
  for (std::size_t i = 2; i < phrase.count; ++i) {
    if (phrase.groups[i].gap_before != phrase.groups[1].gap_before) return false;
  }
  return true;
}

// National numbers with the trunk zero: 020 7946 0958, 0961-7596216, 06 12 34 56 78,
// 01.84.17.61.18.
bool HasTrunkZeroForm(const NumberPhrase& phrase, std::string_view text, std::size_t digits) {
  const std::string_view first = phrase.digits(text, 0);
  if (first[0] != '0' || first.size() < 2 || first[1] == '0' || phrase.count < 2) return false;
  if (digits < 9 || digits > 11 || phrase.count > 5 || !IsUniform(phrase)) return false;
  const Gap gap = phrase.groups[1].gap_before;
  bool pairs = first.size() == 2;
  // Drawn numbers stand in rising order and end at 49 or so.
  bool drawn = ToInt(phrase.digits(text, phrase.count - 1)) < 50;
  bool long_groups = true;
  for (std::size_t i = 1; i < phrase.count; ++i) {
    pairs &= phrase.groups[i].length() == 2;
    long_groups &= phrase.groups[i].length() >= 3;
    drawn &= phrase.digits(text, i) > phrase.digits(text, i - 1);
  }
  if (pairs) return phrase.count == 5 && gap != Gap::kSlash && !drawn;
  return long_groups && first.size() <= 5 && digits >= 10 &&
         (gap == Gap::kSpace || gap == Gap::kHyphen);
}

// Whether the groups are of lengths and separators that telephone numbers are written with.
bool HasGroups(const NumberPhrase& phrase) {
  if (phrase.count < 2 || phrase.count > 7) return false;
  std::size_t dots = 0;
  for (std::size_t i = 0; i < phrase.count; ++i) {
    const DigitGroup& group = phrase.groups[i];
    // One digit alone is a country code, a trunk zero in brackets, or the French "+33 1".
    const bool prefix = i == 0 || group.gap_before == Gap::kOpen || (i == 1 && phrase.plus);
    if (group.length() > (phrase.plus ? 10 : 8) || (group.length() == 1 && !prefix)) return false;
    if (group.gap_before == Gap::kSlash && i != 1) return false;
    if (group.gap_before == Gap::kDot) ++dots;
  }
  // One dot makes a decimal fraction; a telephone has them everywhere.
  return dots == 0 || (dots == phrase.count - 1 && phrase.count >= 3);
}

// House number and street, "17151 2450 Crown St": two groups with a space and then a capitalised
// word.
bool LooksLikeAddress(const NumberPhrase& phrase, std::string_view text) {
  if (phrase.count != 2 || phrase.groups[1].gap_before != Gap::kSpace) return false;
  if (text[phrase.groups[0].begin] == '0' || phrase.open || phrase.plus) return false;
  const std::size_t end = phrase.end();
  if (At(text, end) != ' ') return false;
  const char next = At(text, end + 1);
  const bool capital = IsUpper(next) && !IsUpper(At(text, end + 2)) && At(text, end + 2) != '\'';
  return capital || static_cast<unsigned char>(next) >= 0x80;
}

Shape ShapeOf(const NumberPhrase& phrase, std::string_view text, std::size_t digits) {
  if (phrase.plus) {
    // A country code never starts with a zero; short forms are sums more often than numbers.
    if (text[phrase.groups[0].begin] == '0') return Shape::kNone;
    return digits >= 9 && (phrase.count == 1 || HasGroups(phrase)) ? Shape::kPlain
                                                                   : Shape::kGrouped;
  }
  if (phrase.count == 1) return phrase.open ? Shape::kNone : Shape::kBare;
  if (HasTrunkZeroForm(phrase, text, digits)) return Shape::kPlain;
  return HasGroups(phrase) ? Shape::kGrouped : Shape::kNone;
}

// Whether a run of digits has the length and the front of a whole telephone number, not a local
// one: ten digits of North America or India, or a trunk zero and nine or ten more.
bool IsWholeNumber(std::string_view digits) {
  if (digits[0] == '0') return digits[1] != '0' && (digits.size() == 10 || digits.size() == 11);
  return digits.size() == 10 && digits[0] != '1' && !digits.ends_with("000");
}

int BareConfidence(std::string_view digits, bool noun, bool verb, bool labelled) {
  constexpr std::size_t kUnlabelledMin = 8;
  if (labelled) return 85;
  if (noun && digits.size() >= kUnlabelledMin && !digits.ends_with("000")) return 55;
  return verb && IsWholeNumber(digits) ? 50 : 20;
}

int Confidence(Shape shape, std::string_view digits, const Surroundings& near, bool labelled) {
  const bool noun = (near.both() & kPhoneNoun) != 0;
  const bool verb = (near.both() & kPhoneVerb) != 0;
  int percent = 0;
  switch (shape) {
    case Shape::kNone:
      return 0;
    case Shape::kPlain:
      percent = noun || labelled ? 85 : 60;
      break;
    case Shape::kGrouped:
      percent = noun || labelled ? 85 : verb ? 55 : 20;
      break;
    case Shape::kBare:
      percent = BareConfidence(digits, noun, verb, labelled);
      break;
  }
  if ((near.both() & kMeasureWord) == 0 || (labelled && shape != Shape::kBare)) return percent;
  // "The phone costs 1200 500": only a label outweighs the price.
  return shape == Shape::kGrouped ? 0 : percent - 20;
}

// What ends a telephone number: also ", -Office" and the like, but no further digits or words.
bool PhoneStandsAlone(const Detection& detection, std::size_t begin, std::size_t end) {
  if (detection.StandsAlone(begin, end)) return true;
  const bool suffix = At(detection.text, end) == '-' && IsLetter(At(detection.text, end + 1));
  return suffix && (WordAfter(detection.text, end) & kPhoneLabel) != 0 &&
         !IsWordByte(At(detection.text, begin - 1));
}

bool IsSingaporeNumber(const NumberPhrase& phrase, std::string_view digits) {
  if (!phrase.plus || digits.size() != 10 || !digits.starts_with("65")) return false;
  return digits[2] == '6' || digits[2] == '8' || digits[2] == '9';
}

}  // namespace

std::size_t TryNanpPhone(Detection& detection, const NumberPhrase& phrase, std::size_t first) {
  const std::string_view text = detection.text;
  const std::string_view lead = phrase.digits(text, first);
  const bool prefixed = lead == "1" || lead == "001";
  const std::size_t area = first + (prefixed ? 1 : 0);
  if (area + 3 > phrase.count || (prefixed && phrase.groups[area].gap_before == Gap::kDot &&
                                  phrase.groups[area + 1].gap_before != Gap::kDot)) {
    return 0;
  }
  if (phrase.groups[area].length() != 3 || phrase.groups[area + 1].length() != 3 ||
      phrase.groups[area + 2].length() != 4) {
    return 0;
  }
  const Gap one = phrase.groups[area + 1].gap_before;
  const Gap two = phrase.groups[area + 2].gap_before;
  const bool bracketed = one == Gap::kClose;
  if (one != two && !(bracketed && (two == Gap::kHyphen || two == Gap::kSpace))) return 0;
  if (one == Gap::kSlash || one == Gap::kOpen) return 0;
  const std::string_view code = phrase.digits(text, area);
  const char exchange = phrase.digits(text, area + 1)[0];
  if (code[0] < '2' || (one == Gap::kSpace && exchange < '2')) return 0;
  // A longer chain with the same separator is some other number.
  const Gap outer = phrase.groups[first].gap_before;
  const Gap behind = phrase.gap_after(area + 2);
  if ((outer != Gap::kNone && outer != Gap::kSpace && outer != Gap::kOpen) ||
      (behind != Gap::kNone && behind != Gap::kSpace) ||
      (one == Gap::kSpace && (outer == Gap::kSpace || behind == Gap::kSpace))) {
    return 0;
  }
  if (AllSame(Join(phrase, text, area, area + 3).view())) return 0;
  const bool at_front = first == 0;
  std::size_t begin = at_front ? phrase.begin : phrase.groups[first].begin;
  if (!at_front && outer == Gap::kOpen) --begin;
  const bool at_back = area + 3 == phrase.count;
  const std::size_t digits_end = phrase.groups[area + 2].end;
  const std::size_t end = at_back && phrase.extension_end != 0 ? phrase.extension_end : digits_end;
  if (IsAmount(text, begin, end) || !PhoneStandsAlone(detection, begin, end)) return 0;
  const Surroundings near = detection.context.Near(begin, end);
  const bool labelled =
      (near.before & kPhoneLabel) != 0 && (detection.LabelAt(begin) & kPhoneLabel) != 0;
  const int percent = Confidence(Shape::kPlain, {}, near, labelled);
  if (percent < kThresholdPercent) return 0;
  detection.Add(Rule::kPhone, begin, end, percent);
  return area + 3 - first;
}

bool ReportPhone(Detection& detection, const NumberPhrase& phrase) {
  const std::string_view text = detection.text;
  const JoinedDigits joined = Join(phrase, text, 0, phrase.count);
  const std::string_view digits = joined.view();
  if (digits.size() < kDigitsMin || digits.size() > kDigitsMax + 1 || AllSame(digits)) return false;
  const std::size_t begin = phrase.begin;
  const std::size_t end = phrase.extension_end != 0 ? phrase.extension_end : phrase.end();
  const Shape shape = ShapeOf(phrase, text, digits.size());
  if (shape == Shape::kNone || !PhoneStandsAlone(detection, begin, end)) return false;
  // "a+1", "f(x)+1" and "++1" are sums; "~+20211113111058" is a snapshot's date and time.
  const char before = At(text, begin - 1);
  const bool sum = IsAlnum(before) || before == ')' || before == '+' || before == '~';
  if (phrase.plus && (sum || (digits.size() == 14 && IsTimestamp(digits)))) return false;
  if (IsAmount(text, begin, end) || TouchesTime(text, begin, end)) return false;
  if (HoldsDate(phrase, text) || IsRoundThousands(phrase, text) || IsYearSpan(phrase, text)) {
    return false;
  }
  if (IsSingaporeNumber(phrase, digits)) {
    detection.Add(Rule::kSingaporePhone, begin, end, 90);
    return true;
  }
  const Surroundings near = detection.context.Near(begin, end);
  // "Office" and "home" beside a bare run say too little; the word must be about telephones.
  const Topics telling = shape == Shape::kBare ? kPhoneNoun | kPhoneVerb : kPhoneLabel;
  const bool labelled =
      (near.both() & kPhoneLabel) != 0 && (near.both() & telling) != 0 &&
      ((detection.LabelAt(begin) & kPhoneLabel) != 0 || (WordAfter(text, end) & kPhoneLabel) != 0);
  if (!phrase.plus && !labelled && (IsTimestamp(digits) || LooksLikeAddress(phrase, text))) {
    return false;
  }
  if (shape == Shape::kBare && IsTimestamp(digits) && digits.size() != 10) return false;
  const int percent = Confidence(shape, digits, near, labelled);
  if (percent < kThresholdPercent) return false;
  detection.Add(Rule::kPhone, begin, end, percent);
  return true;
}

}  // namespace axonflow::policy::pii

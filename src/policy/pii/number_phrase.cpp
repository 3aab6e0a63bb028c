#include "policy/pii/number_phrase.h"

#include <algorithm>

#include "policy/pii/characters.h"

namespace axonflow::policy::pii {
namespace {

struct Separator {
  Gap gap = Gap::kNone;
  std::size_t length = 0;
};

// The separator at `at` that is followed by a digit, or none.
Separator ReadSeparator(std::string_view text, std::size_t at) {
  const char c = At(text, at);
  const char next = At(text, at + 1);
  switch (c) {
    case ' ':
      if (IsDigit(next)) return {Gap::kSpace, 1};
      if (next == '(' && IsDigit(At(text, at + 2))) return {Gap::kOpen, 2};
      break;
    case '-':
      if (IsDigit(next)) return {Gap::kHyphen, 1};
      if (next == '(' && IsDigit(At(text, at + 2))) return {Gap::kOpen, 2};
      break;
    case '.':
      if (IsDigit(next)) return {Gap::kDot, 1};
      break;
    case '/':
      if (IsDigit(next)) return {Gap::kSlash, 1};
      break;
    case '(':
      if (IsDigit(next)) return {Gap::kOpen, 1};
      break;
    case ')':
      if (IsDigit(next)) return {Gap::kClose, 1};
      if ((next == ' ' || next == '-') && IsDigit(At(text, at + 2))) return {Gap::kClose, 2};
      break;
    default:
      break;
  }
  return {};
}

std::size_t RunEnd(std::string_view text, std::size_t at) {
  while (IsDigit(At(text, at))) ++at;
  return at;
}

// End of an extension behind a telephone number ("x12", " x123", " ext 12", " ext. 12"), 0 for
// none.
std::size_t ExtensionEnd(std::string_view text, std::size_t at) {
  constexpr std::size_t kDigitsMax = 6;
  std::size_t i = at;
  if (At(text, i) == ' ') ++i;
  if (ToUpper(At(text, i)) == 'X') {
    ++i;
  } else if (ToUpper(At(text, i)) == 'E' && ToUpper(At(text, i + 1)) == 'X' &&
             ToUpper(At(text, i + 2)) == 'T') {
    i += 3;
    if (At(text, i) == '.') ++i;
    if (At(text, i) == ' ') ++i;
  } else {
    return 0;
  }
  std::size_t end = i;
  while (end - i <= kDigitsMax && IsDigit(At(text, end))) ++end;
  const bool good = end > i && end - i <= kDigitsMax && !IsWordByte(At(text, end));
  return good ? end : 0;
}

bool IsDayAndMonth(int a, int b) {
  return a >= 1 && b >= 1 && ((a <= 12 && b <= 31) || (a <= 31 && b <= 12));
}

bool IsYear(std::string_view digits) {
  return digits.size() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
}

}  // namespace

NumberPhrase ReadNumberPhrase(std::string_view text, std::size_t at) {
  NumberPhrase phrase;
  phrase.begin = at;
  if (At(text, at - 1) == '(') {
    phrase.open = true;
    phrase.begin = at - 1;
  }
  if (At(text, phrase.begin - 1) == '+') {
    phrase.plus = true;
    --phrase.begin;
  }
  phrase.groups[0] = {at, RunEnd(text, at), Gap::kNone};
  phrase.count = 1;
  while (true) {
    const std::size_t end = phrase.end();
    const Separator separator = ReadSeparator(text, end);
    if (separator.gap == Gap::kNone) break;
    if (phrase.count == kGroupsMax) {
      phrase.more = true;
      return phrase;
    }
    const std::size_t begin = end + separator.length;
    const std::size_t run_end = RunEnd(text, begin);
    if (IsWordByte(At(text, run_end)) && ExtensionEnd(text, run_end) == 0) break;
    phrase.groups[phrase.count++] = {begin, run_end, separator.gap};
  }
  phrase.extension_end = ExtensionEnd(text, phrase.end());
  return phrase;
}

JoinedDigits Join(const NumberPhrase& phrase, std::string_view text, std::size_t first,
                  std::size_t last) {
  JoinedDigits joined;
  for (std::size_t i = first; i < last; ++i) {
    for (const char c : phrase.digits(text, i)) {
      if (joined.size == JoinedDigits::kJoinedMax) return joined;
      joined.bytes[joined.size++] = c;
    }
  }
  return joined;
}

int ToInt(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

bool IsDate(const NumberPhrase& phrase, std::string_view text, std::size_t first) {
  if (first + 3 > phrase.count) return false;
  const Gap gap = phrase.groups[first + 1].gap_before;
  if (gap != phrase.groups[first + 2].gap_before) return false;
  if (gap != Gap::kHyphen && gap != Gap::kSlash && gap != Gap::kDot) return false;
  const std::string_view a = phrase.digits(text, first);
  const std::string_view b = phrase.digits(text, first + 1);
  const std::string_view c = phrase.digits(text, first + 2);
  if (b.size() > 2) return false;
  if (IsYear(a) && c.size() <= 2) return IsDayAndMonth(ToInt(b), ToInt(c));
  if (IsYear(c) && a.size() <= 2) return IsDayAndMonth(ToInt(a), ToInt(b));
  return false;
}

}  // namespace axonflow::policy::pii

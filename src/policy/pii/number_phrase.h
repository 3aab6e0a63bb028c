#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::pii {

// What stands between two digit groups of one phrase. Brackets may carry one more space or hyphen.
enum class Gap : std::uint8_t { kNone, kSpace, kHyphen, kDot, kSlash, kOpen, kClose };

// Without initial values: a phrase is made for every number of a text, and `count` says which hold.
struct DigitGroup {
  std::size_t begin;
  std::size_t end;
  Gap gap_before;  // to the previous group of the phrase
  std::size_t length() const { return end - begin; }
};

inline constexpr std::size_t kGroupsMax = 16;
// A run of digits longer than this is no value of any rule.
inline constexpr std::size_t kGroupDigitsMax = 34;

// Digit groups with single separators between them: "+41 (0)69 979 80 58", "4111-1111-1111-1111".
struct NumberPhrase {
  std::array<DigitGroup, kGroupsMax> groups;
  std::size_t count = 0;
  bool plus = false;              // '+' directly before the first group, or before its bracket
  bool open = false;              // '(' before the first group
  std::size_t begin = 0;          // with '+' and bracket
  std::size_t extension_end = 0;  // end of "x123" behind the last group; 0 without one
  bool more = false;              // kGroupsMax ended the phrase, the text goes on with digits

  std::size_t end() const { return groups[count - 1].end; }
  Gap gap_after(std::size_t i) const {
    return i + 1 < count ? groups[i + 1].gap_before : Gap::kNone;
  }
  std::string_view digits(std::string_view text, std::size_t i) const {
    return text.substr(groups[i].begin, groups[i].length());
  }
};

// Reads the phrase that starts with the digit at `at`. Its first group must be digits alone: no
// letter, '_' or digit before it, no letter after it. A later group that a letter touches is left
// out.
NumberPhrase ReadNumberPhrase(std::string_view text, std::size_t at);

// Digits of several groups joined; at most kJoinedMax, the rest is dropped.
struct JoinedDigits {
  static constexpr std::size_t kJoinedMax = 40;
  std::array<char, kJoinedMax> bytes;
  std::size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};
JoinedDigits Join(const NumberPhrase& phrase, std::string_view text, std::size_t first,
                  std::size_t last);

// Whether groups first, first+1, first+2 are a calendar date: year-month-day, or day and month in
// either order and a year of four digits, with one and the same separator.
bool IsDate(const NumberPhrase& phrase, std::string_view text, std::size_t first);

// The value of at most nine ASCII digits.
int ToInt(std::string_view digits);

}  // namespace axonflow::policy::pii

#include "policy/pii/checksum.h"

namespace axonflow::policy::pii {

int NumberAt(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

int WeightedSum(std::string_view text, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t i = 0;
  for (const int weight : weights) sum += weight * ValueOf(text[i++]);
  return sum;
}

std::uint32_t Remainder(std::string_view digits, std::uint32_t modulus) {
  std::uint32_t rest = 0;
  for (const char c : digits) rest = (rest * 10 + static_cast<std::uint32_t>(c - '0')) % modulus;
  return rest;
}

bool PassesLuhnOfAnyLength(std::string_view text) {
  int sum = 0;
  bool doubled = false;
  for (std::size_t i = text.size(); i-- > 0; doubled = !doubled) {
    int value = ValueOf(text[i]);
    if (doubled) value = value > 4 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

bool PassesMod11And10(std::string_view digits) {
  int product = 10;
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
    int sum = (ValueOf(digits[i]) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (product + ValueOf(digits.back())) % 10 == 1;
}

bool PassesMod11Minus2(std::string_view text) {
  int rest = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) rest = (rest + ValueOf(text[i])) * 2 % 11;
  const int check = text.back() == 'X' ? 10 : ValueOf(text.back());
  return (rest + check) % 11 == 1;
}

bool IsAllSame(std::string_view text) {
  return text.find_first_not_of(text[0]) == std::string_view::npos;
}

bool IsMonthAndDay(int year, int month, int day) {
  if (month < 1 || month > 12 || day < 1) return false;
  if (month == 2) return day <= (year % 4 == 0 ? 29 : 28);
  const bool short_month = month == 4 || month == 6 || month == 9 || month == 11;
  return day <= (short_month ? 30 : 31);
}

bool IsYearMonthDay(std::string_view text, std::size_t from) {
  return IsMonthAndDay(NumberAt(text, from, 2), NumberAt(text, from + 2, 2),
                       NumberAt(text, from + 4, 2));
}

bool IsDayMonthYear(std::string_view text, std::size_t from) {
  return IsMonthAndDay(NumberAt(text, from + 4, 2), NumberAt(text, from + 2, 2),
                       NumberAt(text, from, 2));
}

}  // namespace axonflow::policy::pii

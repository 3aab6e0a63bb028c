#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace axonflow::policy::pii {

// The building blocks of national check digits. All read each byte at most twice and never
// allocate. Unless a comment says otherwise, `text` holds ASCII digits only.

// 0 to 9 for a digit, 10 to 35 for a capital letter; nothing else may be asked for.
constexpr int ValueOf(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

// The number that `count` digits from `from` spell; at most nine of them.
int NumberAt(std::string_view text, std::size_t from, std::size_t count);

// Sum of value times weight over the first weights.size() bytes, which may be capital letters too.
int WeightedSum(std::string_view text, std::initializer_list<int> weights);

// What remains of the number in `digits`, of any length, after division by `modulus` (at most
// 2^24).
std::uint32_t Remainder(std::string_view digits, std::uint32_t modulus);

// Luhn (ISO/IEC 7812-1, annex B) over any length; capital letters count 10 to 35.
bool PassesLuhnOfAnyLength(std::string_view text);

// ISO 7064 MOD 11,10: the last digit is the check.
bool PassesMod11And10(std::string_view digits);

// ISO 7064 MOD 11-2: the last byte is the check, a digit or 'X' for ten.
bool PassesMod11Minus2(std::string_view text);

// Whether `text` holds one and the same byte throughout.
bool IsAllSame(std::string_view text);

// Whether month and day are of a calendar; 29 February counts in any year that 4 divides.
bool IsMonthAndDay(int year, int month, int day);

// Whether the six digits from `from` are a date, year or day first, the year in two digits.
bool IsYearMonthDay(std::string_view text, std::size_t from);
bool IsDayMonthYear(std::string_view text, std::size_t from);

}  // namespace axonflow::policy::pii

#include "policy/pii/identifiers_europe.h"

#include <array>
#include <cstdint>

#include "policy/pii/characters.h"
#include "policy/pii/checksum.h"

namespace axonflow::policy::pii {
namespace {

bool Holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

}  // namespace

bool IsUkNhs(std::string_view text) {
  return !IsAllSame(text) && WeightedSum(text, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool IsUkNino(std::string_view text) {
  if (Holds("DFIQUV", text[0]) || Holds("DFIQUVO", text[1]) || text.back() > 'D') return false;
  constexpr std::array<std::string_view, 7> kUnused = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
  for (const auto unused : kUnused) {
    if (text.starts_with(unused)) return false;
  }
  return true;
}

bool IsUkUtr(std::string_view text) {
  constexpr std::string_view kChecks = "21987654321";
  const int sum = WeightedSum(text.substr(1), {6, 7, 8, 9, 10, 5, 4, 3, 2});
  return !IsAllSame(text) && text[0] == kChecks[static_cast<std::size_t>(sum % 11)];
}

bool IsUkDrivingLicence(std::string_view text) {
  // Five places of the surname, filled up with nines, then decade, month, day, year, initials.
  bool filling = false;
  for (std::size_t i = 0; i < 5; ++i) {
    if (IsLetter(text[i]) ? filling : text[i] != '9') return false;
    filling |= text[i] == '9';
  }
  if (!IsLetter(text[0])) return false;
  const int month = NumberAt(text, 6, 2) % 50;
  const int year = (text[5] - '0') * 10 + (text[10] - '0');
  if (text[6] > '6' || !IsMonthAndDay(year, month, NumberAt(text, 8, 2))) return false;
  const bool initials =
      (IsLetter(text[11]) || text[11] == '9') && (IsLetter(text[12]) || (text[12] == '9'));
  return initials && !(text[11] == '9' && text[12] != '9');
}

bool IsDeTaxId(std::string_view text) {
  if (text[0] == '0') return false;
  std::array<int, 10> counts{};
  for (std::size_t i = 0; i < 10; ++i) ++counts[static_cast<std::size_t>(text[i] - '0')];
  // Among the first ten digits exactly one stands twice or three times.
  int repeated = 0;
  for (const int count : counts) {
    if (count > 3) return false;
    if (count > 1) ++repeated;
  }
  return repeated == 1 && PassesMod11And10(text);
}

bool IsDeIdCardSerial(std::string_view text) {
  constexpr std::string_view kLetters = "CFGHJKLMNPRTVWXYZ";
  // The oldest passports and cards have digits alone and need the check digit.
  if (!Holds(kLetters, text[0])) return false;
  int digits = 0;
  for (const char c : text.substr(0, 9)) {
    if (!IsDigit(c) && !Holds(kLetters, c)) return false;
    digits += IsDigit(c) ? 1 : 0;
  }
  return digits > 0;
}

bool IsDeIdCard(std::string_view text) {
  return IsDeIdCardSerial(text) && IsDigit(text[9]) &&
         WeightedSum(text, {7, 3, 1, 7, 3, 1, 7, 3, 1}) % 10 == ValueOf(text[9]);
}

bool IsDePension(std::string_view text) {
  // Day of birth may be raised by 32 steps when serial numbers run out; area numbers end at 89.
  const int day = NumberAt(text, 2, 2);
  const int month = NumberAt(text, 4, 2);
  if (day > 95 || month > 12 || text[0] == '9' || !IsLetter(text[8])) return false;
  const int letter = text[8] - 'A' + 1;
  const std::array<int, 12> digits = {text[0] - '0', text[1] - '0', text[2] - '0', text[3] - '0',
                                      text[4] - '0', text[5] - '0', text[6] - '0', text[7] - '0',
                                      letter / 10,   letter % 10,   text[9] - '0', text[10] - '0'};
  constexpr std::array<int, 12> kWeights = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int product = digits[i] * kWeights[i];
    sum += product / 10 + product % 10;
  }
  return sum % 10 == text[11] - '0';
}

bool IsFrNir(std::string_view text) {
  if (!Holds("123478", text[0])) return false;
  const int month = NumberAt(text, 3, 2);
  if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
  // Corsica's departments 2A and 2B count as 19 and 18.
  std::array<char, 13> digits;
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = text[i];
  if (text[5] == '2' && (text[6] == 'A' || text[6] == 'B')) {
    digits[5] = '1';
    digits[6] = text[6] == 'A' ? '9' : '8';
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 6 && !IsDigit(text[i])) return false;
  }
  if (!IsDigit(digits[6]) || (digits[5] == '0' && digits[6] == '0')) return false;
  const std::uint32_t rest = Remainder({digits.data(), digits.size()}, 97);
  return 97 - rest == static_cast<std::uint32_t>(NumberAt(text, 13, 2));
}

bool IsFrSiren(std::string_view text) {
  if (IsAllSame(text)) return false;
  return PassesLuhnOfAnyLength(text) && PassesLuhnOfAnyLength(text.substr(0, 9));
}

bool IsFrTax(std::string_view text) {
  return text[0] <= '3' &&
         Remainder(text.substr(0, 10), 511) == static_cast<std::uint32_t>(NumberAt(text, 10, 3));
}

bool IsEsDni(std::string_view text) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  std::uint32_t prefix = 0;  // foreigners have X, Y or Z in the place of the first digit
  if (!IsDigit(text[0])) {
    if (!Holds("XYZKLM", text[0])) return false;
    prefix = text[0] >= 'X' ? static_cast<std::uint32_t>(text[0] - 'X') : 0;
  } else {
    prefix = static_cast<std::uint32_t>(text[0] - '0');
  }
  constexpr std::uint32_t kPlace = 10'000'000;
  const auto number = prefix * kPlace + static_cast<std::uint32_t>(NumberAt(text, 1, 7));
  return number != 0 && text[8] == kLetters[number % 23];
}

bool IsEsCif(std::string_view text) {
  if (!Holds("ABCDEFGHJNPQRSUVW", text[0])) return false;
  int sum = 0;
  for (std::size_t i = 1; i <= 7; ++i) {
    const int digit = text[i] - '0';
    sum += i % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
  }
  const int control = (10 - sum % 10) % 10;
  const bool letter = text[8] == "JABCDEFGHI"[control];
  const bool digit = text[8] == '0' + control;
  return digit || (letter && !Holds("ABEH", text[0]));
}

bool IsItCodiceFiscale(std::string_view text) {
  // Digits may be replaced by letters where two persons would have the same number.
  constexpr std::string_view kForDigits = "LMNPQRSTUV";
  constexpr std::string_view kMonths = "ABCDEHLMPRST";
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  std::array<int, 16> digits{};
  for (const std::size_t i : {6, 7, 9, 10, 12, 13, 14}) {
    const auto replaced = kForDigits.find(text[i]);
    if (!IsDigit(text[i]) && replaced == std::string_view::npos) return false;
    digits[i] = IsDigit(text[i]) ? text[i] - '0' : static_cast<int>(replaced);
  }
  const int day = digits[9] * 10 + digits[10];
  const auto month = kMonths.find(text[8]);
  if (month == std::string_view::npos) return false;
  if (!IsMonthAndDay(0, static_cast<int>(month) + 1, day > 40 ? day - 40 : day)) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int value = IsDigit(text[i]) ? text[i] - '0' : text[i] - 'A';
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return text[15] == 'A' + sum % 26;
}

bool IsItPartitaIva(std::string_view text) {
  const int office = NumberAt(text, 7, 3);
  const bool known = (office >= 1 && office <= 100) || office == 120 || office == 121 ||
                     office == 888 || office == 999;
  return known && !text.starts_with("0000000") && PassesLuhnOfAnyLength(text);
}

bool IsNlBsn(std::string_view text) {
  const int sum = WeightedSum(text, {9, 8, 7, 6, 5, 4, 3, 2}) - ValueOf(text[8]);
  return sum % 11 == 0 && !IsAllSame(text);
}

bool IsBeNational(std::string_view text) {
  // Foreigners have 20 or 40 added to the month; an unknown date of birth is zeros.
  const int month = NumberAt(text, 2, 2) % 20;
  const int day = NumberAt(text, 4, 2);
  if (NumberAt(text, 2, 2) > 52 || month > 12 || day > 31) return false;
  const auto check = static_cast<std::uint32_t>(NumberAt(text, 9, 2));
  const std::uint32_t rest = Remainder(text.substr(0, 9), 97);
  const std::uint32_t rest_2000 = (rest + 2 * (1'000'000'000U % 97)) % 97;
  return check == 97 - rest || check == 97 - rest_2000;
}

bool IsPtNif(std::string_view text) {
  if (text[0] == '0') return false;
  const int rest = WeightedSum(text, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return ValueOf(text[8]) == (rest < 2 ? 0 : 11 - rest);
}

bool IsPtCitizenCard(std::string_view text) {
  int sum = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    const int value = ValueOf(text[i]) * (i % 2 == 0 ? 2 : 1);
    sum += i % 2 == 0 && value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

bool IsPlPesel(std::string_view text) {
  const int month = NumberAt(text, 2, 2) % 20;  // 80, 20, 40, 60 are added for other centuries
  if (!IsMonthAndDay(NumberAt(text, 0, 2), month, NumberAt(text, 4, 2))) return false;
  return WeightedSum(text, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0;
}

bool IsPlNip(std::string_view text) {
  return !IsAllSame(text) &&
         WeightedSum(text, {6, 5, 7, 2, 3, 4, 5, 6, 7}) % 11 == ValueOf(text[9]);
}

bool IsPlIdCard(std::string_view text) {
  return WeightedSum(text, {7, 3, 1, 0, 7, 3, 1, 7, 3}) % 10 == ValueOf(text[3]);
}

bool IsAtSvnr(std::string_view text) {
  const int month = NumberAt(text, 6, 2);  // 13 to 15 when a day's numbers ran out
  const int day = NumberAt(text, 4, 2);
  if (text[0] == '0' || month < 1 || month > 15 || day < 1 || day > 31) return false;
  return WeightedSum(text, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == ValueOf(text[3]);
}

bool IsIePps(std::string_view text) {
  constexpr std::string_view kChecks = "WABCDEFGHIJKLMNOPQRSTUV";
  int sum = WeightedSum(text, {8, 7, 6, 5, 4, 3, 2});
  if (text.size() == 9) {
    if (!Holds("ABHWTX", text[8])) return false;
    // W, T and X marked spouses of old and weigh nothing.
    if (!Holds("WTX", text[8])) sum += 9 * (text[8] - 'A' + 1);
  }
  return text[7] == kChecks[static_cast<std::size_t>(sum % 23)];
}

bool IsCzBirthNumber(std::string_view text) {
  // Women have 50 added to the month; 20 more when a day's numbers ran out.
  const int month = NumberAt(text, 2, 2) % 50;
  const int in_year = month > 20 ? month - 20 : month;
  if (!IsMonthAndDay(NumberAt(text, 0, 2), in_year, NumberAt(text, 4, 2))) return false;
  const std::uint32_t rest = Remainder(text.substr(0, 9), 11) % 10;
  return rest == static_cast<std::uint32_t>(text[9] - '0');
}

bool IsRoCnp(std::string_view text) {
  if (text[0] == '0' || !IsYearMonthDay(text, 1)) return false;
  const int county = NumberAt(text, 7, 2);
  if (county < 1 || (county > 48 && county != 51 && county != 52 && county < 70)) return false;
  const int rest = WeightedSum(text, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return ValueOf(text[12]) == (rest == 10 ? 1 : rest);
}

bool IsBgEgn(std::string_view text) {
  const int month = NumberAt(text, 2, 2);  // 20 is added for births before 1900, 40 after 1999
  if (!IsMonthAndDay(NumberAt(text, 0, 2), month % 20, NumberAt(text, 4, 2)) || month > 52) {
    return false;
  }
  return WeightedSum(text, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == ValueOf(text[9]);
}

bool IsGrAmka(std::string_view text) {
  return IsDayMonthYear(text, 0) && PassesLuhnOfAnyLength(text);
}

bool IsGrAfm(std::string_view text) {
  return !IsAllSame(text) &&
         WeightedSum(text, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10 == ValueOf(text[8]);
}

bool IsHuTax(std::string_view text) {
  return text[0] == '8' && WeightedSum(text, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 == ValueOf(text[9]);
}

bool IsHuTaj(std::string_view text) {
  return !IsAllSame(text) && WeightedSum(text, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == ValueOf(text[8]);
}

bool IsHuPersonal(std::string_view text) {
  if (text[0] == '0' || text[0] == '9' || !IsYearMonthDay(text, 1)) return false;
  const int old = WeightedSum(text, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) % 11;
  const int since_1997 = WeightedSum(text, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) % 11;
  return old == ValueOf(text[10]) || since_1997 == ValueOf(text[10]);
}

bool IsHrOib(std::string_view text) { return !IsAllSame(text) && PassesMod11And10(text); }

bool IsBalticPersonal(std::string_view text) {
  if (text[0] < '1' || text[0] > '8' || !IsYearMonthDay(text, 1)) return false;
  int rest = WeightedSum(text, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (rest == 10) rest = WeightedSum(text, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
  return rest == ValueOf(text[10]);
}

bool IsLvPersonal(std::string_view text) {
  // Numbers since 2017 start with 32 and hold no date.
  const bool dateless = text.starts_with("32");
  if (!dateless && (!IsDayMonthYear(text, 0) || text[6] > '2')) return false;
  const int sum = WeightedSum(text, {10, 5, 8, 4, 2, 1, 6, 3, 7, 9});
  return (1 + sum) % 11 % 10 == ValueOf(text[10]);
}

bool IsJmbg(std::string_view text) {
  // Day, month and three digits of the year, 9xx or 0xx.
  const int year = NumberAt(text, 4, 3);
  if (year > 99 && year < 850) return false;
  if (!IsMonthAndDay(year, NumberAt(text, 2, 2), NumberAt(text, 0, 2))) return false;
  const int rest = WeightedSum(text, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return ValueOf(text[12]) == (rest < 2 ? 0 : 11 - rest);
}

bool IsSiTax(std::string_view text) {
  if (text[0] == '0') return false;
  const int check = 11 - WeightedSum(text, {8, 7, 6, 5, 4, 3, 2}) % 11;
  return check != 11 && ValueOf(text[7]) == check % 10;
}

bool IsSePersonnummer(std::string_view text) {
  if (text.size() == 12) {
    if (!text.starts_with("19") && !text.starts_with("20")) return false;
    text.remove_prefix(2);
  }
  const int day = NumberAt(text, 4, 2);  // coordination numbers have 60 added
  return IsMonthAndDay(NumberAt(text, 0, 2), NumberAt(text, 2, 2), day > 60 ? day - 60 : day) &&
         PassesLuhnOfAnyLength(text);
}

bool IsNoFodselsnummer(std::string_view text) {
  const int day = NumberAt(text, 0, 2);    // D numbers have 40 added
  const int month = NumberAt(text, 2, 2);  // H numbers have 40 added
  if (!IsMonthAndDay(NumberAt(text, 4, 2), month > 40 ? month - 40 : month,
                     day > 40 ? day - 40 : day)) {
    return false;
  }
  return WeightedSum(text, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
         WeightedSum(text, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

// The check digit was given up in 2007, so the date is all there is to test.
bool IsDkCpr(std::string_view text) { return IsDayMonthYear(text, 0); }

bool IsFiHetu(std::string_view text) {
  constexpr std::string_view kChecks = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  const bool lettered = text.size() == 11;
  if (lettered && !Holds("ABCDEFUVWXY", text[6])) return false;
  if (!IsDayMonthYear(text, 0)) return false;
  const int serial = NumberAt(text, lettered ? 7 : 6, 3);
  const int number = NumberAt(text, 0, 6) * 1000 + serial;
  return serial >= 2 && text.back() == kChecks[static_cast<std::size_t>(number % 31)];
}

bool IsIsKennitala(std::string_view text) {
  const int day = NumberAt(text, 0, 2);  // companies have 40 added
  if (!IsMonthAndDay(NumberAt(text, 4, 2), NumberAt(text, 2, 2), day > 40 ? day - 40 : day)) {
    return false;
  }
  return (text[9] == '9' || text[9] == '0' || text[9] == '8') &&
         WeightedSum(text, {3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool IsChAhv(std::string_view text) {
  return text.starts_with("756") &&
         WeightedSum(text, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}) % 10 == 0;
}

bool IsChUid(std::string_view text) {
  return WeightedSum(text.substr(3), {5, 4, 3, 2, 7, 6, 5, 4, 1}) % 11 == 0;
}

bool IsTrTckn(std::string_view text) {
  if (text[0] == '0') return false;
  const int odd = WeightedSum(text, {1, 0, 1, 0, 1, 0, 1, 0, 1});
  const int even = WeightedSum(text, {0, 1, 0, 1, 0, 1, 0, 1});
  const int tenth = ((odd * 7 - even) % 10 + 10) % 10;
  return tenth == ValueOf(text[9]) && (odd + even + tenth) % 10 == ValueOf(text[10]);
}

bool IsRuInn(std::string_view text) {
  if (IsAllSame(text)) return false;
  if (text.size() == 10) {
    return WeightedSum(text, {2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == ValueOf(text[9]);
  }
  return WeightedSum(text, {7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == ValueOf(text[10]) &&
         WeightedSum(text, {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == ValueOf(text[11]);
}

bool IsRuSnils(std::string_view text) {
  const int sum = WeightedSum(text, {9, 8, 7, 6, 5, 4, 3, 2, 1});
  return !text.starts_with("000000") && sum % 101 % 100 == NumberAt(text, 9, 2);
}

bool IsUaTax(std::string_view text) {
  const int sum = WeightedSum(text, {-1, 5, 7, 9, 4, 6, 10, 5, 7});
  return !IsAllSame(text) && (sum % 11 + 11) % 11 % 10 == ValueOf(text[9]);
}

bool IsKzIin(std::string_view text) {
  if (!IsYearMonthDay(text, 0) || text[6] < '0' || text[6] > '6') return false;
  int rest = WeightedSum(text, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) % 11;
  if (rest == 10) rest = WeightedSum(text, {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2}) % 11;
  return rest == ValueOf(text[11]);
}

}  // namespace axonflow::policy::pii

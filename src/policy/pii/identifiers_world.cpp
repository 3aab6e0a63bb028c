#include "policy/pii/identifiers_world.h"

#include <array>
#include <cstdint>

#include "policy/pii/characters.h"
#include "policy/pii/checksum.h"
#include "policy/pii/iban.h"
#include "policy/pii/verhoeff.h"

namespace axonflow::policy::pii {
namespace {

bool Holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

}  // namespace

bool IsAuTfn(std::string_view text) {
  if (IsAllSame(text)) return false;
  if (text.size() == 8) return WeightedSum(text, {10, 7, 8, 4, 6, 3, 5, 1}) % 11 == 0;
  return WeightedSum(text, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
}

bool IsAuAbn(std::string_view text) {
  if (text[0] == '0') return false;
  // One is taken from the first digit, whose weight is ten.
  return (WeightedSum(text, {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}) - 10) % 89 == 0;
}

bool IsAuAcn(std::string_view text) {
  return !IsAllSame(text) &&
         (10 - WeightedSum(text, {8, 7, 6, 5, 4, 3, 2, 1}) % 10) % 10 == ValueOf(text[8]);
}

bool IsAuMedicare(std::string_view text) {
  return text[0] >= '2' && text[0] <= '6' &&
         WeightedSum(text, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == ValueOf(text[8]);
}

bool IsNzIrd(std::string_view text) {
  const int number = NumberAt(text, 0, text.size());
  if (number < 10'000'000 || number > 150'000'000) return false;
  std::array<char, 9> nine = {'0'};
  for (std::size_t i = 0; i < text.size(); ++i) nine[9 - text.size() + i] = text[i];
  const std::string_view digits(nine.data(), nine.size());
  int rest = WeightedSum(digits, {3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  if (rest == 1) rest = WeightedSum(digits, {7, 4, 3, 2, 5, 2, 7, 6}) % 11;
  return rest != 1 && ValueOf(digits[8]) == (rest == 0 ? 0 : 11 - rest);
}

bool IsNzNhi(std::string_view text) {
  // A letter counts by its place among 24, which leave out I and O.
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
  int sum = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto place = kLetters.find(text[i]);
    if (IsLetter(text[i]) && place == std::string_view::npos) return false;
    const int value = IsDigit(text[i]) ? text[i] - '0' : static_cast<int>(place) + 1;
    sum += value * static_cast<int>(7 - i);
  }
  if (IsDigit(text[6])) {
    const int rest = sum % 11;
    return rest != 0 && (11 - rest) % 10 == text[6] - '0' && IsDigit(text[5]);
  }
  const auto check = kLetters.find(text[6]);
  if (check == std::string_view::npos || !IsLetter(text[5])) return false;
  return 24 - sum % 24 == static_cast<int>(check) + 1;
}

bool IsJpMyNumber(std::string_view text) {
  const int rest = WeightedSum(text, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return !IsAllSame(text) && ValueOf(text[11]) == (rest <= 1 ? 0 : 11 - rest);
}

bool IsKrRrn(std::string_view text) {
  if (!IsYearMonthDay(text, 0)) return false;
  const int rest = WeightedSum(text, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11;
  const int check = ValueOf(text[12]);
  // Foreign residents (5 to 8) have two more.
  const bool foreign = text[6] >= '5' && text[6] <= '8';
  return (11 - rest) % 10 == check || (foreign && (13 - rest) % 10 == check);
}

bool IsKrBusiness(std::string_view text) {
  const int sum = WeightedSum(text, {1, 3, 7, 1, 3, 7, 1, 3, 5}) + ValueOf(text[8]) * 5 / 10;
  return !text.starts_with("000") && (10 - sum % 10) % 10 == ValueOf(text[9]);
}

bool IsCnResident(std::string_view text) {
  const int province = NumberAt(text, 0, 2);
  const int century = NumberAt(text, 6, 2);
  if (province < 11 || province > 91 || century < 18 || century > 20) return false;
  if (!IsDigit(text[17]) && text[17] != 'X') return false;
  return IsYearMonthDay(text, 8) && PassesMod11Minus2(text);
}

bool IsTwId(std::string_view text) {
  // The first letter stands for a county's number.
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
  const int county = static_cast<int>(kLetters.find(text[0])) + 10;
  int sum = county / 10 + county % 10 * 9;
  // Foreign residents have 8 or 9, of old A to D, where citizens have 1 or 2.
  if (!Holds("1289ABCD", text[1])) return false;
  const int second = IsDigit(text[1]) ? text[1] - '0' : (text[1] - 'A') % 10;
  sum += second * 8;
  sum += WeightedSum(text.substr(2), {7, 6, 5, 4, 3, 2, 1, 1});
  return sum % 10 == 0;
}

bool IsHkId(std::string_view text) {
  constexpr int kBlank = 36;  // stands before a single letter
  int sum = text.size() == 8 ? kBlank * 9 : 0;
  int weight = text.size() == 8 ? 8 : 9;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) sum += ValueOf(text[i]) * weight--;
  const char last = text.back();
  if (IsLetter(last) && last != 'A') return false;
  return (sum + ValueOf(last)) % 11 == 0;
}

bool IsThId(std::string_view text) {
  if (text[0] == '0' || text[0] == '9') return false;
  const int sum = WeightedSum(text, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2});
  return !IsAllSame(text) && (11 - sum % 11) % 10 == ValueOf(text[12]);
}

bool IsMyKad(std::string_view text) {
  const int place = NumberAt(text, 6, 2);
  const bool known = place >= 1 && place != 17 && place != 18 && place != 19 && place != 20 &&
                     place != 69 && place != 70 && place != 73 && place != 80 && place != 81 &&
                     place != 94 && place != 95 && place != 96 && place != 97;
  return known && IsYearMonthDay(text, 0);
}

bool IsVnCccd(std::string_view text) {
  const int province = NumberAt(text, 0, 3);
  return province >= 1 && province <= 96 && text[3] <= '3';
}

// The ninth digit is the Luhn check of those before it; the rest names the tax office.
bool IsIdNpwp(std::string_view text) {
  return !text.starts_with("000000") && PassesLuhnOfAnyLength(text.substr(0, 9));
}

bool IsInGstin(std::string_view text) {
  const int state = NumberAt(text, 0, 2);
  if (state < 1 || (state > 38 && state != 97 && state != 99) || text[13] != 'Z') return false;
  int sum = 0;
  for (std::size_t i = 0; i < 14; ++i) {
    const int product = ValueOf(text[i]) * (i % 2 == 0 ? 1 : 2);
    sum += product / 36 + product % 36;
  }
  return (36 - sum % 36) % 36 == ValueOf(text[14]);
}

bool IsInVid(std::string_view text) { return text[0] >= '2' && PassesVerhoeff(text); }

bool IsPkCnic(std::string_view text) {
  return text[0] >= '1' && text[0] <= '7' && !IsAllSame(text);
}

bool IsIlTz(std::string_view text) {
  return !IsAllSame(text) && !text.starts_with("0000") && PassesLuhnOfAnyLength(text);
}

bool IsZaId(std::string_view text) {
  return IsYearMonthDay(text, 0) && text[10] <= '2' && PassesLuhnOfAnyLength(text);
}

bool IsAeId(std::string_view text) {
  const int century = NumberAt(text, 3, 2);
  return text.starts_with("784") && (century == 19 || century == 20) && PassesLuhnOfAnyLength(text);
}

bool IsSaId(std::string_view text) {
  return (text[0] == '1' || text[0] == '2') && PassesLuhnOfAnyLength(text);
}

bool IsEgId(std::string_view text) {
  return (text[0] == '2' || text[0] == '3') && IsYearMonthDay(text, 1);
}

bool IsImei(std::string_view text) {
  return !text.starts_with("000") && PassesLuhnOfAnyLength(text);
}

bool IsVin(std::string_view text) {
  // Letters count 1 to 9 by three rows; I, O and Q are left out (ISO 3779, 49 CFR 565.15).
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
  constexpr std::string_view kValues = "12345678123457923456789";
  constexpr std::array<int, 17> kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  int letters = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    int value = text[i] - '0';
    if (!IsDigit(text[i])) {
      const auto place = kLetters.find(text[i]);
      if (place == std::string_view::npos) return false;
      value = kValues[place] - '0';
      ++letters;
    }
    sum += value * kWeights[i];
  }
  const int rest = sum % 11;
  return letters > 0 && text[8] == (rest == 10 ? 'X' : static_cast<char>('0' + rest));
}

bool IsBic(std::string_view text) {
  // Institution, country, place. The countries are those with an IBAN and the larger without.
  constexpr std::string_view kOthers =
      "US JP CN IN AU CA SG HK KR MX ZA NZ TH MY ID PH VN TW AR CL";
  const std::size_t other = kOthers.find(text.substr(4, 2));
  const bool country = IbanLength(text[4], text[5]) != 0 || other != std::string_view::npos;
  return country && text[6] != '0' && text[6] != '1' && text[7] != 'O';
}

}  // namespace axonflow::policy::pii

#include <array>
#include <cstdint>

#include "policy/pii/characters.h"
#include "policy/pii/checksum.h"
#include "policy/pii/identifiers_world.h"

namespace axonflow::policy::pii {
namespace {

bool Holds(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

// The check digit 11 - sum mod 11 of many Latin American numbers, ten and eleven becoming zero.
int ElevenLess(int sum) { return sum % 11 < 2 ? 0 : 11 - sum % 11; }

}  // namespace

bool IsUsItin(std::string_view text) {
  const int group = NumberAt(text, 3, 2);
  return text[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                            (group >= 90 && group <= 92) || (group >= 94 && group <= 99));
}

bool IsUsEin(std::string_view text) {
  // Prefixes that no campus of the revenue service gives out.
  constexpr std::array<int, 17> kUnused = {0,  7,  8,  9,  17, 18, 19, 28, 29,
                                           49, 69, 70, 78, 79, 89, 96, 97};
  const int prefix = NumberAt(text, 0, 2);
  for (const int unused : kUnused) {
    if (prefix == unused) return false;
  }
  return !IsAllSame(text);
}

bool IsUsNpi(std::string_view text) {
  // Luhn over 80840 and the number; the prefix adds 24 to the sum.
  if (text[0] != '1' && text[0] != '2') return false;
  int sum = 24;
  for (std::size_t i = 0; i < 10; ++i) {
    const int value = ValueOf(text[i]) * (i % 2 == 0 ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return sum % 10 == 0;
}

bool IsUsDea(std::string_view text) {
  if (!Holds("ABCDEFGHJKLMPRSTUX", text[0])) return false;
  return WeightedSum(text.substr(2), {1, 2, 1, 2, 1, 2}) % 10 == ValueOf(text[8]);
}

bool IsUsMbi(std::string_view text) {
  constexpr std::string_view kLeftOut = "SLOIBZ";
  for (const char c : text) {
    if (Holds(kLeftOut, c)) return false;
  }
  return text[0] != '0';
}

bool IsCaSin(std::string_view text) {
  return !text.starts_with("000") && text[0] != '8' && PassesLuhnOfAnyLength(text);
}

bool IsBrCpf(std::string_view text) {
  return !IsAllSame(text) &&
         ElevenLess(WeightedSum(text, {10, 9, 8, 7, 6, 5, 4, 3, 2})) == ValueOf(text[9]) &&
         ElevenLess(WeightedSum(text, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})) == ValueOf(text[10]);
}

bool IsBrCnpj(std::string_view text) {
  // Since 2026 the first twelve places may be letters, which count as their byte less 48.
  std::array<int, 12> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = text[i] - '0';
  constexpr std::array<int, 13> kWeights = {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
  int first = 0;
  int second = 2 * ValueOf(text[12]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    first += values[i] * kWeights[i + 1];
    second += values[i] * kWeights[i];
  }
  return !IsAllSame(text) && ElevenLess(first) == ValueOf(text[12]) &&
         ElevenLess(second) == ValueOf(text[13]);
}

bool IsBrPis(std::string_view text) {
  return !IsAllSame(text) &&
         ElevenLess(WeightedSum(text, {3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == ValueOf(text[10]);
}

bool IsMxCurp(std::string_view text) {
  if (!IsYearMonthDay(text, 4) || !Holds("HMX", text[10])) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    // The alphabet has a place for the letter between N and O.
    const int value = ValueOf(text[i]) + (text[i] > 'N' ? 1 : 0);
    sum += value * static_cast<int>(18 - i);
  }
  return (10 - sum % 10) % 10 == ValueOf(text[17]);
}

bool IsMxRfc(std::string_view text) {
  const bool person = text.size() == 13;
  if (!IsYearMonthDay(text, person ? 4 : 3)) return false;
  // The alphabet is digits, A to N, '&', O to Z, space; a company's number starts with a space.
  constexpr int kSpace = 37;
  int sum = person ? 0 : kSpace * 13;
  int weight = person ? 13 : 12;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    sum += (ValueOf(text[i]) + (text[i] > 'N' ? 1 : 0)) * weight--;
  }
  const int rest = sum % 11;
  const char check = rest == 0 ? '0' : rest == 1 ? 'A' : static_cast<char>('0' + 11 - rest);
  return text.back() == check;
}

bool IsMxNss(std::string_view text) { return text[0] != '0' && PassesLuhnOfAnyLength(text); }

bool IsMxClabe(std::string_view text) {
  int sum = 0;
  constexpr std::array<int, 3> kWeights = {3, 7, 1};
  for (std::size_t i = 0; i < 17; ++i) sum += ValueOf(text[i]) * kWeights[i % 3] % 10;
  return !IsAllSame(text) && (10 - sum % 10) % 10 == ValueOf(text[17]);
}

bool IsArCuit(std::string_view text) {
  constexpr std::array<int, 8> kTypes = {20, 23, 24, 27, 30, 33, 34, 25};
  const int type = NumberAt(text, 0, 2);
  bool known = false;
  for (const int given : kTypes) known |= type == given;
  const int rest = WeightedSum(text, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  const int check = rest == 0 ? 0 : rest == 1 ? 9 : 11 - rest;
  return known && check == ValueOf(text[10]);
}

bool IsClRut(std::string_view text) {
  int sum = 0;
  int weight = 2;
  for (std::size_t i = text.size() - 1; i-- > 0;) {
    sum += ValueOf(text[i]) * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  const int rest = sum % 11;
  const char check = rest == 0 ? '0' : rest == 1 ? 'K' : static_cast<char>('0' + 11 - rest);
  return !IsAllSame(text) && text.back() == check;
}

bool IsCoNit(std::string_view text) {
  constexpr std::array<int, 10> kPrimes = {3, 7, 13, 17, 19, 23, 29, 37, 41, 43};
  int sum = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    sum += ValueOf(text[text.size() - 2 - i]) * kPrimes[i];
  }
  const int rest = sum % 11;
  return ValueOf(text.back()) == (rest < 2 ? rest : 11 - rest);
}

// The series of ten digits began with 1000000000 and is far from 1300000000.
bool IsCoCedula(std::string_view text) { return text[0] == '1' && text[1] <= '2'; }

bool IsPeRuc(std::string_view text) {
  const int type = NumberAt(text, 0, 2);
  if (type != 10 && type != 15 && type != 17 && type != 20) return false;
  const int sum = WeightedSum(text, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2});
  return (11 - sum % 11) % 10 == ValueOf(text[10]);
}

bool IsEcCedula(std::string_view text) {
  const int province = NumberAt(text, 0, 2);
  return ((province >= 1 && province <= 24) || province == 30 || province == 50) &&
         text[2] <= '6' && PassesLuhnOfAnyLength(text);
}

bool IsUyCedula(std::string_view text) {
  return text[0] != '0' &&
         (10 - WeightedSum(text, {2, 9, 8, 7, 6, 3, 4}) % 10) % 10 == ValueOf(text[7]);
}

bool IsDoCedula(std::string_view text) { return !IsAllSame(text) && PassesLuhnOfAnyLength(text); }

}  // namespace axonflow::policy::pii

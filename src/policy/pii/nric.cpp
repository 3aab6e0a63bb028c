#include "policy/pii/nric.h"

#include <array>
#include <cstddef>

namespace axonflow::policy::pii {
namespace {

constexpr std::size_t kLength = 9;

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

bool HasNricShape(std::string_view text) {
  if (text.size() != kLength) return false;
  if (std::string_view("STFGM").find(Upper(text[0])) == std::string_view::npos) return false;
  for (std::size_t i = 1; i + 1 < kLength; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const char last = Upper(text[kLength - 1]);
  return last >= 'A' && last <= 'Z';
}

bool HasNricCheckLetter(std::string_view text) {
  if (!HasNricShape(text)) return false;
  constexpr std::array<int, 7> kWeights = {2, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (text[i + 1] - '0');
  const char series = Upper(text[0]);
  if (series == 'T' || series == 'G') sum += 4;
  if (series == 'M') sum += 3;
  std::string_view letters = "XWUTRQPNMLK";
  if (series == 'S' || series == 'T') letters = "JZIHGFEDCBA";
  if (series == 'M') letters = "XWUTRQPNJLK";
  return letters[static_cast<std::size_t>(sum % 11)] == Upper(text[kLength - 1]);
}

}  // namespace axonflow::policy::pii

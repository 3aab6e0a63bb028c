#include "policy/pii/aba.h"

#include <array>
#include <cstddef>

namespace axonflow::policy::pii {

bool IsAbaRoutingNumber(std::string_view digits) {
  constexpr std::size_t kDigits = 9;
  constexpr std::array<int, 3> kWeights = {3, 7, 1};
  if (digits.size() != kDigits) return false;
  int sum = 0;
  for (std::size_t i = 0; i < kDigits; ++i) {
    if (digits[i] < '0' || digits[i] > '9') return false;
    sum += kWeights[i % 3] * (digits[i] - '0');
  }
  // Nine zeros satisfy the sum and name no bank.
  if (sum == 0 || sum % 10 != 0) return false;
  const int district = (digits[0] - '0') * 10 + (digits[1] - '0');
  return district <= 12 || (district >= 21 && district <= 32) ||
         (district >= 61 && district <= 72) || district == 80;
}

}  // namespace axonflow::policy::pii

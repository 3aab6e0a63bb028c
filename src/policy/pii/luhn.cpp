#include "policy/pii/luhn.h"

#include <cstddef>

namespace axonflow::policy::pii {

bool PassesLuhn(std::string_view digits) {
  constexpr std::size_t kDigitsMin = 12;
  constexpr std::size_t kDigitsMax = 19;
  if (digits.size() < kDigitsMin || digits.size() > kDigitsMax) return false;
  int sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] < '0' || digits[i] > '9') return false;
    int value = digits[i] - '0';
    if (doubled) value = value > 4 ? 2 * value - 9 : 2 * value;
    sum += value;
    doubled = !doubled;
  }
  return sum % 10 == 0;
}

}  // namespace axonflow::policy::pii

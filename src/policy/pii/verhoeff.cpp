#include "policy/pii/verhoeff.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace axonflow::policy::pii {
namespace {

// Multiplication in D5: 0 to 4 are the rotations, 5 to 9 the reflections.
constexpr std::uint8_t Multiply(std::uint8_t a, std::uint8_t b) {
  const int x = a % 5;
  const int y = b % 5;
  if (a < 5) return static_cast<std::uint8_t>(b < 5 ? (x + y) % 5 : 5 + (x + y) % 5);
  return static_cast<std::uint8_t>(b < 5 ? 5 + (x - y + 5) % 5 : (x - y + 5) % 5);
}

using Permutations = std::array<std::array<std::uint8_t, 10>, 8>;

// The scheme's permutation has order 8; row n is the permutation applied n times.
constexpr Permutations MakePermutations() {
  constexpr std::array<std::uint8_t, 10> kOnce = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  Permutations rows{};
  for (std::uint8_t digit = 0; digit < 10; ++digit) rows[0][digit] = digit;
  for (std::size_t row = 1; row < rows.size(); ++row) {
    for (std::size_t digit = 0; digit < 10; ++digit) {
      rows[row][digit] = kOnce[rows[row - 1][digit]];
    }
  }
  return rows;
}

constexpr Permutations kPermutations = MakePermutations();

}  // namespace

bool PassesVerhoeff(std::string_view digits) {
  constexpr std::size_t kDigitsMax = 32;
  if (digits.size() < 2 || digits.size() > kDigitsMax) return false;
  std::uint8_t check = 0;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    const char c = digits[digits.size() - 1 - place];
    if (c < '0' || c > '9') return false;
    check = Multiply(check, kPermutations[place % 8][static_cast<std::size_t>(c - '0')]);
  }
  return check == 0;
}

}  // namespace axonflow::policy::pii

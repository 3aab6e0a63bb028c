#include "policy/case_folding.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace axonflow::policy::syntax {
namespace {

// Letters that fold together beyond the pairs of a block (Unicode's simple case folding).
constexpr auto kFoldExtras = std::to_array<std::array<std::uint32_t, 2>>({
    {'k', 0x212A},
    {'s', 0x017F},
    {0xDF, 0x1E9E},
    {0xE5, 0x212B},
    {0xFF, 0x0178},
    {0xB5, 0x039C},
    {0xB5, 0x03BC},
    {0x432, 0x1C80},
    {0x434, 0x1C81},
    {0x43E, 0x1C82},
    {0x441, 0x1C83},
    {0x442, 0x1C84},
    {0x442, 0x1C85},
    {0x44A, 0x1C86},
});

// Blocks without case, in which expressions may be folded as they stand.
constexpr auto kCaseless = std::to_array<Range>({
    {0x0080, 0x00B4},
    {0x00B6, 0x00BF},
    {0x00D7, 0x00D7},
    {0x00F7, 0x00F7},
    {0x0590, 0x06FF},
    {0x0900, 0x0DFF},
    {0x2010, 0x205F},
    {0x3000, 0x9FFF},
    {0xAC00, 0xD7A3},
    {0x1F000, 0x1FAFF},
});

// The small form of a letter of Latin-1 or Cyrillic; the letter itself when it is one or has none.
std::uint32_t SmallForm(std::uint32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  for (const auto& [small, extra] : kFoldExtras) {
    if (c == extra) return small;
  }
  return c;
}

bool HasCapital(std::uint32_t small) {
  if (small >= 'a' && small <= 'z') return true;
  if (small >= 0xE0 && small <= 0xFE && small != 0xF7) return true;
  return small >= 0x430 && small <= 0x45F;
}

void AddFolded(std::uint32_t c, Ranges& out) {
  const std::uint32_t small = SmallForm(c);
  out.push_back({c, c});
  out.push_back({small, small});
  if (HasCapital(small)) {
    const std::uint32_t capital = small - (small >= 0x450 ? 0x50 : 0x20);
    out.push_back({capital, capital});
  }
  for (const auto& [one, extra] : kFoldExtras) {
    if (one == small) out.push_back({extra, extra});
  }
}

}  // namespace

bool AddFolded(Range range, Ranges& out) {
  constexpr std::uint32_t kOneByOneMax = 0x460;
  for (const Range& caseless : kCaseless) {
    if (range.low >= caseless.low && range.high <= caseless.high) {
      out.push_back(range);
      return true;
    }
  }
  for (std::uint32_t c = range.low; c <= range.high; ++c) {
    const bool known = c < 0x100 || (c >= 0x400 && c < kOneByOneMax);
    const bool extra = std::ranges::any_of(kFoldExtras, [&](const auto& e) { return e[1] == c; });
    if (!known && !extra) return false;
    AddFolded(c, out);
  }
  return true;
}

}  // namespace axonflow::policy::syntax

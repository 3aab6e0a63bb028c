#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>

namespace axonflow::policy {

// The ASCII characters of a class, one by one, and everything beyond as one more.
inline constexpr std::size_t kBeyondAscii = 128;
using Characters = std::bitset<kBeyondAscii + 1>;

Characters Between(unsigned char low, unsigned char high);

// The class behind a letter after a backslash; nothing for other letters.
std::optional<Characters> ClassOf(char letter);

// The class between "[:" and ":]".
Characters NamedClass(std::string_view name);

Characters BothCases(Characters set);

// Whether the class takes nearly every character: ".", negated classes, and what amounts to them.
bool IsBroad(const Characters& set);

}  // namespace axonflow::policy

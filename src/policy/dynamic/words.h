#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace axonflow::policy {

// The wire spelling of each value of an enumeration.
template <typename Enum, std::size_t N>
using WordTable = std::array<std::pair<Enum, std::string_view>, N>;

template <typename Enum, std::size_t N>
std::string_view WordIn(const WordTable<Enum, N>& table, Enum value) {
  for (const auto& [candidate, word] : table) {
    if (candidate == value) return word;
  }
  return "unknown";
}

template <typename Enum, std::size_t N>
std::optional<Enum> ValueIn(const WordTable<Enum, N>& table, std::string_view text) {
  for (const auto& [value, word] : table) {
    if (word == text) return value;
  }
  return std::nullopt;
}

}  // namespace axonflow::policy

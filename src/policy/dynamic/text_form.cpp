#include "policy/dynamic/text_form.h"

#include <array>
#include <charconv>
#include <cmath>

namespace axonflow::policy {

std::string NumberText(double number) {
  if (number == 0) return "0";  // -0 too
  constexpr double kPlainMin = 1e-6;
  constexpr double kPlainMax = 1e21;
  const double size = std::abs(number);
  const bool plain = size >= kPlainMin && size < kPlainMax;
  std::array<char, 64> digits{};
  const auto written =
      std::to_chars(digits.data(), digits.data() + digits.size(), number,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {digits.data(), written.ptr};
}

std::optional<double> ParseNumber(std::string_view text) {
  if (text.empty()) return std::nullopt;
  // from_chars also reads "inf" and "nan", which are no numbers here.
  const std::size_t first = text[0] == '-' ? 1 : 0;
  if (first == text.size() || text[first] < '0' || text[first] > '9') return std::nullopt;
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::string> TextForm(const ConditionValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return NumberText(*number);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  return std::nullopt;
}

}  // namespace axonflow::policy

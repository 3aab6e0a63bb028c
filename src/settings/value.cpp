#include "settings/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace axonflow::settings {
namespace {

constexpr std::size_t kSigningSecretBytesMin = 32;
constexpr std::string_view kReferences[] = {"env:", "file:", "vault:", "aws-sm:"};
constexpr double kDurationMaxMs = 10.0 * 366 * 86'400'000;

struct Unit {
  std::string_view name;
  double milliseconds;
};
// Longer names first, since "m" begins "ms".
constexpr Unit kUnits[] = {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1},
                           {"s", 1e3},   {"m", 6e4},   {"h", 36e5}};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string Join(const std::vector<std::string_view>& words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

bool InRange(const Setting& setting, std::int64_t value) {
  return (setting.min == 0 && setting.max == 0) || (value >= setting.min && value <= setting.max);
}

std::string Range(const Setting& setting, std::string_view unit) {
  if (setting.min == 0 && setting.max == 0) return "";
  return " from " + std::to_string(setting.min) + std::string(unit) + " to " +
         std::to_string(setting.max) + std::string(unit);
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, amount);
    if (error != std::errc() || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    const Unit* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                    [&](const Unit& u) { return text.starts_with(u.name); });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += amount * unit->milliseconds;
    if (!(total <= kDurationMaxMs)) return std::nullopt;
  }
  // A hair above, so that 0.1s, which is no exact double, is 100 ms and not 99.
  return std::chrono::milliseconds(static_cast<std::int64_t>(total + 1e-7));
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> ParseList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = Trimmed(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::optional<std::string> Complaint(const Setting& setting, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "must not hold a zero byte";
  switch (setting.type) {
    case Type::kBool:
      if (!ParseBool(text)) return "must be true or false";
      break;
    case Type::kInteger: {
      const auto value = ParseInteger(text);
      if (!value || !InRange(setting, *value)) return "must be an integer" + Range(setting, "");
      break;
    }
    case Type::kDuration: {
      const auto value = ParseDuration(text);
      if (!value || !InRange(setting, value->count())) {
        return "must be a duration such as 30s, 5m or 1h30m," + Range(setting, "ms");
      }
      break;
    }
    case Type::kEnum:
      if (std::find(setting.accepted.begin(), setting.accepted.end(), text) ==
          setting.accepted.end()) {
        return "must be one of " + Join(setting.accepted);
      }
      break;
    case Type::kString:
    case Type::kPath:
    case Type::kList:
    case Type::kSecret:
      break;
  }
  return std::nullopt;
}

bool IsSecretReference(std::string_view text) {
  return std::any_of(std::begin(kReferences), std::end(kReferences),
                     [&](std::string_view scheme) { return text.starts_with(scheme); });
}

std::optional<std::string> SecretComplaint(std::string_view variable, std::string_view text) {
  if (variable == "JWT_SECRET" && text.size() < kSigningSecretBytesMin) {
    return "must be at least 32 bytes long";
  }
  return std::nullopt;
}

}  // namespace axonflow::settings

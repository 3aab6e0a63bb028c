#include "base/time.h"

#include <cstdio>

namespace axonflow {
namespace {

// Reads exactly `count` digits at `at` and moves it on; -1 when one is not a digit.
int TakeDigits(std::string_view text, std::size_t& at, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return -1;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool Take(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// Fraction digits as microseconds; -1 when "." has no digit behind it, 0 when there is no fraction.
std::int64_t TakeFraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  ++at;
  std::int64_t micros = 0;
  int digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
    if (digits < 6) micros = micros * 10 + (text[at] - '0');
  }
  if (digits == 0) return -1;
  for (int i = digits; i < 6; ++i) micros *= 10;
  return micros;
}

std::optional<std::chrono::minutes> TakeOffset(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const char sign = text[at];
  ++at;
  if (sign == 'Z' || sign == 'z') return std::chrono::minutes{0};
  if (sign != '+' && sign != '-') return std::nullopt;
  const int hours = TakeDigits(text, at, 2);
  if (hours < 0 || hours > 23 || !Take(text, at, ':')) return std::nullopt;
  const int minutes = TakeDigits(text, at, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return sign == '-' ? -offset : offset;
}

void PutDigits(char* out, int value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Time Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string FormatRfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto micros = (time - day).count();
  const auto seconds = static_cast<int>(micros / 1'000'000);
  std::string text = "0000-00-00T00:00:00.000000Z";
  PutDigits(&text[0], static_cast<int>(date.year()), 4);
  PutDigits(&text[5], static_cast<int>(static_cast<unsigned>(date.month())), 2);
  PutDigits(&text[8], static_cast<int>(static_cast<unsigned>(date.day())), 2);
  PutDigits(&text[11], seconds / 3600, 2);
  PutDigits(&text[14], seconds / 60 % 60, 2);
  PutDigits(&text[17], seconds % 60, 2);
  PutDigits(&text[20], static_cast<int>(micros % 1'000'000), 6);
  return text;
}

std::optional<Time> ParseRfc3339(std::string_view text) {
  std::size_t at = 0;
  const int year = TakeDigits(text, at, 4);
  if (year < 1970 || !Take(text, at, '-')) return std::nullopt;
  const int month = TakeDigits(text, at, 2);
  if (month < 1 || !Take(text, at, '-')) return std::nullopt;
  const int day = TakeDigits(text, at, 2);
  if (day < 1 || at >= text.size()) return std::nullopt;
  if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') return std::nullopt;
  ++at;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const int hour = TakeDigits(text, at, 2);
  if (hour < 0 || hour > 23 || !Take(text, at, ':')) return std::nullopt;
  const int minute = TakeDigits(text, at, 2);
  if (minute < 0 || minute > 59 || !Take(text, at, ':')) return std::nullopt;
  const int second = TakeDigits(text, at, 2);
  if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second counts as the next one
  const std::int64_t micros = TakeFraction(text, at);
  if (micros < 0) return std::nullopt;
  const auto offset = TakeOffset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + std::chrono::microseconds{micros} - *offset;
}

}  // namespace axonflow

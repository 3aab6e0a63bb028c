#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace axonflow {

// A moment in UTC with the precision the store keeps (microseconds), so that a value survives a
// round trip through the database unchanged.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// The wall clock, truncated to microseconds.
Time Now();

// "2026-11-23T15:04:05.123456Z". Always UTC, always six fraction digits.
std::string FormatRfc3339(Time time);

// Parses RFC 3339 ("T" or a space between date and time, "Z" or an offset, any number of fraction
// digits, cut to six). Returns nothing for anything else, for impossible dates and for years
// outside 1970 to 9999.
std::optional<Time> ParseRfc3339(std::string_view text);

}  // namespace axonflow

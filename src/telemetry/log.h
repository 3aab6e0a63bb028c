#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace axonflow::telemetry {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// A named value of a log line. Prompts and secrets are never logged: there is no overload for
// Secret, and call sites pass ids, counts and codes.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// Writes one JSON line to standard error: {"ts":…,"level":…,"msg":…,<fields>}. Thread-safe; one
// write(2) a line, so lines never interleave. `message` is a fixed sentence in plain English; what
// varies goes into fields (decision_id, trace_id, tenant_id, error, ...).
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

inline void LogInfo(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kInfo, m, f);
}
inline void LogWarn(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kWarn, m, f);
}
inline void LogError(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kError, m, f);
}
inline void LogDebug(std::string_view m, std::initializer_list<LogField> f = {}) {
  Log(LogLevel::kDebug, m, f);
}

}  // namespace axonflow::telemetry

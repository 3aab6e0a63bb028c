#include "telemetry/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "base/json_writer.h"
#include "base/time.h"

namespace axonflow::telemetry {
namespace {

// A write of at most PIPE_BUF (4096) bytes to a pipe is never mixed with another's.
constexpr std::size_t kLineBytesMax = 4096;
constexpr std::size_t kValueBytesMax = 512;
// One byte of text becomes at most six in JSON ("\u001f"); quotes, name, colon and comma beside it.
constexpr std::size_t kEscapeFactor = 6;
constexpr std::size_t kNumberBytesMax = 32;
// ,"truncated":true} and the line end.
constexpr std::size_t kTailBytes = 20;

std::atomic<LogLevel> g_level{LogLevel::kInfo};

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string_view Head(std::string_view text) { return text.substr(0, kValueBytesMax); }

std::size_t BytesAtMost(const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  const std::size_t value =
      text != nullptr ? kEscapeFactor * Head(*text).size() + 2 : kNumberBytesMax;
  return kEscapeFactor * field.name.size() + 4 + value;
}

void Append(JsonWriter& json, const LogField& field) {
  json.Key(field.name);
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    json.String(Head(*text));
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    json.Int(*integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    json.Double(*number);
  } else {
    json.Bool(std::get<bool>(field.value));
  }
}

}  // namespace

void SetLogLevel(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

bool LogEnabled(LogLevel level) { return level >= g_level.load(std::memory_order_relaxed); }

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  JsonWriter json;
  json.BeginObject();
  json.Field("ts", std::string_view(FormatRfc3339(Now())));
  json.Field("level", Name(level));
  json.Field("msg", Head(message));
  bool truncated = message.size() > kValueBytesMax;
  for (const LogField& field : fields) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    truncated |= text != nullptr && text->size() > kValueBytesMax;
    if (json.text().size() + BytesAtMost(field) + kTailBytes > kLineBytesMax) {
      truncated = true;
      continue;
    }
    Append(json, field);
  }
  if (truncated) json.Field("truncated", true);
  json.EndObject();
  std::string line = std::move(json).Take();
  line.push_back('\n');
  // There is nowhere to report a failed log line to; only an interruption is worth another try.
  while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace axonflow::telemetry

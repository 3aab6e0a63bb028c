#include "net/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "net/text.h"

namespace axonflow::net {
namespace {

struct StatusName {
  int status;
  std::string_view phrase;
};

constexpr StatusName kStatusNames[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// The commonest status stands first, so the walk is short.
std::string_view ReasonPhrase(int status) {
  for (const auto& name : kStatusNames) {
    if (name.status == status) return name.phrase;
  }
  return "Unknown";
}

void AppendNumber(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool IsToken(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), IsTokenChar);
}

bool IsFraming(std::string_view name) {
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (EqualsIgnoreCase(name, own)) return true;
  }
  return false;
}

// A value that came from outside must not end its line and begin another field.
void AppendValue(std::string& out, std::string_view value) {
  if (IsFieldText(value)) {
    out += value;
    return;
  }
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
  }
}

}  // namespace

bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendHead(std::string& out, const Response& response, const AnswerFraming& framing) {
  out += "HTTP/1.1 ";
  AppendNumber(out, static_cast<std::size_t>(std::clamp(response.status, 100, 999)));
  out += ' ';
  out += ReasonPhrase(response.status);
  out += "\r\nDate: ";
  out += framing.date;
  if (StatusHasBody(response.status)) {
    if (!response.content_type.empty()) {
      out += "\r\nContent-Type: ";
      out += response.content_type;
    }
    if (!framing.streamed) {
      out += "\r\nContent-Length: ";
      AppendNumber(out, response.body.size());
    } else if (!framing.http_1_0) {
      out += "\r\nTransfer-Encoding: chunked";
    }
  }
  for (const auto& [name, value] : response.headers) {
    if (!IsToken(name) || IsFraming(name)) continue;
    out += "\r\n";
    out += name;
    out += ": ";
    AppendValue(out, value);
  }
  if (framing.close) {
    out += "\r\nConnection: close";
  } else if (framing.http_1_0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

void AppendChunkHead(std::string& out, std::size_t bytes, bool first) {
  std::array<char, 2 * sizeof bytes> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16).ptr;
  if (!first) out += "\r\n";
  out.append(digits.data(), end);
  out += bytes == 0 ? "\r\n\r\n" : "\r\n";
}

bool AsksForClose(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (EqualsIgnoreCase(name, "Connection") && EqualsIgnoreCase(value, "close")) return true;
  }
  return false;
}

Response ServerError(int status, std::string_view sentence) {
  Response response;
  response.status = status;
  response.body.append(R"({"success":false,"error":")").append(sentence).append(R"("})");
  return response;
}

std::string FormatHttpDate() {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  // strftime would follow the locale; the format does not.
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                 utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace axonflow::net

#include "api/query_string.h"

#include <charconv>

#include "base/utf8.h"

namespace axonflow::api {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsText(std::string_view text) {
  while (!text.empty()) {
    const auto length = Utf8SequenceLength(text);
    if (length == 0 || text[0] == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!IsText(out)) return std::nullopt;
  return out;
}

}  // namespace

Result<QueryString> QueryString::Parse(std::string_view text) {
  QueryString query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = Decode(pair.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : Decode(pair.substr(equals + 1));
    if (!name || !value) {
      return Error{ErrorCode::kInvalidArgument, "the query string is malformed"};
    }
    query.values_.emplace(std::move(*name), std::move(*value));
  }
  return query;
}

std::string_view QueryString::Get(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view{} : std::string_view(found->second);
}

Result<std::int64_t> QueryString::Integer(std::string_view name, std::int64_t fallback,
                                          std::int64_t min, std::int64_t max) const {
  const auto text = Get(name);
  if (text.empty()) return fallback;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
    return Error{ErrorCode::kInvalidArgument, std::string(name) + " must be a whole number from " +
                                                  std::to_string(min) + " to " +
                                                  std::to_string(max)};
  }
  return value;
}

}  // namespace axonflow::api

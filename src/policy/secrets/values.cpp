#include "policy/secrets/values.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace axonflow::policy::secrets {
namespace {

constexpr std::size_t kEntropyBytesMax = 128;
constexpr std::size_t kJwtHeaderBytesMax = 512;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Words of which one makes a value a placeholder wherever it stands.
constexpr std::string_view kPlaceholderWords[] = {
    "example", "placeholder", "changeme",  "change_me",   "change-me", "your_",   "your-",
    "yourapi", "yoursecret",  "yourpass",  "yourtoken",   "insert",    "replace", "redacted",
    "dummy",   "notreal",     "fake",      "foobar",      "todo",      "xxxx",    "****",
    "....",    "sample",      "my-secret", "my_secret",   "mysecret",  "my_api",  "my-api",
    "api_key", "apikey",      "api-key",   "process.env", "environ",   "getenv",  "secrets.",
    "config.", "settings.",   "vault(",    "lorem",       "0000000",   "enter_",  "_here",
    "-here",
};

constexpr std::string_view kPlaceholderValues[] = {
    "password", "passwd", "secret",    "token", "none",  "null",     "true",     "false",
    "test",     "string", "undefined", "value", "empty", "required", "optional", "default",
    "admin",    "user",   "pass",      "key",   "text",  "hidden",   "username", "str",
};

bool BeginsIgnoringCase(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower(text[i]) != word[i]) return false;
  }
  return true;
}

// The placeholder words by their first byte, so that a value is read once and not once a word.
class WordsByFirst {
 public:
  WordsByFirst() : sorted_(std::begin(kPlaceholderWords), std::end(kPlaceholderWords)) {
    std::sort(sorted_.begin(), sorted_.end());
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      const auto first = static_cast<std::uint8_t>(sorted_[i].front());
      if (counts_[first]++ == 0) begins_[first] = static_cast<std::uint8_t>(i);
    }
  }

  // Whether a word stands at the begin of `text`.
  bool OneBegins(std::string_view text) const {
    const auto first = static_cast<std::uint8_t>(Lower(text.front()));
    for (std::size_t i = begins_[first], end = i + counts_[first]; i < end; ++i) {
      if (BeginsIgnoringCase(text, sorted_[i])) return true;
    }
    return false;
  }

 private:
  std::vector<std::string_view> sorted_;
  std::array<std::uint8_t, 256> begins_{};
  std::array<std::uint8_t, 256> counts_{};
};

// c * log2(c), which is all that an entropy needs of its counts.
std::array<double, kEntropyBytesMax + 1> MakeCountLogs() {
  std::array<double, kEntropyBytesMax + 1> logs{};
  for (std::size_t c = 1; c < logs.size(); ++c) {
    logs[c] = static_cast<double>(c) * std::log2(static_cast<double>(c));
  }
  return logs;
}

int Base64UrlValue(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-' || c == '+') return 62;
  if (c == '_' || c == '/') return 63;
  return -1;
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

// Whether few different bytes make up the value, as in "aaaaaaaa" or "abababab".
bool IsRepetition(std::string_view value) {
  for (const std::size_t period : {1U, 2U, 3U, 4U}) {
    if (value.size() < 3 * period) break;
    if (value.substr(period) == value.substr(0, value.size() - period)) return true;
  }
  return false;
}

}  // namespace

std::size_t RunLength(std::string_view text, std::size_t at, Alphabet alphabet, std::size_t max) {
  std::size_t length = 0;
  const std::size_t available = at < text.size() ? text.size() - at : 0;
  max = std::min(max, available);
  while (length < max && IsIn(text[at + length], alphabet)) ++length;
  return length;
}

double EntropyOf(std::string_view value) {
  static const auto kLogs = MakeCountLogs();
  value = value.substr(0, kEntropyBytesMax);
  if (value.empty()) return 0;
  std::array<std::uint8_t, 256> counts{};
  for (const char c : value) ++counts[static_cast<std::uint8_t>(c)];
  double sum = 0;
  for (const char c : value) {
    // Each different byte is counted at its first place, then cleared.
    std::uint8_t& count = counts[static_cast<std::uint8_t>(c)];
    sum += kLogs[count];
    count = 0;
  }
  return (kLogs[value.size()] - sum) / static_cast<double>(value.size());
}

bool ContainsIgnoringCase(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return Lower(a) == b; }) != text.end();
}

bool IsPlaceholder(std::string_view value) {
  if (value.empty() || value.front() == '<' || value.front() == '$' || value.front() == '{' ||
      value.front() == '%' || value.front() == '*' || value.front() == '[') {
    return true;
  }
  for (const std::string_view word : kPlaceholderValues) {
    if (value.size() == word.size() && ContainsIgnoringCase(value, word)) return true;
  }
  const auto head = value.substr(0, kEntropyBytesMax);
  static const WordsByFirst words;
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (words.OneBegins(head.substr(at))) return true;
  }
  return IsRepetition(head);
}

bool HasChecksum(std::string_view payload) {
  constexpr std::size_t kRandomBytes = 30;
  constexpr std::size_t kChecksumDigits = 6;
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  if (payload.size() != kRandomBytes + kChecksumDigits) return false;
  std::uint32_t crc = Crc32(payload.substr(0, kRandomBytes));
  for (std::size_t i = payload.size(); i-- > kRandomBytes;) {
    if (payload[i] != kDigits[crc % kDigits.size()]) return false;
    crc /= static_cast<std::uint32_t>(kDigits.size());
  }
  return true;
}

bool IsJwt(std::string_view token) {
  const auto header = token.substr(0, std::min(token.find('.'), kJwtHeaderBytesMax));
  std::array<char, kJwtHeaderBytesMax> plain{};
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : header) {
    const int value = Base64UrlValue(c);
    if (value < 0) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      plain[size++] = static_cast<char>((bits >> static_cast<unsigned>(held)) & 0xFFU);
    }
  }
  const std::string_view decoded(plain.data(), size);
  return decoded.starts_with('{') && decoded.find("\"alg\"") != std::string_view::npos;
}

}  // namespace axonflow::policy::secrets

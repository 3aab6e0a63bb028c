#include "policy/secrets/urls.h"

#include <algorithm>

#include "policy/secrets/values.h"

namespace axonflow::policy::secrets {
namespace {

constexpr std::size_t kUrlBytesMax = 256;
constexpr std::size_t kNetrcBytesMax = 256;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool EndsLogin(char c) {
  return IsBlank(c) || c == '/' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' ||
         c == '?' || c == '#';
}

constexpr std::string_view kStandIns[] = {"password", "pass",  "passwd", "pw",  "pwd", "secret",
                                          "user",     "token", "...",    "xxx", "port"};

bool IsStandIn(std::string_view value) {
  for (const std::string_view word : kStandIns) {
    if (value.size() == word.size() && ContainsIgnoringCase(value, word)) return true;
  }
  return IsPlaceholder(value) || value.find('$') == 0 || value.find('{') != std::string_view::npos;
}

}  // namespace

Place PasswordOfUrl(std::string_view text, std::size_t at) {
  if (at < 2 || !IsIn(text[at - 1], kAlnum)) return {};
  const std::size_t begin = at + 3;
  const std::size_t limit = std::min(text.size(), begin + kUrlBytesMax);
  std::size_t colon = 0;
  std::size_t sign = 0;  // the last '@' before the host ends
  for (std::size_t i = begin; i < limit && !EndsLogin(text[i]); ++i) {
    if (text[i] == ':' && colon == 0) colon = i;
    if (text[i] == '@') sign = i;
  }
  if (colon == 0 || sign <= colon + 1 || sign + 1 >= text.size()) return {};
  if (!IsIn(text[sign + 1], kAlnum) && text[sign + 1] != '[') return {};
  const auto password = text.substr(colon + 1, sign - colon - 1);
  if (password.size() < 3 || IsStandIn(password)) return {};
  return {true, colon + 1, sign};
}

Place TelegramToken(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < 17 && IsIn(text[begin - 1], kDigit)) --begin;
  const std::size_t digits = at - begin;
  if (digits < 5 || digits > 16 || text.substr(at + 1, 1) != "A") return {};
  // "bot" directly before the number is how addresses of the service have it.
  const bool after_bot = begin >= 3 && ContainsIgnoringCase(text.substr(begin - 3, 3), "bot");
  if (begin > 0 && IsIn(text[begin - 1], kWord) && !after_bot) return {};
  const std::size_t length = RunLength(text, at + 1, kUrlSafe, 40);
  if (length < 34 || length > 36 || EntropyOf(text.substr(at + 1, length)) < 3) return {};
  return {true, begin, at + 1 + length};
}

Place AzureClientSecret(std::string_view text, std::size_t at) {
  constexpr Alphabet kBytes = kDotted | kTilde;
  if (at < 5 || text[at - 1] != 'Q' || !IsIn(text[at - 2], kDigit)) return {};
  const std::size_t begin = at - 5;
  if (RunLength(text, begin, kBytes, 3) != 3) return {};
  if (begin > 0 && IsIn(text[begin - 1], kAlnum)) return {};
  const std::size_t length = RunLength(text, at + 1, kBytes, 40);
  if (length < 31 || length > 35 || EntropyOf(text.substr(at + 1, length)) < 3) return {};
  return {true, begin, at + 1 + length};
}

Place NetrcPassword(std::string_view text, std::size_t at) {
  constexpr std::string_view kWordOfPassword = "password";
  if (text.substr(at, kWordOfPassword.size()) != kWordOfPassword) return {};
  std::size_t begin = at + kWordOfPassword.size();
  if (begin >= text.size() || !IsBlank(text[begin])) return {};
  while (begin < text.size() && IsBlank(text[begin])) ++begin;
  const std::size_t from = at > kNetrcBytesMax ? at - kNetrcBytesMax : 0;
  const auto before = text.substr(from, at - from);
  const std::size_t login = before.rfind("login ");
  if (login == std::string_view::npos) return {};
  const std::size_t machine = before.rfind("machine ", login);
  if (machine == std::string_view::npos &&
      before.rfind("default ", login) == std::string_view::npos) {
    return {};
  }
  std::size_t end = begin;
  while (end < text.size() && end - begin < kNetrcBytesMax && !IsBlank(text[end])) ++end;
  if (end - begin < 3 || IsStandIn(text.substr(begin, end - begin))) return {};
  return {true, begin, end};
}

Place CurlLogin(std::string_view text, std::size_t at) {
  // -u user:password, --user user:password
  const auto rest = text.substr(at);
  std::size_t skip = 0;
  if (rest.starts_with("u ") && at > 0 && text[at - 1] == '-') skip = 2;
  if (rest.starts_with("user ") && at > 0 && text[at - 1] == '-') skip = 5;
  if (skip == 0) return {};
  const std::size_t line = text.rfind('\n', at);
  const std::size_t from =
      std::max(line == std::string_view::npos ? 0 : line, at > 512 ? at - 512 : std::size_t{0});
  if (text.substr(from, at - from).find("curl") == std::string_view::npos) return {};
  std::size_t begin = at + skip;
  if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) ++begin;
  std::size_t colon = 0;
  std::size_t end = begin;
  while (end < text.size() && end - begin < kUrlBytesMax && !IsBlank(text[end]) &&
         text[end] != '"' && text[end] != '\'') {
    if (text[end] == ':' && colon == 0) colon = end;
    ++end;
  }
  if (colon == 0 || end - colon < 4 || IsStandIn(text.substr(colon + 1, end - colon - 1)))
    return {};
  return {true, colon + 1, end};
}

}  // namespace axonflow::policy::secrets

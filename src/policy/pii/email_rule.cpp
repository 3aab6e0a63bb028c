#include "policy/pii/email_rule.h"

#include <algorithm>
#include <array>

#include "policy/pii/characters.h"

namespace axonflow::policy::pii {
namespace {

constexpr std::size_t kLocalBytesMax = 64;    // RFC 5321, 4.5.3.1.1
constexpr std::size_t kDomainBytesMax = 255;  // RFC 5321, 4.5.3.1.2
constexpr std::size_t kTldBytesMax = 24;
constexpr std::size_t kUrlReach = 128;

bool IsLocalByte(char c) {
  return IsAlnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

// A Latin letter beyond ASCII (U+00C0 to U+024F) that ends at `end`, as in "andré@...": two bytes,
// or 0.
std::size_t AccentedLetterBefore(std::string_view text, std::size_t end) {
  const auto lead = static_cast<unsigned char>(At(text, end - 2));
  const auto trail = static_cast<unsigned char>(At(text, end - 1));
  return end >= 2 && lead >= 0xC3 && lead <= 0xC9 && (trail & 0xC0) == 0x80 ? 2 : 0;
}

std::size_t LocalBegin(std::string_view text, std::size_t at, std::size_t floor) {
  const std::size_t least = std::max(floor, at > kLocalBytesMax ? at - kLocalBytesMax : 0);
  std::size_t begin = at;
  while (begin > least) {
    if (IsLocalByte(text[begin - 1])) {
      --begin;
    } else if (begin >= least + 2 && AccentedLetterBefore(text, begin) == 2) {
      begin -= 2;
    } else {
      break;
    }
  }
  // An address does not start with a dot, nor with the dash or percent sign of the text before it.
  while (begin < at && (text[begin] == '.' || text[begin] == '-' || text[begin] == '%')) ++begin;
  return begin;
}

// End of the longest domain that starts at `begin` and ends in a top-level domain; `begin` for
// none.
std::size_t DomainEnd(std::string_view text, std::size_t begin) {
  const std::size_t limit = std::min(text.size(), begin + kDomainBytesMax);
  std::size_t end = begin;
  std::size_t label = begin;
  bool name_has_letter = false;  // in the labels before the current one
  bool label_has_letter = false;
  bool label_is_letters = true;
  std::size_t labels = 0;
  for (std::size_t i = begin; i <= limit; ++i) {
    const char c = i < limit ? text[i] : '\0';
    if (IsAlnum(c) || c == '-') {
      label_has_letter |= IsLetter(c);
      label_is_letters &= IsLetter(c);
      continue;
    }
    const std::size_t length = i - label;
    if (length == 0) break;
    const bool is_tld = label_is_letters && length >= 2 && length <= kTldBytesMax;
    if (labels > 0 && is_tld && name_has_letter) end = i;
    if (c != '.') break;
    name_has_letter |= label_has_letter;
    ++labels;
    label = i + 1;
    label_has_letter = false;
    label_is_letters = true;
  }
  return end;
}

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ToUpper(text[i]) != ToUpper(lower[i])) return false;
  }
  return true;
}

bool NamesAFile(std::string_view domain) {
  const std::string_view last = domain.substr(domain.rfind('.') + 1);
  constexpr std::array<std::string_view, 12> kSuffixes = {
      "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "json", "html", "txt", "pdf"};
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [last](std::string_view suffix) { return EqualsLower(last, suffix); });
}

bool IsDisposable(std::string_view domain) {
  constexpr std::array<std::string_view, 8> kDomains = {
      "mailinator.com", "guerrillamail.com", "10minutemail.com", "temp-mail.org",
      "yopmail.com",    "trashmail.com",     "sharklasers.com",  "throwawaymail.com"};
  return std::any_of(kDomains.begin(), kDomains.end(),
                     [domain](std::string_view known) { return EqualsLower(domain, known); });
}

// Whether the text before `begin` is "scheme://user:" without a space: then '@' ends credentials.
bool IsUrlPassword(std::string_view text, std::size_t begin) {
  if (At(text, begin - 1) != ':') return false;
  const std::size_t floor = begin > kUrlReach ? begin - kUrlReach : 0;
  for (std::size_t i = begin - 1; i > floor; --i) {
    const char c = text[i - 1];
    if (c == '/') return i >= 3 && text[i - 2] == '/' && text[i - 3] == ':';
    if (c == ' ' || c == '\n' || c == '"' || c == '\'') return false;
  }
  return false;
}

}  // namespace

bool IsEmailLocalPart(std::string_view text, std::size_t from) {
  const std::size_t limit = std::min(text.size(), from + kLocalBytesMax);
  std::size_t i = from;
  while (i < limit && IsLocalByte(text[i])) ++i;
  return i < limit && text[i] == '@' && DomainEnd(text, i + 1) != i + 1;
}

std::size_t ReportEmail(Detection& detection, std::size_t at) {
  const std::string_view text = detection.text;
  const std::size_t next = at + 1;
  const std::size_t begin = LocalBegin(text, at, detection.floor);
  if (begin == at || text[at - 1] == '.') return next;
  const std::size_t end = DomainEnd(text, next);
  if (end == next) return next;
  const std::string_view domain = text.substr(next, end - next);
  const std::string_view local = text.substr(begin, at - begin);
  const char after = At(text, end);
  // "obj@Type.method(" is a program and "git@host:path" names a repository.
  if (after == '(' || after == '_' || after == '@') return next;
  if (after == ':' && local == "git") return end;
  if (NamesAFile(domain) || IsUrlPassword(text, begin)) return end;
  detection.Add(Rule::kEmail, begin, end, IsDisposable(domain) ? 50 : 90);
  return end;
}

}  // namespace axonflow::policy::pii

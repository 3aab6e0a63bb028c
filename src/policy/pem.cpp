#include "policy/pem.h"

#include <algorithm>
#include <optional>

namespace axonflow::policy {
namespace {

constexpr std::string_view kDashes = "----";
constexpr std::size_t kLabelBytesMax = 80;
constexpr int kHeadersMax = 16;
constexpr std::size_t kHeaderNameBytesMax = 40;
constexpr std::size_t kHeaderBytesMax = 1000;
// So many characters of base64 in a row are no word of a prose, but for rare ones.
constexpr std::size_t kRunMin = 16;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool IsBase64(char c) { return IsLetterOrDigit(c) || c == '+' || c == '/' || c == '='; }

// What stands between the lines of a block, with the marks of source code and quoted mail.
bool IsSeparator(char c) {
  return std::string_view(" \t\r\n\"'`\\>|#*,;").find(c) != std::string_view::npos;
}

std::size_t SkipDashes(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of('-', at), text.size());
}

// One past the END line that comes before any other BEGIN line.
std::optional<std::size_t> EndLineEnd(std::string_view text, std::size_t at) {
  while ((at = text.find(kDashes, at)) != std::string_view::npos) {
    at = SkipDashes(text, at);
    std::string_view label = text.substr(at, kLabelBytesMax);
    if (label.starts_with(' ')) label.remove_prefix(1);
    if (label.starts_with("BEGIN ")) return std::nullopt;
    if (!label.starts_with("END ")) continue;
    const std::size_t label_end = std::min(label.find_first_of("-\r\n\\"), label.size());
    return SkipDashes(text, static_cast<std::size_t>(label.data() - text.data()) + label_end);
  }
  return std::nullopt;
}

// The separators at `at`, with an escaped letter (\n) as one; `breaks` is set when a line ends.
std::size_t SkipSeparators(std::string_view text, std::size_t at, bool& breaks) {
  while (at < text.size() && IsSeparator(text[at])) {
    const bool escape = text[at] == '\\' && at + 1 < text.size() &&
                        std::string_view("nrt").find(text[at + 1]) != std::string_view::npos;
    breaks |= text[at] == '\n' || text[at] == '\r' || escape;
    at += escape ? 2 : 1;
  }
  return at;
}

// Skips lines like "Proc-Type: 4,ENCRYPTED", which may stand before the base64.
std::size_t SkipHeaders(std::string_view text, std::size_t at) {
  for (int i = 0; i < kHeadersMax; ++i) {
    bool breaks = false;
    const std::size_t name = SkipSeparators(text, at, breaks);
    const std::string_view rest = text.substr(name, kHeaderBytesMax);
    const auto colon =
        std::ranges::find_if(rest, [](char c) { return !IsLetterOrDigit(c) && c != '-'; }) -
        rest.begin();
    const auto length = static_cast<std::size_t>(colon);
    if (length == 0 || length > kHeaderNameBytesMax || !rest.substr(length).starts_with(':')) break;
    at = name + std::min(rest.find_first_of("\r\n\\"), rest.size());
  }
  return at;
}

bool EndsLine(std::string_view text, std::size_t at) {
  return at == text.size() || (text[at] != ' ' && text[at] != '\t' && IsSeparator(text[at]));
}

// One past the last run of base64 that begins at `at`. The last line of a block may be as short as
// a word; it is told from one by standing alone on the line behind a long one or the BEGIN line.
std::size_t BodyEnd(std::string_view text, std::size_t at) {
  std::size_t end = at;
  at = SkipHeaders(text, at);
  bool after_line = true;
  bool breaks = false;
  while (true) {
    at = SkipSeparators(text, at, breaks);
    std::size_t run_end = at;
    bool spells = false;  // signs alone join pieces of source code
    while (run_end < text.size() && IsBase64(text[run_end])) {
      spells |= IsLetterOrDigit(text[run_end++]);
    }
    if (run_end == at) return end;
    if (spells) {
      const bool line = run_end - at >= kRunMin;
      const bool last_line = (after_line || text[at] == '=') && breaks && EndsLine(text, run_end);
      if (!line && !last_line) return end;
      end = run_end;
      after_line = line;
      breaks = false;
    }
    at = run_end;
  }
}

}  // namespace

std::size_t PemEnd(std::string_view text, std::size_t begin_line_end) {
  const auto end = EndLineEnd(text, begin_line_end);
  return end ? *end : BodyEnd(text, begin_line_end);
}

}  // namespace axonflow::policy

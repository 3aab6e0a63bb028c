#include "policy/sql/sql_detector.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "policy/sql/fragment.h"
#include "policy/sql/local_rules.h"
#include "policy/sql/tokenizer.h"

namespace axonflow::policy::sql {
namespace {

constexpr std::array<std::string_view, kRuleCount> kRuleNames = {
    "union_select",
    "union_injection",
    "or_true",
    "or_string",
    "and_false",
    "sleep",
    "waitfor",
    "pg_sleep",
    "benchmark",
    "extractvalue",
    "updatexml",
    "convert_int",
    "stacked_drop",
    "stacked_delete",
    "stacked_update",
    "stacked_insert",
    "stacked_exec",
    "inline_comment",
    "line_comment_mysql",
    "line_comment_dash",
    "select_from",
    "admin_bypass",
    "hex_encoding",
    "char_function",
    "concat_select",
    "information_schema",
    "sys_tables",
    "load_file",
    "into_outfile",
    "drop_table",
    "drop_database",
    "truncate",
    "alter_table",
    "delete_no_where",
    "create_user",
    "grant",
    "revoke",
    "breakout",
    "admin_users_table",
    "admin_audit_log",
    "admin_config_table",
    "admin_info_schema",
};

constexpr std::size_t kWindowTokens = 4096;
// Encoded texts up to this length are also judged as they will be decoded.
constexpr std::size_t kDecodedBytesMax = 4096;

static_assert(kWindowTokens > kFragmentTokensMax);
static_assert(kWindowTokens > 4 * kLookaheadTokens);

struct Buffers {
  std::array<Token, kWindowTokens> tokens;
  std::array<char, kDecodedBytesMax> decoded;
  std::array<std::uint32_t, kDecodedBytesMax + 1> origin;  // of each decoded byte in the text
};

Buffers& ThreadBuffers() {
  thread_local Buffers buffers;
  return buffers;
}

// Rules look back as well as ahead, so a window keeps a tail of the one before it on both sides of
// the first token that is still to be judged.
void DetectPlain(std::string_view text, Hits& hits) {
  auto& buffer = ThreadBuffers().tokens;
  Tokenizer tokenizer(text);
  LocalRules rules(hits);
  std::size_t kept = 0;    // tokens at the front of the buffer that came from the window before
  std::size_t judged = 0;  // of these, how many were judged
  bool first_window = true;
  while (true) {
    const std::size_t count = tokenizer.Fill(buffer, kept);
    const bool last_window = count < buffer.size();
    const Tokens tokens(text, std::span<const Token>(buffer).first(count));
    const std::size_t until = last_window ? count : count - 2 * kLookaheadTokens;
    rules.Judge(tokens, judged, until);
    const auto breakout = static_cast<std::size_t>(Rule::kBreakout);
    if (first_window && !hits.rules[breakout]) {
      const std::size_t head = std::min(count, kFragmentTokensMax);
      Hits::Place place;
      if (IsFragment({text, std::span<const Token>(buffer).first(head)}, place)) {
        hits.rules.set(breakout);
        hits.places[breakout] = place;
      }
    }
    if (last_window) break;
    first_window = false;
    const std::size_t keep_from = until - kLookaheadTokens;
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(keep_from),
              buffer.begin() + static_cast<std::ptrdiff_t>(count), buffer.begin());
    kept = count - keep_from;
    judged = until - keep_from;
  }
  rules.Finish();
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsEncodedByte(std::string_view text, std::size_t i) {
  return text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
         HexValue(text[i + 2]) >= 0;
}

// Whether decoding `text` as a form field would change it. A plus stands for a space only where no
// real space does.
bool LooksEncoded(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (IsEncodedByte(text, at)) return true;
  }
  return text.find('+') != std::string_view::npos && text.find(' ') == std::string_view::npos;
}

// Decodes `text`, at most kDecodedBytesMax bytes, into the thread's buffer.
std::string_view Decode(std::string_view text, Buffers& buffers) {
  const bool plus_is_space = text.find(' ') == std::string_view::npos;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++size) {
    buffers.origin[size] = static_cast<std::uint32_t>(i);
    if (IsEncodedByte(text, i)) {
      buffers.decoded[size] = static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 3;
      continue;
    }
    buffers.decoded[size] = text[i] == '+' && plus_is_space ? ' ' : text[i];
    ++i;
  }
  buffers.origin[size] = static_cast<std::uint32_t>(text.size());
  return {buffers.decoded.data(), size};
}

// Adds what the decoded form of text[begin, end) shows, with the places it has in `text`.
void DetectDecoded(std::string_view text, std::size_t begin, std::size_t end, Hits& hits) {
  Buffers& buffers = ThreadBuffers();
  Hits decoded;
  DetectPlain(Decode(text.substr(begin, end - begin), buffers), decoded);
  const auto offset = static_cast<std::uint32_t>(begin);
  for (std::size_t rule = 0; rule < kRuleCount; ++rule) {
    if (!decoded.rules[rule] || hits.rules[rule]) continue;
    hits.rules.set(rule);
    hits.places[rule] = {offset + buffers.origin[decoded.places[rule].begin],
                         offset + buffers.origin[decoded.places[rule].end]};
  }
}

// The values of a query string or form body (a=1&b=2), each judged as the server that receives it
// would see it: alone and decoded.
void DetectInFields(std::string_view text, Hits& hits) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find_first_of("&\n", begin), text.size());
    std::size_t value = std::min(text.substr(begin, end - begin).find('='), end - begin) + begin;
    // The name of a field is one word; "http://host/path?a=1" has the first one after its mark.
    if (value < end &&
        text.substr(begin, value - begin).find_first_of(" '\"") == std::string_view::npos) {
      ++value;
      const std::size_t stop =
          std::min(text.substr(value, end - value).find(" HTTP/"), end - value) + value;
      if (stop > value) DetectDecoded(text, value, stop, hits);
    }
    begin = end + 1;
  }
}

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto found = std::find(kRuleNames.begin(), kRuleNames.end(), name);
  return static_cast<Rule>(found - kRuleNames.begin());
}

std::string_view ToString(Rule rule) {
  return rule < Rule::kCount ? kRuleNames[static_cast<std::size_t>(rule)] : std::string_view{};
}

void Detect(std::string_view text, Hits& hits) {
  hits.rules.reset();
  DetectPlain(text, hits);
  if (text.size() > kDecodedBytesMax) return;
  if (LooksEncoded(text)) DetectDecoded(text, 0, text.size(), hits);
  if (text.find('=') != std::string_view::npos && text.find('&') != std::string_view::npos) {
    DetectInFields(text, hits);
  }
}

}  // namespace axonflow::policy::sql

#include "policy/sql/sql_detector.h"

#include <algorithm>
#include <array>

#include "policy/sql/fragment.h"
#include "policy/sql/local_rules.h"
#include "policy/sql/request.h"
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
    "error_based",
    "boolean_blind",
    "time_delay",
    "order_by_probe",
    "mssql_procedures",
    "admin_users_table",
    "admin_audit_log",
    "admin_config_table",
    "admin_info_schema",
};

constexpr std::size_t kWindowTokens = 4096;
// A field or an encoded text is decoded up to this length; the rest of it is judged as it stands.
constexpr std::size_t kDecodedBytesMax = 4096;

static_assert(kWindowTokens > kFragmentTokensMax);
static_assert(kWindowTokens > 4 * kLookaheadTokens);

struct Buffers {
  std::array<Token, kWindowTokens> tokens;
  std::array<std::uint64_t, kWindowTokens / 64> marks;
  std::array<char, kDecodedBytesMax> decoded;
  std::array<std::uint32_t, kDecodedBytesMax + 1> origin;  // of each decoded byte in the text
  Fields fields;
};

Buffers& ThreadBuffers() {
  thread_local Buffers buffers;
  return buffers;
}

void Set(Hits& hits, Rule rule, Hits::Place place) {
  const auto index = static_cast<std::size_t>(rule);
  if (hits.rules[index]) return;
  hits.rules.set(index);
  hits.places[index] = place;
}

// "drop table lamp", "students union select": words that a search box holds as often as a statement
// of SQL. Capitals, numbers, signs or an underscore make the difference.
bool IsSearchWords(const Tokens& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.Is(i, Kind::kWord) || tokens.Is(i, Word::kNull)) return false;
    const std::string_view word = tokens.Text(i);
    if (word.find('_') != std::string_view::npos) return false;
    const bool capitals = word.size() > 1 && word[1] >= 'A' && word[1] <= 'Z';
    if (capitals && tokens.Has(i, kVerb | kClause)) return false;
  }
  return true;
}

// Rules look back as well as ahead, so a window keeps a tail of the one before it on both sides of
// the first token that is still to be judged.
void DetectPlain(std::string_view text, Context context, Hits& hits) {
  auto& buffer = ThreadBuffers().tokens;
  Marks marks(ThreadBuffers().marks);
  Tokenizer tokenizer(text);
  LocalRules rules(hits);
  std::size_t kept = 0;    // tokens at the front of the buffer that came from the window before
  std::size_t judged = 0;  // of these, how many were judged
  bool first_window = true;
  while (true) {
    const std::size_t count = tokenizer.Fill(buffer, kept, marks);
    const bool last_window = count < buffer.size();
    const Tokens tokens(text, std::span<const Token>(buffer).first(count));
    if (first_window && last_window && context != Context::kText && IsSearchWords(tokens)) {
      return;
    }
    const std::size_t until = last_window ? count : count - 2 * kLookaheadTokens;
    rules.Judge(tokens, marks, judged, until);
    if (first_window && !hits.rules[static_cast<std::size_t>(Rule::kBreakout)]) {
      const std::size_t head = std::min(count, kFragmentTokensMax);
      const Tokens fragment(text, std::span<const Token>(buffer).first(head));
      Hits::Place place;
      bool probes_order = false;
      if (IsFragment(fragment, context, place, probes_order)) Set(hits, Rule::kBreakout, place);
      if (probes_order) Set(hits, Rule::kOrderByProbe, place);
    }
    if (last_window) break;
    first_window = false;
    const std::size_t keep_from = until - kLookaheadTokens;
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(keep_from),
              buffer.begin() + static_cast<std::ptrdiff_t>(count), buffer.begin());
    kept = count - keep_from;
    judged = until - keep_from;
    for (std::size_t i = 0; i < kept; ++i) marks.Set(i, IsMarked(text, buffer[i]));
  }
  rules.Finish();
}

// Whether decoding `text` as a form field would change it.
bool LooksEncoded(std::string_view text) {
  const auto is_hex = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
  };
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2])) return true;
  }
  return text.find('+') != std::string_view::npos && text.find(' ') == std::string_view::npos;
}

// Adds what the decoded form of `field` shows, with the places it has in `text`.
void DetectField(std::string_view text, const Field& field, Context context, Hits& hits) {
  Buffers& buffers = ThreadBuffers();
  const std::size_t size = DecodeField(text, field, buffers.decoded.data(), buffers.origin.data(),
                                       buffers.decoded.size());
  Hits decoded;
  DetectPlain({buffers.decoded.data(), size}, context, decoded);
  if (decoded.rules.none()) return;
  for (std::size_t rule = 0; rule < kRuleCount; ++rule) {
    if (!decoded.rules[rule]) continue;
    const Hits::Place& place = decoded.places[rule];
    Set(hits, static_cast<Rule>(rule), {buffers.origin[place.begin], buffers.origin[place.end]});
  }
}

// A field of one or two plain words holds no SQL, and most fields are that.
bool IsPlainWord(std::string_view value) {
  return value.size() < 64 && std::all_of(
                                  value.begin(), value.end(),
                                  [](char c) {
                                    const char lower = static_cast<char>(c | 0x20);
                                    return (lower >= 'a' && lower <= 'z') ||
                                           (c >= '0' && c <= '9') || c == '.' || c == '-';
                                  });
}

// Judges each field alone, as the application that receives it would paste it into a statement.
void DetectFields(std::string_view text, const Fields& fields, Hits& hits) {
  for (const Field& field : fields) {
    const std::string_view value = text.substr(field.begin, field.end - field.begin);
    if (IsPlainWord(value)) continue;
    DetectField(text, field, field.may_be_statement ? Context::kDocument : Context::kParameter,
                hits);
    if (value.size() > kDecodedBytesMax) {
      DetectField(text,
                  {field.begin + std::uint32_t{kDecodedBytesMax}, field.end, field.encoding, true},
                  Context::kText, hits);
    }
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
  Fields& fields = ThreadBuffers().fields;
  fields.clear();
  if (text.size() <= kRequestBytesMax && SplitRequest(text, fields)) {
    DetectFields(text, fields, hits);
    if (fields.full()) DetectPlain(text, Context::kText, hits);
    return;
  }
  DetectPlain(text, Context::kText, hits);
  if (text.size() > kDecodedBytesMax) return;
  if (LooksEncoded(text)) {
    const Field whole{0, static_cast<std::uint32_t>(text.size()), Encoding::kForm, true};
    DetectField(text, whole, Context::kText, hits);
  }
  if (SplitPairs(text, fields)) DetectFields(text, fields, hits);
}

}  // namespace axonflow::policy::sql

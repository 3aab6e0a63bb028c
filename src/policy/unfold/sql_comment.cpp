#include <algorithm>
#include <array>
#include <string>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kCommentBytesMax = 64;      // a comment that breaks a word up says little
constexpr std::size_t kVersionedBytesMax = 4096;  // what MySQL runs inside of /*!50000 ... */
constexpr std::size_t kKeywordBytesMax = 12;

// The words that are worth breaking up.
constexpr std::array<std::string_view, 30> kKeywords = {
    "select",  "union", "from",      "where",    "insert", "update",    "delete",   "drop",
    "table",   "sleep", "benchmark", "having",   "order",  "group",     "limit",    "into",
    "values",  "exec",  "execute",   "concat",   "char",   "substring", "database", "version",
    "waitfor", "delay", "outfile",   "truncate", "alter",  "cast"};

bool IsKeyword(std::string_view word) {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

// The letters before `at` and those from `next` on as one small word; empty when it is too long.
std::string Joined(std::string_view text, std::size_t at, std::size_t next) {
  std::size_t begin = at;
  while (begin > 0 && at - begin <= kKeywordBytesMax && IsLetter(ByteAt(text, begin - 1))) --begin;
  std::size_t end = next;
  while (end - next <= kKeywordBytesMax && IsLetter(ByteAt(text, end))) ++end;
  std::string word(text.substr(begin, at - begin));
  word += text.substr(next, end - next);
  for (char& c : word) c = static_cast<char>(c | 0x20);
  return word;
}

}  // namespace

std::size_t TakeComment(std::string_view text, std::size_t at, Writer& writer) {
  if (ByteAt(text, at + 1) != '*') return at + 1;
  const bool versioned = ByteAt(text, at + 2) == '!';
  const std::size_t reach = versioned ? kVersionedBytesMax : kCommentBytesMax + 2;
  const std::size_t close =
      text.substr(0, std::min(text.size(), at + 2 + reach)).find("*/", at + 2);
  if (close == std::string_view::npos) return at + 2;
  if (versioned) {
    std::size_t body = at + 3;
    while (IsDigit(ByteAt(text, body))) ++body;
    body = std::min(body, close);
    writer.Replace(at, body, " ");
    writer.CopyTo(close);
    writer.Replace(close, close + 2, " ");
    return close + 2;
  }
  const bool inside = at > 0 && IsWord(ByteAt(text, at - 1)) && IsWord(ByteAt(text, close + 2));
  if (!inside || text.substr(at, close - at).find('\n') != std::string_view::npos) return close + 2;
  writer.Replace(at, close + 2, IsKeyword(Joined(text, at, close + 2)) ? "" : " ");
  return close + 2;
}

}  // namespace axonflow::policy::unfold

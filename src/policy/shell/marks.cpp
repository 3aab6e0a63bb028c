#include "policy/shell/marks.h"

namespace axonflow::policy::shell {
namespace {

constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kBodyBytesMax = 160;

bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

bool EndsWord(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';' || c == '|' || c == '&' ||
         c == '(' || c == ')' || c == '<' || c == '>' || c == '`' || c == '=' || c == ',';
}

std::size_t WordBegin(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < kWordBytesMax && !EndsWord(text[begin - 1])) --begin;
  return begin;
}

// Whether the word around `at` spells a known command in pieces.
void JudgeSplice(std::string_view text, std::size_t at, Line& scratch, Sink& sink) {
  const std::size_t begin = WordBegin(text, at);
  ReadLine(text, begin, '\0', kWordBytesMax, scratch);
  if (scratch.word_count == 0) return;
  const Word& word = scratch.words[0];
  if (!word.spliced || word.value.size() < 2) return;
  const std::size_t slash = word.value.rfind('/');
  const auto name = slash == std::string_view::npos ? word.value : word.value.substr(slash + 1);
  const Entry* entry = FindCommand(name);
  if (entry == nullptr || (entry->english && entry->command == Command::kOther)) return;
  sink.Report(Rule::kObfuscated, word.begin, word.end, 0.85F);
}

void JudgeQuote(std::string_view text, std::size_t at, Line& scratch, Sink& sink) {
  if (at == 0 || at + 1 >= text.size() || !IsAlnum(text[at - 1])) return;
  const char next = text[at + 1];
  if (next != text[at] && !IsAlnum(next)) return;
  // A second quote must be near on either side: don't, it's and o'clock have one.
  const auto near = text.substr(at > 6 ? at - 6 : 0, 13);
  std::size_t quotes = 0;
  for (const char c : near) quotes += c == text[at] ? 1 : 0;
  if (quotes >= 2) JudgeSplice(text, at, scratch, sink);
}

void JudgeBackslash(std::string_view text, std::size_t at, Line& scratch, Sink& sink) {
  if (at == 0 || at + 2 >= text.size()) return;
  if (!IsAlnum(text[at - 1]) || !IsAlnum(text[at + 1])) return;
  JudgeSplice(text, at, scratch, sink);
}

// ${PATH:0:1} and the like spell a slash where slashes are refused.
bool CutsVariable(std::string_view text, std::size_t at) {
  for (const std::string_view name :
       {"PATH", "HOME", "PWD", "SHELL", "IFS", "LS_COLORS", "OLDPWD"}) {
    const auto rest = text.substr(at + 2);
    if (!rest.starts_with(name)) continue;
    const auto behind = rest.substr(name.size());
    return behind.size() >= 3 && (behind[0] == ':' && (behind[1] >= '0' && behind[1] <= '9'));
  }
  return false;
}

void JudgeDollar(std::string_view text, std::size_t at, Line& scratch, Sink& sink) {
  if (at + 2 >= text.size()) return;
  const char next = text[at + 1];
  if (next == '{' && CutsVariable(text, at)) {
    const std::size_t end = std::min(text.find('}', at), text.size() - 1);
    sink.Report(Rule::kObfuscated, at, end + 1, 0.85F);
    return;
  }
  if (next == '\'' && text[at + 2] == '\\') return JudgeSplice(text, at, scratch, sink);
  const bool empty =
      next == '@' || next == '*' || (next == '{' && text.substr(at).starts_with("${@}"));
  if (empty && at > 0 && IsAlnum(text[at - 1])) JudgeSplice(text, at, scratch, sink);
}

// name(){ name|name& };name
bool IsForkBomb(std::string_view name, std::string_view body) {
  const std::size_t first = body.find(name);
  if (name.empty() || first == std::string_view::npos) return false;
  const std::size_t pipe = body.find('|', first);
  if (pipe == std::string_view::npos) return false;
  const std::size_t second = body.find(name, pipe);
  return second != std::string_view::npos && body.find('&', second) != std::string_view::npos;
}

void JudgeFunction(std::string_view text, std::size_t at, std::size_t brackets, Sink& sink) {
  std::size_t begin = brackets;
  while (begin > 0 && brackets - begin < kWordBytesMax &&
         (IsAlnum(text[begin - 1]) || text[begin - 1] == '_' || text[begin - 1] == ':' ||
          text[begin - 1] == '.')) {
    --begin;
  }
  const auto body = text.substr(at, kBodyBytesMax);
  const std::size_t close = body.find('}');
  if (close == std::string_view::npos) return;
  const auto inside = body.substr(1, close - 1);
  const auto name = text.substr(begin, brackets - begin);
  if (IsForkBomb(name, inside)) {
    sink.Report(Rule::kDestructive, begin, at + close + 1, 0.98F);
    return;
  }
  const bool empty_body =
      inside == " :;" || inside == ":;" || inside == " :; " || inside == "_;" || inside == " _; ";
  if (name.empty() && empty_body && body.substr(close + 1).starts_with(";")) {
    sink.Report(Rule::kChaining, begin, at + close + 1, 0.95F);
  }
}

// {cat,/etc/passwd}
void JudgeBraces(std::string_view text, std::size_t at, Sink& sink) {
  const auto body = text.substr(at + 1, kBodyBytesMax);
  const std::size_t close = body.find('}');
  const std::size_t comma = body.find(',');
  if (close == std::string_view::npos || comma == std::string_view::npos || comma > close) return;
  const auto list = body.substr(0, close);
  if (list.find_first_of(" \t\n:\"'") < comma || comma + 1 >= close) return;
  const char second = body[comma + 1];
  const auto rest = list.substr(comma + 1);
  const bool argument = second == '/' || second == '-' || second == '~' || second == '.' ||
                        rest.find("://") != std::string_view::npos;
  if (!argument || list.find(' ') != std::string_view::npos) return;
  const auto name = list.substr(0, comma);
  if (FindCommand(name.substr(name.rfind('/') + 1)) == nullptr) return;
  sink.Report(Rule::kObfuscated, at, at + close + 2, 0.9F);
}

void JudgeBrace(std::string_view text, std::size_t at, Sink& sink) {
  if (at + 3 >= text.size()) return;
  std::size_t before = at;
  while (before > 0 && at - before < 3 && text[before - 1] == ' ') --before;
  if (before >= 2 && text[before - 1] == ')' && text[before - 2] == '(') {
    return JudgeFunction(text, at, before - 2, sink);
  }
  if (IsAlnum(text[at + 1]) || text[at + 1] == '/') JudgeBraces(text, at, sink);
}

// /b?n/c?t: at least two of its parts hold a wildcard, and no other byte than those of paths.
void JudgeWildcard(std::string_view text, std::size_t at, Sink& sink) {
  if (at == 0 || (!IsAlnum(text[at - 1]) && text[at - 1] != '/' && text[at - 1] != '?')) return;
  const std::size_t begin = WordBegin(text, at);
  if (text[begin] != '/') return;
  std::size_t end = begin;
  std::size_t marks = 0;
  std::size_t parts = 0;
  bool marked = false;
  std::size_t slashes = 0;
  for (; end < text.size() && end - begin < 40; ++end) {
    const char c = text[end];
    if (c == '?') {
      ++marks;
      marked = true;
    } else if (c == '/') {
      ++slashes;
      parts += marked ? 1 : 0;
      marked = false;
    } else if (!IsAlnum(c) && c != '*') {
      break;
    }
  }
  parts += marked ? 1 : 0;
  if (marks >= 2 && slashes >= 2 && parts >= 2) sink.Report(Rule::kObfuscated, begin, end, 0.85F);
}

}  // namespace

void JudgeMark(std::string_view text, std::size_t at, Line& scratch, Sink& sink) {
  switch (text[at]) {
    case '\'':
    case '"':
      return JudgeQuote(text, at, scratch, sink);
    case '\\':
      return JudgeBackslash(text, at, scratch, sink);
    case '$':
      return JudgeDollar(text, at, scratch, sink);
    case '{':
      return JudgeBrace(text, at, sink);
    case '?':
      return JudgeWildcard(text, at, sink);
    default:
      return;
  }
}

}  // namespace axonflow::policy::shell

#include <iterator>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

constexpr std::size_t kLeftBytesMax = 300;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What stands between the value and the appended command.
struct Opening {
  std::size_t left_end = 0;   // where the value ends
  bool separator = false;     // ; | & or a line break
  bool substitution = false;  // $( or `
  bool glued = true;          // no blank on either side of the separator
  bool pipe_only = false;     // a single |, which tables have too
  std::size_t separators = 0;
};

// Reads back from the command over separators, quotes and openers.
Opening OpeningBefore(std::string_view text, std::size_t begin) {
  Opening opening;
  std::size_t at = begin;
  char last = '\0';
  while (at > 0) {
    const char c = text[at - 1];
    const auto tail = text.substr(0, at);
    if (at >= 3 && tail[at - 3] == '%' &&
        (ContainsIgnoringCase("%0a%0d%3b%7c%26", tail.substr(at - 3)))) {
      opening.separator = true;
      ++opening.separators;
      at -= 3;
      last = ';';
      continue;
    }
    if (at >= 3 && tail.ends_with("%20")) {
      at -= 3;
      continue;
    }
    if (at >= 2 && tail.ends_with("\\n")) {
      opening.separator = true;
      ++opening.separators;
      at -= 2;
      last = ';';
      continue;
    }
    if (c == ';' || c == '|' || c == '&') {
      opening.separator = true;
      ++opening.separators;
      last = c;
    } else if (c == '`' || (c == '(' && at >= 2 && tail[at - 2] == '$')) {
      opening.substitution = true;
    } else if (IsBlank(c)) {
      opening.glued = false;
    } else if (c != '"' && c != '\'' && c != '(' && c != '$' && c != '{' && c != '\\') {
      break;
    }
    --at;
  }
  if (opening.separator && at < begin) {
    const auto between = text.substr(at, begin - at);
    opening.glued = between.find_first_of(" \t") == std::string_view::npos;
  }
  opening.pipe_only = opening.separators == 1 && last == '|';
  opening.left_end = at;
  return opening;
}

// Words of arguments as they follow commands: options, paths, addresses, numbers, variables.
bool IsArgument(std::string_view value) {
  if (value.empty()) return true;
  const char c = value.front();
  if (!IsAlnum(c)) return true;
  if (IsDigit(c)) return true;
  return value.find_first_of("/.:\\=$%@*_") != std::string_view::npos && !value.ends_with(".");
}

bool AllArguments(std::span<const Word> words) {
  return std::all_of(words.begin(), words.end(),
                     [](const Word& word) { return IsArgument(word.value) || word.quoted; });
}

bool FirstIs(std::span<const Word> words, std::string_view bytes) {
  return !words.empty() && !words.front().value.empty() &&
         bytes.find(words.front().value.front()) != std::string_view::npos;
}

// Whether the command has the form of a command with its arguments, not only its name. `bare` says
// whether the name alone is enough, as at the very begin of a text.
bool IsRunnable(const Case& one, bool bare) {
  const auto words = one.arguments();
  const bool alone = words.empty();
  switch (one.command) {
    case Command::kRecon:
      return alone || FirstIs(words, "-/");
    case Command::kList:
      return alone || FirstIs(words, "-/.~*$%") ||
             (words.front().value.size() > 1 && words.front().value[1] == ':');
    case Command::kRead:
    case Command::kType:
      return !alone &&
             (FirstIs(words, "/.~$*<-%&+") || one.simple().ifs ||
              words.front().value.find_first_of("/.\\:") != std::string_view::npos) &&
             !words.front().value.ends_with(".");
    case Command::kPing:
      return FirstIs(words, "-0123456789`$") ||
             (!alone && words.front().value.find('.') != std::string_view::npos);
    case Command::kSleep:
      return FirstIs(words, "0123456789");
    case Command::kEcho:
      return !alone && (words.front().quoted || FirstIs(words, "$`<-") || bare);
    case Command::kNet:
      return HasArgument(
          words, {"view", "user", "users", "localgroup", "group", "share", "start", "stop", "use"});
    case Command::kPrintenv:
    case Command::kEnv:
    case Command::kHistory:
      return alone || FirstIs(words, "-");
    case Command::kPrefix:
    case Command::kNone:
      return false;
    case Command::kOther:
      return bare && (alone || AllArguments(words));
    default:
      return !alone && AllArguments(words.first(1));
  }
}

// Commands that nobody writes behind a value by chance.
bool IsUnmistakable(const Case& one) {
  const auto words = one.arguments();
  const auto name = one.words.front().value;
  switch (one.command) {
    case Command::kRecon: {
      const Entry* entry = FindCommand(name.substr(name.find_last_of('/') + 1));
      const bool path = name.find('/') != std::string_view::npos;
      return path || EqualsIgnoringCase(name, "id") ||
             (entry != nullptr && !entry->english && !EqualsIgnoringCase(name, "ver") &&
              !EqualsIgnoringCase(name, "ss"));
    }
    case Command::kRead:
    case Command::kType:
      return FirstIs(words, "/~$<%") || one.simple().ifs ||
             (!words.empty() && ContainsIgnoringCase(words.front().value, ":\\"));
    case Command::kList:
      return FirstIs(words, "-/~") || (!words.empty() && words.front().value.find(':') == 1);
    case Command::kPing:
      return FirstIs(words, "-0123456789`$") && AllArguments(words);
    case Command::kSleep:
      return words.size() == 1;
    case Command::kDownload:
      return std::any_of(words.begin(), words.end(), [](const Word& word) {
        return word.value.find("://") != std::string_view::npos;
      });
    case Command::kNc:
    case Command::kNetsh:
    case Command::kReg:
    case Command::kNet:
    case Command::kPrintenv:
    case Command::kPowershell:
      return AllArguments(words) || one.command == Command::kNet || one.command == Command::kReg ||
             one.command == Command::kNetsh;
    case Command::kCmd:
      return FirstIs(words, "/");
    case Command::kShell:
      return FirstIs(words, "-") || name.find('/') != std::string_view::npos;
    case Command::kScript:
      return FirstIs(words, "-") && words.size() >= 2;
    case Command::kRm:
    case Command::kChmod:
    case Command::kNameLookup:
      return !words.empty() && AllArguments(words);
    default:
      return false;
  }
}

// How many words `left` has; more than kCountedWordsMax are one more than that.
constexpr std::size_t kCountedWordsMax = 4;
std::size_t CountWords(std::string_view left) {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : left) {
    if (!IsBlank(c) && !inside && ++count > kCountedWordsMax) break;
    inside = !IsBlank(c);
  }
  return count;
}

bool IsPlainName(std::string_view word) {
  return word.size() > 4 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

// Whether `left` is itself a command line, so that what follows is only its next command.
bool IsCommandLine(std::string_view left, bool glued) {
  const std::string_view first = left.substr(0, left.find_first_of(" \t"));
  const bool blanks = first.size() < left.size();
  if (first.starts_with("./") || first.starts_with("~/") || first.starts_with("$") ||
      first.starts_with("#") || first.starts_with("../")) {
    return true;
  }
  if (first.starts_with("/") && blanks) return true;
  if (left.find(" -") != std::string_view::npos) return true;
  if (blanks && first.find('=') != std::string_view::npos) return true;
  const std::size_t slash = first.rfind('/');
  const Entry* entry =
      FindCommand(slash == std::string_view::npos ? first : first.substr(slash + 1));
  return entry != nullptr && (!entry->english || blanks || !glued);
}

bool ProbesHost(std::string_view left) {
  const Entry* entry = FindCommand(left.substr(0, left.find(' ')));
  return entry != nullptr && CountWords(left) <= 4 &&
         (entry->command == Command::kPing || entry->command == Command::kNameLookup);
}

// A row of a Markdown table begins with | as well.
bool IsTable(std::string_view text, std::size_t begin) {
  const std::size_t line_end = std::min(text.find('\n', begin), text.size());
  const auto rest = text.substr(begin, std::min<std::size_t>(line_end - begin, 512));
  return rest.find(" | ") != std::string_view::npos || rest.ends_with(" |") ||
         text.substr(line_end).starts_with("\n|");
}

bool EndsText(const Case& one) {
  std::size_t at = one.end();
  while (at < one.text.size() && at < one.end() + 8 && !IsAlnum(one.text[at])) ++at;
  return at >= one.text.size() ||
         one.text.substr(one.end(), at - one.end()).find('\n') != std::string_view::npos;
}

bool FollowsValue(const Case& one, const Opening& opening, std::string_view left) {
  if (IsCommandLine(left, opening.glued)) return ProbesHost(left) && IsUnmistakable(one);
  const std::size_t words = CountWords(left);
  const bool bare_english = one.command == Command::kRecon && one.words.size() == 1 &&
                            one.words.front().value.size() <= 2 && !opening.glued;
  if (words == 1) {
    if (left.find('=') != std::string_view::npos &&
        left.find_first_of("?&") == std::string_view::npos && !opening.glued) {
      return false;  // an assignment of a script
    }
    if (opening.pipe_only && !opening.glued && (bare_english || IsTable(one.text, one.begin())))
      return false;
    if (IsUnmistakable(one)) return true;
    return IsRunnable(one, false) && !IsPlainName(left) && (opening.glued || left.size() <= 4);
  }
  return IsUnmistakable(one) && !bare_english && AllArguments(one.arguments()) && EndsText(one);
}

bool FollowsSubstitution(const Case& one, const Opening& opening, std::string_view left,
                         std::size_t line_begin) {
  const auto text = one.text;
  std::size_t close = one.line_end();
  while (close < text.size() && (text[close] == ')' || text[close] == '`')) ++close;
  const bool ends = close + 3 >= text.size();
  if (left.empty()) return line_begin == 0 && ends && opening.left_end == 0;
  // Glued to a value: report-$(whoami).txt, x`id`.
  const char before = text[opening.left_end - 1];
  const bool glued =
      opening.glued && !IsBlank(before) && before != '\n' && before != ':' && before != '>';
  if (!glued || IsCommandLine(left, opening.glued) || !IsUnmistakable(one)) return false;
  const std::size_t sign = left.find('=');
  const bool assignment = sign != std::string_view::npos &&
                          left.find_first_of("?&/ ") == std::string_view::npos &&
                          sign + 2 >= left.size();
  return !assignment && CountWords(left) <= 3;
}

bool LooksAround(const Case& one) {
  if (one.grade != Grade::kText || one.line->command_count != 1 || !EndsText(one)) return false;
  if (one.end() < one.text.size() &&
      one.text.find_first_not_of(" \t\r\n\\|;&\"'", one.end()) != std::string_view::npos) {
    return false;
  }
  const auto words = one.arguments();
  const auto name = one.words.front().value;
  switch (one.command) {
    case Command::kRecon:
      if (EqualsIgnoringCase(name, "ifconfig") || EqualsIgnoringCase(name, "ipconfig") ||
          EqualsIgnoringCase(name, "systeminfo")) {
        return words.size() <= 1;
      }
      if (EqualsIgnoringCase(name, "phpinfo")) return true;
      return EqualsIgnoringCase(name, "netstat") && HasArgument(words, {"-an", "-ano", "-a"});
    case Command::kList:
      return std::any_of(words.begin(), words.end(), [](const Word& word) {
        return word.value == "/" || word.value == "/etc" || word.value == "/etc/" ||
               word.value.starts_with("/home") || word.value.starts_with("/root") ||
               word.value.starts_with("/var/www") || StartsIgnoringCase(word.value, "c:\\");
      });
    case Command::kNet:
      return HasArgument(words, {"view", "user", "users", "localgroup", "group"});
    case Command::kRead:
      return words.size() == 1 &&
             (words[0].value == "/etc/hosts" || words[0].value == "/etc/group");
    default:
      return false;
  }
}

}  // namespace

void JudgeAppended(const Case& one, Sink& sink) {
  if (LooksAround(one)) sink.Report(Rule::kReconnaissance, one.begin(), one.end(), 0.6F);
  const Opening opening = OpeningBefore(one.text, one.begin());
  if (!opening.separator && !opening.substitution) {
    // ' whoami: a quote that ends the value and a command behind it.
    const bool quote = opening.left_end == 0 && one.begin() >= 2 && one.begin() <= 3 &&
                       IsUnmistakable(one) && (one.text[0] == '\'' || one.text[0] == '"') &&
                       one.text[1] == ' ';
    if (quote && EndsText(one)) sink.Report(Rule::kChaining, 0, one.end(), 0.8F);
    return;
  }
  const std::size_t from = opening.left_end > kLeftBytesMax ? opening.left_end - kLeftBytesMax : 0;
  const auto window = one.text.substr(from, opening.left_end - from);
  const std::size_t line = window.rfind('\n');
  const std::size_t line_begin = line == std::string_view::npos ? from : from + line + 1;
  auto left = one.text.substr(line_begin, opening.left_end - line_begin);
  while (!left.empty() && (IsBlank(left.front()) || left.front() == '"' || left.front() == '\''))
    left.remove_prefix(1);
  while (!left.empty() && (IsBlank(left.back()) || left.back() == ')' || left.back() == '}'))
    left.remove_suffix(1);
  bool hit = false;
  if (!opening.separator) {
    hit = (IsUnmistakable(one) || IsRunnable(one, false)) &&
          FollowsSubstitution(one, opening, left, line_begin);
  } else if (left.empty() && line_begin == 0) {
    hit = IsRunnable(one, true) &&
          !(opening.pipe_only && !opening.glued && IsTable(one.text, one.begin()));
  } else if (!left.empty() && left != "*" && !left.ends_with("\n")) {
    hit = FollowsValue(one, opening, left);
  } else if (left == "*") {
    hit = IsRunnable(one, false);
  }
  if (hit) sink.Report(Rule::kChaining, opening.left_end, one.end(), 0.85F);
}

}  // namespace axonflow::policy::shell

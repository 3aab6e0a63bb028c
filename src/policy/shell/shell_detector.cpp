#include "policy/shell/shell_detector.h"

#include <algorithm>
#include <array>

#include "policy/shell/case.h"
#include "policy/shell/marks.h"
#include "policy/shell/place_scan.h"

namespace axonflow::policy::shell {
namespace {

constexpr std::array<std::string_view, kRuleCount> kNames = {
    "chaining",         "obfuscated",        "remote_shell", "download_run",   "destructive",
    "credential_read",  "exfiltration",      "persistence",  "privilege",      "protection",
    "container_escape", "cloud_destruction", "windows",      "reconnaissance",
};

constexpr std::size_t kPathBytesMax = 64;
// A line is read again where a command stands inside a quoted word of it. Beyond this many bytes
// for each byte of the text, such readings are short, so that nested quotes cost linear time.
constexpr std::size_t kRereadFactor = 2;
constexpr std::size_t kRereadBytesMin = 4096;
constexpr std::size_t kShortLineBytes = 64;

// How far arguments are looked at for what tells a command from prose.
constexpr std::size_t kArgumentsBytesMax = 160;

using Bytes = std::array<bool, 256>;
constexpr Bytes BytesOf(std::string_view listed) {
  Bytes bytes{};
  for (const char c : listed) bytes[static_cast<std::uint8_t>(c)] = true;
  return bytes;
}
constexpr Bytes kEndsArgument = BytesOf(" \n");
constexpr Bytes kTellsArgument = BytesOf(":=/@\\");
constexpr Bytes kEndsLine = BytesOf("\n");
constexpr Bytes kTellsCommand = BytesOf("-/$|<>;&");

// Whether one of `wanted` stands in `text` before the first of `ends`.
bool Holds(std::string_view text, const Bytes& ends, const Bytes& wanted) {
  for (const char c : text) {
    if (wanted[static_cast<std::uint8_t>(c)]) return true;
    if (ends[static_cast<std::uint8_t>(c)]) return false;
  }
  return false;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}
bool IsWordByte(char c) { return IsAlnum(c) || c == '_'; }
bool IsNameByte(char c) { return IsWordByte(c) || c == '-' || c == '.'; }

// A separator written as %0a, %0d, %3b, %7c or %26 whose two digits begin at `at`.
bool IsEncodedSeparator(std::string_view text, std::size_t at) {
  const auto code = text.substr(at, 2);
  return EqualsIgnoringCase(code, "0a") || EqualsIgnoringCase(code, "0d") ||
         EqualsIgnoringCase(code, "3b") || EqualsIgnoringCase(code, "7c") || code == "26" ||
         code == "60" || code == "20";
}

class Detection final : public Sink {
 public:
  Detection(std::string_view text, Hits& hits, Line& outer, Line& inner, Line& scratch)
      : text_(text),
        hits_(hits),
        outer_(outer),
        inner_(inner),
        scratch_(scratch),
        filter_(TheCommandFilter()),
        reread_left_(kRereadBytesMin + kRereadFactor * text.size()) {
    outer_.word_count = inner_.word_count = 0;
    outer_.begin = outer_.end = inner_.begin = inner_.end = 0;
  }

  void Report(Rule rule, std::size_t begin, std::size_t end, float confidence) override {
    const auto index = static_cast<std::size_t>(rule);
    // One command may be met twice, as itself and behind sudo.
    if (counts_[index] > 0 && begin < last_end_[index]) return;
    last_end_[index] = end;
    if (++counts_[index] > kHitsPerRuleMax) {
      hits_.truncated = true;
      return;
    }
    hits_.hits.push_back({rule, static_cast<std::uint32_t>(begin),
                          static_cast<std::uint32_t>(std::min(end, text_.size())), confidence});
  }

  void AtPlace(std::size_t at) {
    if (!IsWordByte(text_[at])) {
      if (text_[at] == '\\' && text_.substr(at + 1, 1) == "n") AtWord(at + 2);
      return JudgeMark(text_, at, scratch_, *this);
    }
    if (at > 0 && text_[at - 1] == '%' && IsEncodedSeparator(text_, at)) return AtWord(at + 2);
    AtWord(at);
  }

 private:
  // The word at `at` may name a command, or be the last part of a path that does.
  void AtWord(std::size_t at) {
    if (at >= text_.size() || filter_.KindsOf(text_, at) == 0) return;
    std::size_t end = at;
    while (end < text_.size() && end - at < 40 && IsNameByte(text_[end])) ++end;
    while (end > at && (text_[end - 1] == '.' || text_[end - 1] == '-')) --end;
    const auto name = text_.substr(at, end - at);
    if (name == "dev" || name == "etc") return AtPathWord(at);
    const Entry* entry = FindCommand(name);
    // "nid" behind a backslash is n and id.
    if (entry == nullptr) return;
    const char next = end < text_.size() ? text_[end] : '\0';
    const bool called = next == '(';
    if (called ? !EqualsIgnoringCase(name, "phpinfo") : (next == '=' || next == ',')) return;
    // Most names that prose holds end here: a word before them, and none of a command behind.
    if (at >= 2 && text_[at - 1] == ' ' && IsAlnum(text_[at - 2]) && text_[at - 2] >= 'a' &&
        (entry->command == Command::kOther || entry->command == Command::kPrefix ||
         entry->command == Command::kAt || !MayRunInProse(*entry, end, Grade::kProse))) {
      if (!MayEndPrefix(at - 1)) return;
    }
    std::size_t begin = at;
    if (!FindBegin(begin)) return;
    const Grade grade = GradeOf(begin);
    if (grade != Grade::kJoined) {
      // Without a rule of its own a command matters only behind a separator.
      if (entry->command == Command::kOther || entry->command == Command::kPrefix) return;
      if (!MayRunInProse(*entry, end, grade)) return;
    }
    JudgeAt(begin, *entry, grade);
  }

  // Whether the word that ends at `end` may be sudo, xargs or %0a, which make the next one a
  // command.
  bool MayEndPrefix(std::size_t end) const {
    std::size_t begin = end;
    while (begin > 0 && end - begin < 16 && IsNameByte(text_[begin - 1])) --begin;
    return (begin > 0 && text_[begin - 1] == '%') ||
           (filter_.KindsOf(text_, begin) & CommandFilter::kPrefix) != 0;
  }

  // Moves `begin` from the name of a program to the begin of its path. False where the name is part
  // of something else: an option, an address, a variable.
  bool FindBegin(std::size_t& begin) const {
    if (begin == 0) return true;
    const char before = text_[begin - 1];
    if (before == '-' || before == '.' || before == '@' || before == '$' || IsWordByte(before)) {
      const bool code = begin >= 3 && text_[begin - 3] == '%' && IsWordByte(before);
      const bool line_break = before == 'n' && begin >= 2 && text_[begin - 2] == '\\';
      return code || line_break;
    }
    if (before != '/' && before != '\\') return true;
    std::size_t path = begin;
    while (path > 0 && begin - path < kPathBytesMax &&
           (IsNameByte(text_[path - 1]) || text_[path - 1] == '/' || text_[path - 1] == '\\' ||
            text_[path - 1] == ':')) {
      --path;
    }
    const auto prefix = text_.substr(path, begin - path);
    if (prefix == "\\") return true;  // \ls: past an alias
    if (!prefix.ends_with("bin/") && !ContainsIgnoringCase(prefix, "system32")) return false;
    if (prefix.find("://") != std::string_view::npos) return false;
    // A line break of data before the path: \n/usr/bin/id
    if (prefix.starts_with("\\n/")) path += 2;
    begin = path;
    return true;
  }

  Grade GradeOf(std::size_t begin) const {
    std::size_t at = begin;
    while (at > 0 && IsBlank(text_[at - 1])) --at;
    if (at == 0) return Grade::kText;
    const char c = text_[at - 1];
    if (c == '\n') return Grade::kLine;
    if (c == ';' || c == '|' || c == '&' || c == '`') return Grade::kJoined;
    if (c == '(' && at >= 2 && (text_[at - 2] == '$' || text_[at - 2] == '<'))
      return Grade::kJoined;
    if (at >= 3 && text_[at - 3] == '%' && IsEncodedSeparator(text_, at - 2)) return Grade::kJoined;
    if (c == 'n' && at >= 2 && text_[at - 2] == '\\') return Grade::kJoined;
    if (!IsAlnum(c)) {
      const bool opened = c == '"' || c == '\'' || c == '(' || c == '{' || c == ':' || c == '>' ||
                          c == '$' || c == '#' || c == '!' || c == '=' || c == '\\';
      return opened ? Grade::kOpened : Grade::kProse;
    }
    std::size_t word = at;
    while (word > 0 && at - word < 16 && IsNameByte(text_[word - 1])) --word;
    const auto before = text_.substr(word, at - word);
    const Entry* entry = FindCommand(before);
    return entry != nullptr && entry->command == Command::kPrefix ? Grade::kPrefixed
                                                                  : Grade::kProse;
  }

  // In a sentence a command must be followed by what follows no word of prose.
  bool MayRunInProse(const Entry& entry, std::size_t end, Grade grade) const {
    std::size_t at = end;
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    const char c = at < text_.size() ? text_[at] : '\n';
    if (c == '\n' || c == '\\') return grade != Grade::kProse;
    if (at == end)
      return c == '$' || c == '%' || c == ';' || c == '|' || c == '&' || c == '<' || c == '>' ||
             (grade != Grade::kProse && (c == '"' || c == '\'' || c == ')' || c == '`'));
    if (IsAlnum(c)) {
      if (!entry.english && grade != Grade::kProse) return true;
      // c: of a drive, 127.0.0.1, of=, user@host, 9999, -x behind a name
      if (c <= '9' || entry.command == Command::kNet) return true;
      const auto next = text_.substr(at, kArgumentsBytesMax);
      if (Holds(next, kEndsArgument, kTellsArgument)) return true;
      // Words may stand before what tells: aws s3 rm --recursive, echo key >> file.
      return (!entry.english || grade != Grade::kProse) && Holds(next, kEndsLine, kTellsCommand);
    }
    return c == '-' || c == '/' || c == '~' || c == '.' || c == '$' || c == '"' || c == '\'' ||
           c == '*' || c == '<' || c == '>' || c == '|' || c == '&' || c == '%' || c == '{' ||
           c == '`' || c == ';' || (c == '(' && !entry.english);
  }

  // /dev/tcp/host/port, and what is written to with > without any command before it.
  void AtPathWord(std::size_t at) {
    if (at == 0 || text_[at - 1] != '/') return;
    const auto path = text_.substr(at - 1, kPathBytesMax);
    if (path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/")) {
      const std::size_t end = std::min(path.find_first_of(" \n\t;|&)'\""), path.size());
      if (end > 12) Report(Rule::kRemoteShell, at - 1, at - 1 + end, 0.95F);
      return;
    }
    std::size_t before = at - 1;
    while (before > 0 && IsBlank(text_[before - 1])) --before;
    if (before == 0 || text_[before - 1] != '>') return;
    const auto target = path.substr(0, path.find_first_of(" \n\t;|&)'\"`"));
    const bool append = before >= 2 && text_[before - 2] == '>';
    const std::size_t begin = before - (append ? 2 : 1);
    if (IsDisk(target)) Report(Rule::kDestructive, begin, at - 1 + target.size(), 0.95F);
    if (target == "/etc/passwd" || target == "/etc/shadow" || target == "/etc/sudoers") {
      Report(Rule::kPrivilege, begin, at - 1 + target.size(), 0.9F);
    }
  }

  char CloserOf(std::size_t begin) const {
    if (begin == 0) return '\0';
    const char c = text_[begin - 1];
    if (c == '"' || c == '\'' || c == '`') return c;
    return c == '(' ? ')' : '\0';
  }

  static std::size_t WordAt(const Line& line, std::size_t begin) {
    if (begin < line.begin || begin >= line.end) return line.word_count;
    const auto* first = line.words.data();
    const auto* last = first + line.word_count;
    const auto* found = std::lower_bound(
        first, last, begin, [](const Word& word, std::size_t at) { return word.begin < at; });
    if (found == last || found->begin != begin || found->quoted) return line.word_count;
    return static_cast<std::size_t>(found - first);
  }

  Line& LineOf(std::size_t begin, std::size_t& word) {
    for (Line* line : {&inner_, &outer_}) {
      word = WordAt(*line, begin);
      if (word < line->word_count) return *line;
    }
    const bool nested = begin >= outer_.begin && begin < outer_.end;
    Line& line = nested ? inner_ : outer_;
    std::size_t bytes = kLineBytesMax;
    if (nested && reread_left_ < kLineBytesMax) bytes = kShortLineBytes;
    ReadLine(text_, begin, CloserOf(begin), bytes, line);
    const std::size_t read = line.end - line.begin;
    if (nested) reread_left_ -= std::min(reread_left_, read);
    word = WordAt(line, begin);
    return line;
  }

  void JudgeAt(std::size_t begin, const Entry& entry, Grade grade) {
    std::size_t word = 0;
    Line& line = LineOf(begin, word);
    if (word >= line.word_count) return;
    const auto* first = line.commands.data();
    const auto* simple = std::find_if(first, first + line.command_count, [&](const Simple& s) {
      return word >= s.first && word < s.last;
    });
    if (simple == first + line.command_count) return;
    const Case one{.text = text_,
                   .line = &line,
                   .index = static_cast<std::size_t>(simple - first),
                   .words = std::span<const Word>(line.words).subspan(word, simple->last - word),
                   .command = entry.command,
                   .grade = grade};
    Judge(one);
  }

  void Judge(const Case& one) {
    if (one.grade == Grade::kJoined || one.grade == Grade::kText || one.grade == Grade::kOpened) {
      JudgeAppended(one, *this);
    }
    const Simple& simple = one.simple();
    if (simple.out.out && !simple.out.target.empty()) {
      JudgeWrite(one, simple.out.target, simple.out.append, *this);
    }
    if (one.command == Command::kTee) {
      for (const Word& word : one.arguments()) JudgeWrite(one, word.value, true, *this);
    }
    if (one.command == Command::kOther || one.command == Command::kPrefix) return;
    JudgeObfuscation(one, *this);
    JudgeRunning(one, *this);
    JudgeRuin(one, *this);
    JudgeAccess(one, *this);
    JudgeFoothold(one, *this);
    JudgeWindows(one, *this);
  }

  std::string_view text_;
  Hits& hits_;
  Line& outer_;
  Line& inner_;
  Line& scratch_;
  const CommandFilter& filter_;
  std::size_t reread_left_;
  std::array<std::size_t, kRuleCount> counts_{};
  std::array<std::size_t, kRuleCount> last_end_{};
};

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Rule>(found - kNames.begin());
}

std::string_view ToString(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  return index < kNames.size() ? kNames[index] : std::string_view("unknown");
}

void Detect(std::string_view text, Hits& hits) {
  thread_local Line outer;
  thread_local Line inner;
  thread_local Line scratch;
  hits.clear();
  Detection detection(text, hits, outer, inner, scratch);
  ForEachPlace(text, TheCommandFilter(), [&](std::size_t at) { detection.AtPlace(at); });
  std::stable_sort(hits.hits.begin(), hits.hits.end(),
                   [](const Hit& a, const Hit& b) { return a.begin < b.begin; });
}

}  // namespace axonflow::policy::shell

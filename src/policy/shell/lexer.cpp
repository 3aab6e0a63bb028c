#include "policy/shell/lexer.h"

#include <algorithm>

namespace axonflow::policy::shell {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsQuote(char c) { return c == '"' || c == '\''; }
bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Bytes that only stand for themselves in a word.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  plain.fill(true);
  for (const char c : std::string_view(" \t\r\n;|&<>)`$%\"'\\:")) {
    plain[static_cast<std::uint8_t>(c)] = false;
  }
  return plain;
}();

// Reads one line. The members are the state of a plain loop over the bytes; see ReadLine.
class Reader {
 public:
  Reader(std::string_view text, std::size_t at, char closer, std::size_t bytes_max, Line& line)
      : text_(text.substr(0, std::min(text.size(), at + std::min(bytes_max, kLineBytesMax)))),
        at_(at),
        limit_(text_.size()),
        closer_(closer),
        line_(line) {}

  void Read() {
    line_.word_count = 0;
    line_.command_count = 0;
    line_.begin = static_cast<std::uint32_t>(at_);
    line_.arena.clear();
    line_.arena.reserve(3 * kLineBytesMax);  // values are views into it: it must not move
    OpenCommand(Joint::kNone);
    while (at_ < limit_ && Step()) {
    }
    CloseCommand();
    line_.end = static_cast<std::uint32_t>(at_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < limit_ ? text_[at_ + ahead] : '\0';
  }

  // Takes one blank, operator, redirection or word. False at the end of the line.
  bool Step() {
    const char c = Peek();
    if (IsBlank(c)) return Skip(1);
    if (closer_ != '\0' && c == closer_) return false;
    if (c == '\\' && (Peek(1) == '\n' || (Peek(1) == '\r' && Peek(2) == '\n'))) return Skip(2);
    if (c == '\n') return false;
    if (const std::size_t ifs = c == '$' ? IfsBytes() : 0; ifs > 0) {
      current_.ifs = true;
      return Skip(ifs);
    }
    if (c == '%') {
      const std::size_t taken = PercentOperator();
      if (taken > 0) return Skip(taken);
    }
    if (c == '#' && (at_ == line_.begin || IsBlank(text_[at_ - 1]))) return false;
    if (c == ';' || c == '|' || c == '&') return Operator();
    if (c == '>' || c == '<') return Redirect();
    if (c == ')' || (c == '`' && text_.find('`', at_ + 1) >= limit_)) return false;
    return TakeWord();
  }

  bool Skip(std::size_t bytes) {
    at_ += bytes;
    return true;
  }

  // ${IFS}, $IFS, $IFS$9: what blanks are written as where blanks are refused.
  std::size_t IfsBytes() const {
    const auto rest = text_.substr(at_, std::min<std::size_t>(limit_ - at_, 24));
    std::size_t bytes = 0;
    if (rest.starts_with("${IFS")) {
      const auto close = rest.find('}');
      if (close == std::string_view::npos) return 0;
      bytes = close + 1;
    } else if (rest.starts_with("$IFS")) {
      bytes = 4;
      if (rest.size() > 4 && rest[4] == '=') return 0;
    } else {
      return 0;
    }
    if (rest.substr(bytes).starts_with("$9") || rest.substr(bytes).starts_with("$1")) bytes += 2;
    return bytes;
  }

  std::size_t PercentOperator() {
    const int high = HexDigit(Peek(1));
    const int low = HexDigit(Peek(2));
    if (high < 0 || low < 0) return 0;
    switch (high * 16 + low) {
      case 0x20:
      case 0x09:
        return 3;
      case 0x0a:
      case 0x0d:
      case 0x3b:
        NextCommand(Joint::kThen);
        return 3;
      case 0x7c:
        NextCommand(Joint::kPipe);
        return 3;
      case 0x26:
        NextCommand(Joint::kBackground);
        return 3;
      default:
        return 0;
    }
  }

  bool Operator() {
    const char c = Peek();
    const bool twice = Peek(1) == c;
    if (c == '&' && Peek(1) == '>') {
      ++at_;
      return Redirect();
    }
    if (c == ';') NextCommand(Joint::kThen);
    if (c == '|') NextCommand(twice ? Joint::kOr : Joint::kPipe);
    if (c == '&') NextCommand(twice ? Joint::kAnd : Joint::kBackground);
    at_ += twice ? 2 : 1;
    if (c == '|' && !twice && Peek() == '&') ++at_;
    return line_.command_count < kCommandsMax;
  }

  bool Redirect() {
    const char c = Peek();
    if (Peek(1) == '(') return TakeWord();  // <(...) stands where a word does
    Redirection redirection{.target = {}, .out = c == '>', .append = false};
    ++at_;
    while (Peek() == c) {
      redirection.append = true;
      ++at_;
    }
    if (Peek() == '&') {  // >&2 names a descriptor, >& file a file
      ++at_;
      if (Peek() >= '0' && Peek() <= '9') return Skip(1);
    }
    while (IsBlank(Peek()) || IfsBytes() > 0) at_ += std::max<std::size_t>(1, IfsBytes());
    Word word;
    if (!ReadWord(word)) return false;
    redirection.target = word.value;
    (c == '>' ? current_.out : current_.in) = redirection;
    return true;
  }

  bool TakeWord() {
    Word word;
    if (!ReadWord(word)) return false;
    // A number before > names a descriptor.
    const bool descriptor = word.value.size() == 1 && word.value[0] >= '0' &&
                            word.value[0] <= '9' && (Peek() == '>' || Peek() == '<');
    if (!descriptor) {
      if (line_.word_count == kWordsMax) return false;
      line_.words[line_.word_count++] = word;
    }
    return true;
  }

  void OpenCommand(Joint before) {
    current_ = Simple{};
    current_.before = before;
    current_.first = static_cast<std::uint16_t>(line_.word_count);
  }

  void CloseCommand() {
    current_.last = static_cast<std::uint16_t>(line_.word_count);
    const bool empty = current_.first == current_.last && current_.out.target.empty();
    if (!empty && line_.command_count < kCommandsMax) {
      line_.commands[line_.command_count++] = current_;
    }
  }

  void NextCommand(Joint joint) {
    CloseCommand();
    OpenCommand(joint);
  }

  // Whether the quote at the cursor closes something that was opened before the line: it follows
  // the bytes of a word and nothing of a word follows it.
  bool ClosesOuter(std::size_t word_begin) const {
    if (at_ == word_begin) return text_.find(Peek(), at_ + 1) >= limit_;
    const char before = text_[at_ - 1];
    if (before == '=' || before == ':' || before == '@' || before == ',') return false;
    const char next = Peek(1);
    if (IsQuote(next) || IsAlnum(next) || next == '/' || next == '$') {
      return text_.find(Peek(), at_ + 1) >= limit_;
    }
    return true;
  }

  bool EndsWord(char c) const {
    return IsBlank(c) || c == '\n' || c == ';' || c == '|' || c == '>' || c == '<' || c == ')' ||
           c == '`' || (closer_ != '\0' && c == closer_);
  }

  // The bytes from the cursor on that are what they are, whatever stands around them.
  void TakePlain() {
    std::size_t end = at_;
    while (end < limit_ && kPlain[static_cast<std::uint8_t>(text_[end])]) ++end;
    PutAll(text_.substr(at_, end - at_));
    at_ = end;
  }

  bool ReadWord(Word& word) {
    const std::size_t begin = at_;
    const std::size_t arena_begin = line_.arena.size();
    bool changed = false;
    word.quoted = IsQuote(Peek());
    bool url = false;
    while (at_ < limit_) {
      TakePlain();
      if (at_ >= limit_) break;
      const char c = text_[at_];
      if (c == '<' && at_ == begin && Peek(1) == '(') {
        Substitution(word, 1);
        changed = true;
        continue;
      }
      if (c == '`' && closer_ != '`' && text_.find('`', at_ + 1) < limit_) {
        Backticks(word);
        changed = true;
        continue;
      }
      if (EndsWord(c)) break;
      if (c == '&' && !url) break;
      if (c == '$' && Peek(1) == '(') {
        Substitution(word, 1);
        changed = true;
        continue;
      }
      if (c == '$' && IfsBytes() > 0) break;
      if (c == '%' && IsPercentSeparator() && !url) break;
      if (IsQuote(c)) {
        if (ClosesOuter(begin)) break;
        Quoted(word, at_ > begin);
        changed = true;
        continue;
      }
      if (c == '\\' && Escape(word, at_ > begin)) {
        changed = true;
        continue;
      }
      if (c == '$' && Variable(word, at_ > begin)) {
        changed = true;
        continue;
      }
      if (c == ':' && Peek(1) == '/' && Peek(2) == '/') url = true;
      Put(c);
      ++at_;
    }
    if (at_ == begin) {
      // A byte that begins no word, as a quote that nothing closes: the line ends here.
      return false;
    }
    word.begin = static_cast<std::uint32_t>(begin);
    word.end = static_cast<std::uint32_t>(at_);
    word.value = changed ? std::string_view(line_.arena).substr(arena_begin)
                         : text_.substr(begin, at_ - begin);
    if (!changed) line_.arena.resize(arena_begin);
    return true;
  }

  bool IsPercentSeparator() const {
    const int high = HexDigit(Peek(1));
    const int low = HexDigit(Peek(2));
    if (high < 0 || low < 0) return false;
    const int byte = high * 16 + low;
    return byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d || byte == 0x3b ||
           byte == 0x7c || byte == 0x26;
  }

  void Put(char c) {
    if (line_.arena.size() < line_.arena.capacity()) line_.arena.push_back(c);
  }

  void PutAll(std::string_view bytes) {
    const std::size_t room = line_.arena.capacity() - line_.arena.size();
    line_.arena.append(bytes.substr(0, std::min(room, bytes.size())));
  }

  // '...' or "...": the bytes between them belong to the word.
  void Quoted(Word& word, bool inside) {
    const char quote = text_[at_];
    const std::size_t begin = at_ + 1;
    std::size_t end = begin;
    while (end < limit_ && text_[end] != quote) end += (quote == '"' && text_[end] == '\\') ? 2 : 1;
    if (end >= limit_) {  // nothing closes it: a byte as any other
      Put(quote);
      ++at_;
      return;
    }
    const auto body = text_.substr(begin, end - begin);
    if (body.find("$(") != std::string_view::npos || body.find('`') != std::string_view::npos) {
      word.substitution = true;
    }
    const char next = end + 1 < limit_ ? text_[end + 1] : '\0';
    if ((inside || IsAlnum(next)) && body.size() <= 4) word.spliced = true;
    for (std::size_t i = 0; i < body.size(); ++i) {
      if (quote == '"' && body[i] == '\\' && i + 1 < body.size() &&
          (IsQuote(body[i + 1]) || body[i + 1] == '\\' || body[i + 1] == '$')) {
        ++i;
      }
      Put(body[i]);
    }
    at_ = end + 1;
  }

  // A backslash takes the meaning of the next byte away. Paths of Windows keep theirs.
  bool Escape(Word& word, bool inside) {
    const char next = Peek(1);
    if (next == '\0') return false;
    if (IsAlnum(next)) {
      const bool drive = (at_ >= 1 && (text_[at_ - 1] == ':' || text_[at_ - 1] == '%')) ||
                         (next >= 'A' && next <= 'Z');  // C:\x, %TEMP%\x, HKLM\SAM
      if (!inside || drive || windows_path_) {
        windows_path_ = windows_path_ || drive;
        return false;
      }
      // \n at the end of a word is how a line break is written in data.
      const char after = Peek(2);
      if (next == 'n' && !IsAlnum(after)) {
        limit_ = at_;
        return false;
      }
      word.spliced = true;
    }
    Put(next);
    at_ += 2;
    return true;
  }

  // $'\x41', and variables that are empty where nobody set them ($@, $*, ${x}).
  bool Variable(Word& word, bool inside) {
    const char next = Peek(1);
    if (next == '\'') return DollarQuoted(word);
    if (next == '@' || next == '*') {
      word.spliced = inside || IsAlnum(Peek(2));
      at_ += 2;
      return true;
    }
    if (next == '{' && (Peek(2) == '@' || Peek(2) == '*') && Peek(3) == '}') {
      word.spliced = true;
      at_ += 4;
      return true;
    }
    return false;
  }

  bool DollarQuoted(Word& word) {
    const std::size_t close = text_.find('\'', at_ + 2);
    if (close >= limit_) return false;
    std::size_t i = at_ + 2;
    while (i < close) {
      if (text_[i] != '\\') {
        Put(text_[i++]);
        continue;
      }
      i += TakeCode(word, i, close);
    }
    at_ = close + 1;
    return true;
  }

  // \xHH or \ooo at `i`; returns the bytes it takes.
  std::size_t TakeCode(Word& word, std::size_t i, std::size_t close) {
    const bool hex = i + 1 < close && text_[i + 1] == 'x';
    const int base = hex ? 16 : 8;
    std::size_t digits = i + (hex ? 2 : 1);
    const std::size_t digits_max = digits + (hex ? 2 : 3);
    int value = 0;
    const std::size_t first = digits;
    while (digits < close && digits < digits_max) {
      const int digit = HexDigit(text_[digits]);
      if (digit < 0 || digit >= base) break;
      value = value * base + digit;
      ++digits;
    }
    if (digits == first) {
      Put(i + 1 < close ? text_[i + 1] : '\\');
      return 2;
    }
    word.spliced = true;
    Put(static_cast<char>(value));
    return digits - i;
  }

  // $(...), <(...): kept as they stand; `open` is the place of the bracket behind the cursor.
  void Substitution(Word& word, std::size_t open) {
    word.substitution = true;
    int depth = 0;
    std::size_t i = at_ + open;
    for (; i < limit_; ++i) {
      if (text_[i] == '(') ++depth;
      if (text_[i] == ')' && --depth == 0) break;
      if (text_[i] == '\n') break;
    }
    const std::size_t end = std::min(limit_, i < limit_ && text_[i] == ')' ? i + 1 : i);
    PutAll(text_.substr(at_, end - at_));
    at_ = end;
  }

  void Backticks(Word& word) {
    word.substitution = true;
    const std::size_t close = text_.find('`', at_ + 1);
    PutAll(text_.substr(at_, close + 1 - at_));
    at_ = close + 1;
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t limit_;
  char closer_;
  Line& line_;
  Simple current_;
  bool windows_path_ = false;
};

}  // namespace

void ReadLine(std::string_view text, std::size_t at, char closer, std::size_t bytes_max,
              Line& line) {
  Reader(text, at, closer, bytes_max, line).Read();
}

}  // namespace axonflow::policy::shell

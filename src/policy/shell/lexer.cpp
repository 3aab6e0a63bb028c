#include "policy/shell/lexer.h"

#include <algorithm>

#include "policy/shell/special_bytes.h"

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

// Reads one line. The members are the state of a plain loop over the bytes; see ReadLine.
class Reader {
 public:
  Reader(std::string_view text, std::size_t at, char closer, std::size_t bytes_max, Line& line)
      : text_(text.substr(0, std::min(text.size(), at + std::min(bytes_max, kLineBytesMax)))),
        specials_(text),
        at_(at),
        limit_(text_.size()),
        closer_(closer),
        line_(line) {}

  void Read() {
    line_.word_count = 0;
    line_.command_count = 0;
    line_.begin = static_cast<std::uint32_t>(at_);
    line_.arena_size = 0;
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
    if (SpecialBytes::IsPlain(c) && c != '#') return TakeWord();
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
    // Most words are plain bytes up to a blank.
    const std::size_t end = specials_.Next(at_, limit_);
    if (end > at_ && end < limit_ && text_[end] == ' ' && line_.word_count < kWordsMax) {
      Word& word = line_.words[line_.word_count++];
      word = {.value = text_.substr(at_, end - at_),
              .begin = static_cast<std::uint32_t>(at_),
              .end = static_cast<std::uint32_t>(end)};
      at_ = end + 1;
      return true;
    }
    const bool full = line_.word_count == kWordsMax;
    Word beyond;
    Word& word = full ? beyond : line_.words[line_.word_count];
    word = Word{};
    if (!ReadWord(word)) return false;
    // A number before > names a descriptor.
    const bool descriptor = word.value.size() == 1 && word.value[0] >= '0' &&
                            word.value[0] <= '9' && (Peek() == '>' || Peek() == '<');
    if (descriptor) return true;
    line_.word_count += full ? 0 : 1;
    return !full;
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

  // Takes the bytes up to `resume` out of the word's value. Values of one piece, which most are,
  // stay views of the text; only those of several are put together in the arena.
  void Cut(std::size_t resume) {
    if (piece_begin_ < at_) {
      PutHeld();
      held_ = text_.substr(piece_begin_, at_ - piece_begin_);
    }
    piece_begin_ = at_ = resume;
  }

  void PutHeld() {
    std::copy(held_.begin(), held_.end(), line_.arena.begin() + line_.arena_size);
    line_.arena_size += held_.size();
    held_ = {};
  }

  // A byte that does not stand in the text. No value is longer than the bytes it is read from, so
  // that the arena holds those of a whole line.
  void Put(char c) {
    Cut(at_);
    PutHeld();
    line_.arena[line_.arena_size++] = c;
  }

  std::string_view Value(std::size_t arena_begin) {
    const auto piece = text_.substr(piece_begin_, at_ - piece_begin_);
    if (line_.arena_size == arena_begin && held_.empty()) return piece;
    if (line_.arena_size == arena_begin && piece.empty()) return held_;
    PutHeld();
    held_ = piece;
    PutHeld();
    return {line_.arena.data() + arena_begin, line_.arena_size - arena_begin};
  }

  // Reads a word; false where none begins, as at a quote that nothing closes: the line ends there.
  bool ReadWord(Word& word) {
    const std::size_t begin = at_;
    const std::size_t arena_begin = line_.arena_size;
    word.quoted = IsQuote(Peek());
    piece_begin_ = begin;
    held_ = {};
    in_url_ = false;
    while (at_ < limit_) {
      at_ = specials_.Next(at_, limit_);
      if (at_ >= limit_ || !TakeSpecial(word, begin)) break;
    }
    if (at_ == begin) return false;
    word.begin = static_cast<std::uint32_t>(begin);
    word.end = static_cast<std::uint32_t>(at_);
    word.value = Value(arena_begin);
    return true;
  }

  // Takes the special byte at the cursor and what belongs to it; false where it ends the word.
  bool TakeSpecial(Word& word, std::size_t begin) {
    const char c = text_[at_];
    const bool inside = at_ > begin;
    switch (c) {
      case '<':
        return !inside && Peek(1) == '(' && Substitution(word, 1);
      case '`':
        return closer_ != '`' && text_.find('`', at_ + 1) < limit_ && Backticks(word);
      case '&':
        return in_url_ && Skip(1);
      case '$':
        if (Peek(1) == '(') return Substitution(word, 1);
        if (IfsBytes() > 0) return false;
        return Variable(word, inside) || Skip(1);
      case '%':
        return (in_url_ || !IsPercentSeparator()) && Skip(1);
      case '"':
      case '\'':
        return c != closer_ && !ClosesOuter(begin) && Quoted(word, inside);
      case '\\':
        return Escape(word, inside) || Skip(1);
      case ':':
        in_url_ = in_url_ || (Peek(1) == '/' && Peek(2) == '/');
        return Skip(1);
      default:  // a blank, a line break, an operator or a closing bracket
        return false;
    }
  }

  bool IsPercentSeparator() const {
    const int high = HexDigit(Peek(1));
    const int low = HexDigit(Peek(2));
    if (high < 0 || low < 0) return false;
    const int byte = high * 16 + low;
    return byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d || byte == 0x3b ||
           byte == 0x7c || byte == 0x26;
  }

  // '...' or "...": the bytes between them belong to the word.
  bool Quoted(Word& word, bool inside) {
    const char quote = text_[at_];
    const std::size_t begin = at_ + 1;
    std::size_t end = std::min(text_.find(quote, begin), limit_);
    const bool escaped =
        quote == '"' && text_.substr(begin, end - begin).find('\\') != std::string_view::npos;
    if (escaped) {
      end = begin;
      while (end < limit_ && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    }
    if (end >= limit_) return Skip(1);  // nothing closes it: a byte as any other
    const auto body = text_.substr(begin, end - begin);
    if (body.find('`') != std::string_view::npos || body.find("$(") != std::string_view::npos) {
      word.substitution = true;
    }
    const char next = end + 1 < limit_ ? text_[end + 1] : '\0';
    if ((inside || IsAlnum(next)) && body.size() <= 4) word.spliced = true;
    Cut(begin);
    if (escaped) CutEscapes(end);
    at_ = end;
    Cut(end + 1);
    return true;
  }

  // Takes out the backslashes before the cursor's quotation ends at `end` that stand for nothing.
  void CutEscapes(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\\' || at_ + 1 >= end) continue;
      const char next = text_[at_ + 1];
      if (IsQuote(next) || next == '\\' || next == '$') Cut(at_ + 1);
    }
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
    Cut(at_ + 1);
    return Skip(1);
  }

  // $'\x41', and variables that are empty where nobody set them ($@, $*, ${x}).
  bool Variable(Word& word, bool inside) {
    const char next = Peek(1);
    if (next == '\'') return DollarQuoted(word);
    if (next == '@' || next == '*') {
      word.spliced = inside || IsAlnum(Peek(2));
      Cut(at_ + 2);
      return true;
    }
    if (next == '{' && (Peek(2) == '@' || Peek(2) == '*') && Peek(3) == '}') {
      word.spliced = true;
      Cut(at_ + 4);
      return true;
    }
    return false;
  }

  bool DollarQuoted(Word& word) {
    const std::size_t close = text_.find('\'', at_ + 2);
    if (close >= limit_) return false;
    Cut(at_ + 2);
    while (at_ < close) {
      if (text_[at_] != '\\') {
        ++at_;
      } else {
        const std::size_t bytes = TakeCode(word, at_, close);
        Cut(at_ + bytes);
      }
    }
    at_ = close;
    Cut(close + 1);
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
  bool Substitution(Word& word, std::size_t open) {
    word.substitution = true;
    int depth = 0;
    std::size_t i = at_ + open;
    for (; i < limit_; ++i) {
      if (text_[i] == '(') ++depth;
      if (text_[i] == ')' && --depth == 0) break;
      if (text_[i] == '\n') break;
    }
    at_ = std::min(limit_, i < limit_ && text_[i] == ')' ? i + 1 : i);
    return true;
  }

  bool Backticks(Word& word) {
    word.substitution = true;
    at_ = text_.find('`', at_ + 1) + 1;
    return true;
  }

  std::string_view text_;
  SpecialBytes specials_;
  std::size_t at_;
  std::size_t limit_;
  char closer_;
  Line& line_;
  Simple current_;
  bool windows_path_ = false;
  // The word that is being read: the piece of its value from there to the cursor, and the piece
  // before it as long as there is only that.
  std::size_t piece_begin_ = 0;
  std::string_view held_;
  bool in_url_ = false;
};

}  // namespace

void ReadLine(std::string_view text, std::size_t at, char closer, std::size_t bytes_max,
              Line& line) {
  Reader(text, at, closer, bytes_max, line).Read();
}

}  // namespace axonflow::policy::shell

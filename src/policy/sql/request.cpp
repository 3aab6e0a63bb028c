#include "policy/sql/request.h"

#include <algorithm>
#include <array>

namespace axonflow::policy::sql {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::string_view::size_type kNone = std::string_view::npos;

bool IsAlpha(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNameByte(char c) {
  return IsAlpha(c) || IsDigit(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']' ||
         c == '%' || c == '$' || c == ':';
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y || (IsAlpha(x) && IsAlpha(y) && (x | 0x20) == (y | 0x20));
  });
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return EqualsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

// Whether a field of this name is there to take statements.
bool NamesStatement(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"sql", "query", "statement", "stmt",
                                                      "select"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view known) { return EqualsIgnoringCase(name, known); });
}

// Walks over one text and adds its fields. All places are offsets in the whole text.
class Splitter {
 public:
  Splitter(std::string_view text, Fields& fields) : text_(text), fields_(fields) {}
  bool Run();

 private:
  std::size_t Find(std::string_view what, std::size_t from, std::size_t end) const;
  std::size_t LineEnd(std::size_t from) const;
  std::size_t NameEnd(std::size_t from, std::size_t end) const;
  bool IsHeader() const;
  bool IsRequestLine() const;
  bool IsUrl(std::size_t begin, std::size_t end) const;
  bool IsForm(std::size_t begin, std::size_t end) const;
  bool IsJson(std::size_t begin) const;

  void Request();
  void Lines(std::size_t at);
  void Header(std::size_t begin, std::size_t colon, std::size_t end);
  void Cookies(std::size_t begin, std::size_t end);
  void Target(std::size_t begin, std::size_t end);
  void Form(std::size_t begin, std::size_t end);
  void Body(std::size_t begin);
  void Json(std::size_t begin, std::size_t end);
  void Xml(std::size_t begin, std::size_t end);
  void Multipart(std::size_t begin, std::size_t end);

  std::string_view text_;
  Fields& fields_;
};

// The offset of `what` in [from, end), or `end`.
std::size_t Splitter::Find(std::string_view what, std::size_t from, std::size_t end) const {
  const std::size_t found = text_.substr(from, end - from).find(what);
  return found == kNone ? end : from + found;
}

std::size_t Splitter::LineEnd(std::size_t from) const {
  const std::size_t line = Find("\n", from, text_.size());
  return Find("\r", from, line);
}

// One past the name of a field that begins at `from`, if there is one.
std::size_t Splitter::NameEnd(std::size_t from, std::size_t end) const {
  std::size_t at = from;
  while (at < end && at - from < kNameBytesMax && IsNameByte(text_[at])) ++at;
  return at;
}

bool Splitter::IsRequestLine() const {
  constexpr std::array<std::string_view, 7> kMethods = {"GET ",    "POST ", "PUT ",    "PATCH ",
                                                        "DELETE ", "HEAD ", "OPTIONS "};
  return std::any_of(kMethods.begin(), kMethods.end(), [&](std::string_view method) {
    if (!text_.starts_with(method)) return false;
    const std::string_view target = text_.substr(method.size());
    return target.starts_with('/') || target.starts_with("http") || target.starts_with('?');
  });
}

// http://host/path?a=1, /path?a=1, path.php?a=1, ?a=1. Ends at the first byte that no path holds,
// which in prose is the first space.
bool Splitter::IsUrl(std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text_[i];
    if (c == '?') {
      const std::size_t name = NameEnd(i + 1, end);
      return name > i + 1 && name < end && text_[name] == '=';
    }
    const bool fits = IsNameByte(c) || c == '/' || c == '~' || c == '@' || c == '+' || c == ',';
    if (!fits) return false;
  }
  return false;
}

// a=1, a=1&b=2; not `a == b`, `a = b` or `a=>b` of programs.
bool Splitter::IsForm(std::size_t begin, std::size_t end) const {
  const std::size_t name = NameEnd(begin, end);
  if (name == begin || name + 1 >= end || text_[name] != '=' || !IsAlpha(text_[begin]))
    return false;
  const char next = text_[name + 1];
  if (next == '=' || next == '>' || next == ' ') return false;
  // One pair alone is a form when it is all there is: programs have more lines.
  return Find("&", name, end) < end || Find("\n", name, end) == end;
}

bool Splitter::IsJson(std::size_t begin) const {
  std::size_t at = begin;
  const auto skip = [&] { at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size()); };
  skip();
  if (at < text_.size() && text_[at] == '[') {
    ++at;
    skip();
  }
  if (at < text_.size() && text_[at] == '{') {
    ++at;
    skip();
  } else if (at == begin) {
    return false;
  }
  return at < text_.size() && text_[at] == '"';
}

// Whether the text begins with a header line. Only names that are headers of HTTP count, for
// "Note: ..." is how people write.
bool Splitter::IsHeader() const {
  constexpr std::array<std::string_view, 14> kNames = {
      "host",   "cookie", "user-agent", "referer", "authorization", "accept", "content-type",
      "origin", "from",   "client-ip",  "via",     "forwarded",     "range",  "true-client-ip"};
  const std::size_t colon = Find(":", 0, std::min(text_.size(), kNameBytesMax));
  if (colon == 0 || colon >= kNameBytesMax || colon == text_.size()) return false;
  const std::string_view name = text_.substr(0, colon);
  if (name.find(' ') != kNone) return false;
  const bool known = std::any_of(kNames.begin(), kNames.end(), [&](std::string_view known_name) {
    return EqualsIgnoringCase(name, known_name);
  });
  return known || StartsWithIgnoringCase(name, "x-");
}

bool Splitter::Run() {
  if (IsRequestLine()) {
    Request();
  } else if (IsHeader()) {
    Lines(0);
  } else if (IsUrl(0, text_.size())) {
    Target(0, text_.size());
  } else if (IsForm(0, text_.size())) {
    Form(0, text_.size());
  } else if (IsJson(0)) {
    Json(0, text_.size());
  } else if (text_.starts_with("<?xml")) {
    Xml(0, text_.size());
  } else {
    return false;
  }
  return true;
}

void Splitter::Request() {
  const std::size_t line_end = LineEnd(0);
  const std::size_t begin = text_.find(' ') + 1;
  // A payload that nobody encoded holds spaces itself.
  std::size_t end = Find(" HTTP/", begin, line_end);
  if (end == line_end && text_.find("\r\n", begin) == kNone) {
    end = Find(" HTTP/", begin, text_.size());  // a decoded payload with line breaks in it
    Target(begin, end);
    const std::size_t rest = LineEnd(end);
    if (rest < text_.size()) Lines(rest);
    return;
  }
  Target(begin, end);
  Lines(line_end);
}

// Header lines up to an empty one, and the body behind it.
void Splitter::Lines(std::size_t at) {
  while (at < text_.size()) {
    const bool crlf = text_.substr(at).starts_with("\r\n\r\n");
    if (crlf || text_.substr(at).starts_with("\n\n")) return Body(at + (crlf ? 4 : 2));
    if (text_[at] == '\r' || text_[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t end = LineEnd(at);
    const std::size_t colon = Find(":", at, std::min(end, at + kNameBytesMax));
    if (colon < end && text_[colon] == ':') {
      Header(at, colon, end);
    } else {
      Form(at, end);
    }
    at = end;
  }
}

void Splitter::Header(std::size_t begin, std::size_t colon, std::size_t end) {
  // What browsers and proxies fill in by themselves and no application stores.
  constexpr std::array<std::string_view, 7> kOwn = {"accept",  "content-", "connection", "cache-",
                                                    "upgrade", "sec-",     "if-"};
  const std::string_view name = text_.substr(begin, colon - begin);
  std::size_t value = colon + 1;
  while (value < end && text_[value] == ' ') ++value;
  if (EqualsIgnoringCase(name, "cookie")) return Cookies(value, end);
  const bool own = std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view prefix) {
    return StartsWithIgnoringCase(name, prefix);
  });
  if (own && Find("'", value, end) == end) return;
  if (IsUrl(value, end)) return Target(value, end);
  fields_.Add(value, end, Encoding::kPlain);
}

void Splitter::Cookies(std::size_t begin, std::size_t end) {
  while (begin < end) {
    // A semicolon that no name follows belongs to the value.
    std::size_t stop = begin;
    while (stop < end) {
      stop = Find("; ", stop, end);
      if (stop == end) break;
      const std::size_t name = NameEnd(stop + 2, end);
      if (name > stop + 2 && name < end && text_[name] == '=') break;
      ++stop;
    }
    const std::size_t equals = Find("=", begin, stop);
    fields_.Add(equals == stop ? begin : equals + 1, stop, Encoding::kForm);
    begin = std::min(stop + 2, end);
  }
}

// A path, each step of which may be a value, and a query.
void Splitter::Target(std::size_t begin, std::size_t end) {
  const std::size_t mark = Find("?", begin, end);
  std::size_t step = begin;
  while (step < mark) {
    const std::size_t stop = Find("/", step, mark);
    // Steps of ordinary names are the common case.
    const std::string_view name = text_.substr(step, stop - step);
    if (name.find_first_of("%'\"(;= ") != kNone) fields_.Add(step, stop, Encoding::kPlain);
    step = stop + 1;
  }
  if (mark < end) Form(mark + 1, end);
}

// name=value pairs with & between them.
void Splitter::Form(std::size_t begin, std::size_t end) {
  while (begin < end && !fields_.full()) {
    std::size_t stop = Find("&", begin, end);
    // && is an operator of SQL, and no pair is empty.
    while (stop + 1 < end && text_[stop + 1] == '&') stop = Find("&", stop + 2, end);
    const std::size_t name = NameEnd(begin, stop);
    if (name < stop && text_[name] == '=') {
      const std::string_view spelled = text_.substr(begin, name - begin);
      fields_.Add(name + 1, stop, Encoding::kForm, NamesStatement(spelled));
      if (spelled.find('%') != kNone) {
        fields_.Add(begin, name, Encoding::kForm);
      }
    } else {
      fields_.Add(begin, stop, Encoding::kForm);
    }
    begin = stop + 1;
  }
}

void Splitter::Body(std::size_t begin) {
  if (begin >= text_.size()) return;
  if (IsJson(begin)) return Json(begin, text_.size());
  if (text_[begin] == '<') return Xml(begin, text_.size());
  if (text_.substr(begin).starts_with("--")) return Multipart(begin, text_.size());
  Form(begin, text_.size());
}

// Every string of a document, names too, for some applications build columns of them.
void Splitter::Json(std::size_t begin, std::size_t end) {
  std::size_t at = Find("\"", begin, end);
  while (at < end && !fields_.full()) {
    std::size_t close = at + 1;
    while (close < end && text_[close] != '"') close += text_[close] == '\\' ? 2 : 1;
    close = std::min(close, end);
    fields_.Add(at + 1, close, Encoding::kJson, true);
    at = std::min(close + 1, end);
    const std::size_t next = Find("\"", at, end);
    // Between strings stand numbers and three words; a payload that is not in quotes is neither.
    const std::string_view gap = text_.substr(at, next - at);
    if (gap.find_first_of("'()=;#*") != kNone) fields_.Add(at, next, Encoding::kPlain);
    at = next;
  }
}

void Splitter::Xml(std::size_t begin, std::size_t end) {
  std::size_t at = begin;
  while (at < end && !fields_.full()) {
    const std::size_t open = Find("<", at, end);
    if (text_.substr(at, open - at).find_first_not_of(" \t\r\n") != kNone) {
      fields_.Add(at, open, Encoding::kPlain);
    }
    if (text_.substr(open, end - open).starts_with("<![CDATA[")) {
      const std::size_t close = Find("]]>", open, end);
      fields_.Add(open + 9, close, Encoding::kPlain);
      at = close + 3;
      continue;
    }
    // Attributes are read with their tag, as one piece.
    const std::size_t close = Find(">", open, end);
    const std::size_t quote = Find("=\"", open, close);
    if (quote < close && text_[open + 1] != '?') {
      std::size_t value = quote + 2;
      while (value < close) {
        const std::size_t stop = Find("\"", value, close);
        fields_.Add(value, stop, Encoding::kPlain);
        const std::size_t next = Find("=\"", stop, close);
        value = next < close ? next + 2 : close;
      }
    }
    at = close + 1;
  }
}

// The content of each part stands between its empty line and the next boundary.
void Splitter::Multipart(std::size_t begin, std::size_t end) {
  const std::size_t line = LineEnd(begin);
  const std::string_view boundary = text_.substr(begin, line - begin);
  std::size_t at = line;
  while (at < end && !fields_.full()) {
    std::size_t content = Find("\r\n\r\n", at, end);
    std::size_t gap = 4;
    if (content == end) {
      content = Find("\n\n", at, end);
      gap = 2;
    }
    if (content == end) return;
    const std::size_t stop = Find(boundary, content, end);
    std::size_t last = stop;
    while (last > content + gap && (text_[last - 1] == '\r' || text_[last - 1] == '\n')) --last;
    fields_.Add(content + gap, last, Encoding::kPlain);
    at = std::min(stop + boundary.size(), end);
  }
}

}  // namespace

bool SplitRequest(std::string_view text, Fields& fields) { return Splitter(text, fields).Run(); }

bool SplitPairs(std::string_view text, Fields& fields) {
  if (text.find('=') == kNone || text.find('&') == kNone) return false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find_first_of("&\n", begin), text.size());
    const std::string_view pair = text.substr(begin, end - begin);
    const std::size_t equals = pair.find('=');
    // The name of a field is one word; "http://host/path?a=1" has the first one after its mark.
    if (equals != kNone && pair.substr(0, equals).find_first_of(" '\"") == kNone) {
      const std::size_t stop = std::min(pair.find(" HTTP/"), pair.size());
      fields.Add(begin + equals + 1, begin + stop, Encoding::kForm, true);
    }
    begin = end + 1;
  }
  return !fields.empty();
}

}  // namespace axonflow::policy::sql

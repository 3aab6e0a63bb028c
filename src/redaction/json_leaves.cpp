#include "redaction/json_leaves.h"

#include <array>

namespace axonflow::redaction {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexOf(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<JsonLeaves> Read() {
    SkipSpace();
    if (Peek() != '{' && Peek() != '[') return std::nullopt;
    if (!ReadValue({}, 0)) return std::nullopt;
    SkipSpace();
    if (at_ != text_.size()) return std::nullopt;
    return std::move(out_);
  }

 private:
  // Where a value stands.
  struct Slot {
    std::uint32_t container = 0;
    std::uint32_t element = 0;
    std::uint32_t key = 0;
  };

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  void Add(JsonLeaf::Kind kind, std::size_t begin, std::size_t end, Slot slot) {
    out_.leaves.push_back({kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                           slot.container, slot.element, slot.key});
  }

  bool ReadString(JsonLeaf::Kind kind, Slot slot);
  bool ReadNumber(Slot slot);
  bool ReadLiteral(Slot slot);
  bool ReadObject(std::uint32_t self, std::size_t depth);
  bool ReadArray(std::uint32_t self, std::size_t depth);
  bool ReadValue(Slot slot, std::size_t depth);

  std::string_view text_;
  std::size_t at_ = 0;
  JsonLeaves out_;
};

bool Reader::ReadString(JsonLeaf::Kind kind, Slot slot) {
  if (!Take('"')) return false;
  const std::size_t begin = at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      Add(kind, begin, at_++, slot);
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') continue;
    ++at_;
    if (Peek() == 'u') {
      for (std::size_t i = 1; i <= 4; ++i) {
        if (at_ + i >= text_.size() || HexOf(text_[at_ + i]) < 0) return false;
      }
      at_ += 4;
    } else if (at_ >= text_.size() ||
               std::string_view("\"\\/bfnrt").find(Peek()) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

bool Reader::ReadNumber(Slot slot) {
  const std::size_t begin = at_;
  const auto digits = [&] {
    const std::size_t first = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > first;
  };
  Take('-');
  const bool zero = Peek() == '0';
  const std::size_t first = at_;
  if (!digits() || (zero && at_ > first + 1)) return false;
  if (Take('.') && !digits()) return false;
  if (Peek() == 'e' || Peek() == 'E') {
    ++at_;
    if (!Take('+')) Take('-');
    if (!digits()) return false;
  }
  Add(JsonLeaf::Kind::kNumber, begin, at_, slot);
  return true;
}

bool Reader::ReadLiteral(Slot slot) {
  for (const std::string_view word : {"true", "false", "null"}) {
    if (!text_.substr(at_).starts_with(word)) continue;
    // Nothing is known from a null, so it may stay.
    if (word != "null") Add(JsonLeaf::Kind::kLiteral, at_, at_ + word.size(), slot);
    at_ += word.size();
    return true;
  }
  return false;
}

bool Reader::ReadObject(std::uint32_t self, std::size_t depth) {
  SkipSpace();
  if (Take('}')) return true;
  do {
    SkipSpace();
    const auto key = static_cast<std::uint32_t>(out_.leaves.size());
    if (!ReadString(JsonLeaf::Kind::kKey, {self, 0, key})) return false;
    SkipSpace();
    if (!Take(':') || !ReadValue({self, 0, key}, depth)) return false;
    SkipSpace();
  } while (Take(','));
  return Take('}');
}

bool Reader::ReadArray(std::uint32_t self, std::size_t depth) {
  SkipSpace();
  if (Take(']')) return true;
  std::uint32_t element = 0;
  do {
    if (!ReadValue({self, element++, 0}, depth)) return false;
    SkipSpace();
  } while (Take(','));
  return Take(']');
}

bool Reader::ReadValue(Slot slot, std::size_t depth) {
  SkipSpace();
  const char c = Peek();
  if (c == '"') return ReadString(JsonLeaf::Kind::kString, slot);
  if (c == '-' || IsDigit(c)) return ReadNumber(slot);
  if (c != '{' && c != '[') return ReadLiteral(slot);
  if (depth >= kJsonDepthMax) return false;
  ++at_;
  const auto self = static_cast<std::uint32_t>(out_.containers.size());
  out_.containers.push_back({c == '{', slot.container, slot.element, slot.key});
  return c == '{' ? ReadObject(self, depth + 1) : ReadArray(self, depth + 1);
}

void AppendUtf8(std::uint32_t c, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0U | (c >> 6U));
    add(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    add(0xE0U | (c >> 12U));
    add(0x80U | ((c >> 6U) & 0x3FU));
    add(0x80U | (c & 0x3FU));
  } else {
    add(0xF0U | (c >> 18U));
    add(0x80U | ((c >> 12U) & 0x3FU));
    add(0x80U | ((c >> 6U) & 0x3FU));
    add(0x80U | (c & 0x3FU));
  }
}

// The value of the escape \uXXXX at `at`, or nothing when none stands there.
std::optional<std::uint32_t> UnitAt(std::string_view content, std::size_t at) {
  if (at + 6 > content.size() || content[at] != '\\' || content[at + 1] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    unit = unit * 16 + static_cast<std::uint32_t>(HexOf(content[at + i]));
  }
  return unit;
}

// Appends the character of the escape at `at` and returns the bytes that it is written with.
std::size_t DecodeEscape(std::string_view content, std::size_t at, std::string& out) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  constexpr std::uint32_t kReplacement = 0xFFFD;
  if (content[at + 1] != 'u') {
    const std::size_t name = kNames.find(content[at + 1]);
    out += name == std::string_view::npos ? content[at + 1] : kMeanings[name];
    return 2;
  }
  const std::uint32_t unit = UnitAt(content, at).value_or(kReplacement);
  if (unit < 0xD800 || unit > 0xDFFF) {
    AppendUtf8(unit, out);
    return 6;
  }
  const std::uint32_t low = UnitAt(content, at + 6).value_or(0);
  if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
    AppendUtf8(kReplacement, out);
    return 6;
  }
  AppendUtf8(0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00), out);
  return 12;
}

}  // namespace

std::optional<JsonLeaves> ReadJsonLeaves(std::string_view text) { return Reader(text).Read(); }

std::string DecodeJsonString(std::string_view content, std::vector<std::uint32_t>& places) {
  places.clear();
  if (content.find('\\') == std::string_view::npos) return std::string(content);
  std::string out;
  for (std::size_t at = 0; at < content.size();) {
    std::size_t bytes = 1;
    if (content[at] == '\\') {
      bytes = DecodeEscape(content, at, out);
    } else {
      out += content[at];
    }
    places.resize(out.size(), static_cast<std::uint32_t>(at));
    at += bytes;
  }
  places.push_back(static_cast<std::uint32_t>(content.size()));
  return out;
}

std::string EncodeJsonString(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20) {
      ((out += "\\u00") += kHex[byte >> 4U]) += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace axonflow::redaction

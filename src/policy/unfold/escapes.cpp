#include <array>
#include <string>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kNameBytesMax = 8;
constexpr std::size_t kTokenBytesMax = 4096;  // how far '+' is read as a space behind an escape

struct Entity {
  std::string_view name;
  std::string_view value;
};

// The named character references of HTML that hide ASCII.
constexpr std::array<Entity, 34> kEntities = {{
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},       {"quot", "\""},  {"apos", "'"},
    {"nbsp", " "},   {"sol", "/"},    {"bsol", "\\"},    {"lpar", "("},   {"rpar", ")"},
    {"colon", ":"},  {"semi", ";"},   {"comma", ","},    {"period", "."}, {"excl", "!"},
    {"num", "#"},    {"percnt", "%"}, {"equals", "="},   {"plus", "+"},   {"hyphen", "-"},
    {"lowbar", "_"}, {"Tab", "\t"},   {"NewLine", "\n"}, {"lsquo", "'"},  {"rsquo", "'"},
    {"ldquo", "\""}, {"rdquo", "\""}, {"ndash", "-"},    {"mdash", "-"},  {"ast", "*"},
    {"commat", "@"}, {"dollar", "$"}, {"lbrack", "["},   {"rbrack", "]"},
}};

bool IsSpace(unsigned byte) { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; }

// Reads the escape at `at` into `out`; its length, 0 for none. Bytes of UTF-8 come one escape each.
std::size_t ReadPercent(std::string_view text, std::size_t at, std::string& out) {
  if (ByteAt(text, at) != '%') return 0;
  if ((ByteAt(text, at + 1) | 0x20U) == 'u') {
    const long code = HexNumber(text, at + 2, 4);
    return code >= 0 && AppendCharacter(static_cast<std::uint32_t>(code), out) ? 6 : 0;
  }
  const long first = HexNumber(text, at + 1, 2);
  if (first < 0) return 0;
  if (first < 0x80) return AppendCharacter(static_cast<std::uint32_t>(first), out) ? 3 : 0;
  std::string bytes(1, static_cast<char>(first));
  for (std::size_t next = at + 3; bytes.size() < 4; next += 3) {
    const long byte = ByteAt(text, next) == '%' ? HexNumber(text, next + 1, 2) : -1;
    if (byte < 0x80 || byte > 0xBF) break;
    bytes += static_cast<char>(byte);
  }
  if (const Character character = CharacterAt(bytes, 0); character.bytes != 0) {
    out += bytes.substr(0, character.bytes);
    return 3 * character.bytes;
  }
  // Not UTF-8: the older single-byte reading, of letters only.
  return first >= 0xA0 && AppendCharacter(static_cast<std::uint32_t>(first), out) ? 3 : 0;
}

}  // namespace

std::size_t TakePercent(std::string_view text, std::size_t at, Writer& writer) {
  std::string decoded;
  std::size_t length = ReadPercent(text, at, decoded);
  if (length == 0) return at + 1;
  // '+' before the first escape of the word, then everything to its end.
  std::size_t word = at;
  while (word > writer.copied() && at - word < kTokenBytesMax && !IsSpace(ByteAt(text, word - 1))) {
    --word;
  }
  for (std::size_t i = word; i < at; ++i) {
    const bool between = i > 0 && IsWord(ByteAt(text, i - 1)) && !IsSpace(ByteAt(text, i + 1));
    if (text[i] == '+' && between && !writer.full()) writer.Replace(i, i + 1, " ");
  }
  while (length != 0 && !writer.full()) {
    writer.Replace(at, at + length, decoded);
    at += length;
    decoded.clear();
    const std::size_t stop = at + kTokenBytesMax;
    while (at < text.size() && at < stop && text[at] != '%' && !IsSpace(ByteAt(text, at))) {
      if (text[at] == '+' && !writer.full()) writer.Replace(at, at + 1, " ");
      ++at;
    }
    length = ReadPercent(text, at, decoded);
  }
  return at;
}

std::size_t TakeEntity(std::string_view text, std::size_t at, Writer& writer) {
  std::string decoded;
  std::size_t end = at + 1;
  if (ByteAt(text, at + 1) == '#') {
    const bool hex = (ByteAt(text, at + 2) | 0x20U) == 'x';
    end = at + (hex ? 3 : 2);
    const std::size_t first = end;
    std::uint32_t code = 0;
    while (end < first + kNameBytesMax) {
      const int digit = HexValue(ByteAt(text, end));
      if (digit < 0 || (!hex && digit > 9)) break;
      code = code * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
      ++end;
    }
    if (end == first || !AppendCharacter(code, decoded)) return at + 1;
    if (ByteAt(text, end) == ';') ++end;
  } else {
    while (end < at + 1 + kNameBytesMax && IsLetter(ByteAt(text, end))) ++end;
    if (ByteAt(text, end) != ';') return at + 1;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    for (const Entity& entity : kEntities) {
      if (entity.name == name) decoded = entity.value;
    }
    if (decoded.empty()) return at + 1;
    ++end;
  }
  writer.Replace(at, end, decoded);
  return end;
}

std::size_t TakeBackslash(std::string_view text, std::size_t at, Writer& writer) {
  const unsigned kind = ByteAt(text, at + 1);
  long code = -1;
  std::size_t end = at + 1;
  if (kind == 'x') {
    code = HexNumber(text, at + 2, 2);
    end = at + 4;
  } else if (kind == 'U') {
    code = HexNumber(text, at + 2, 8);
    end = at + 10;
  } else if (kind == 'u' && ByteAt(text, at + 2) == '{') {
    std::size_t digits = 0;
    while (digits < 6 && HexValue(ByteAt(text, at + 3 + digits)) >= 0) ++digits;
    end = at + 4 + digits;
    if (digits != 0 && ByteAt(text, end - 1) == '}') code = HexNumber(text, at + 3, digits);
  } else if (kind == 'u') {
    code = HexNumber(text, at + 2, 4);
    end = at + 6;
    const bool pair = code >= 0xD800 && code < 0xDC00 && ByteAt(text, end) == '\\' &&
                      ByteAt(text, end + 1) == 'u';
    const long low = pair ? HexNumber(text, end + 2, 4) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      end += 6;
    }
  }
  std::string decoded;
  if (code < 0 || !AppendCharacter(static_cast<std::uint32_t>(code), decoded)) return at + 1;
  writer.Replace(at, end, decoded);
  return end;
}

}  // namespace axonflow::policy::unfold

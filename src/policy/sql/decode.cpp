#include <algorithm>
#include <array>
#include <cstring>

#include "policy/sql/request.h"

namespace axonflow::policy::sql {
namespace {

constexpr int kPercentLayersMax = 3;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// One character that `size` bytes of the text stand for; zero bytes when they stand for themselves.
struct Decoded {
  char byte = 0;
  std::size_t size = 0;
};

Decoded Percent(std::string_view text) {
  if (text.size() < 3 || HexValue(text[1]) < 0 || HexValue(text[2]) < 0) {
    // %u0027, as old scripts of browsers wrote it.
    if (text.size() >= 6 && (text[1] | 0x20) == 'u' && text[2] == '0' && text[3] == '0' &&
        HexValue(text[4]) >= 0 && HexValue(text[5]) >= 0) {
      return {static_cast<char>(HexValue(text[4]) * 16 + HexValue(text[5])), 6};
    }
    return {};
  }
  return {static_cast<char>(HexValue(text[1]) * 16 + HexValue(text[2])), 3};
}

Decoded Escape(std::string_view text) {
  if (text.size() < 2) return {};
  switch (text[1]) {
    case 'n':
    case 'r':
    case 't':
    case 'b':
    case 'f':
      return {text[1] == 'n' || text[1] == 'r' ? '\n' : ' ', 2};
    case 'u': {
      if (text.size() < 6) return {};
      int code = 0;
      for (char c : text.substr(2, 4)) {
        if (HexValue(c) < 0) return {};
        code = code * 16 + HexValue(c);
      }
      // All letters of other scripts are alike to the tokenizer.
      return {code < 0x80 ? static_cast<char>(code) : '\xC3', 6};
    }
    default:
      return {text[1], 2};
  }
}

Decoded Entity(std::string_view text) {
  struct Name {
    std::string_view text;
    char byte;
  };
  constexpr std::array<Name, 12> kNames = {{{"&apos;", '\''},
                                            {"&quot;", '"'},
                                            {"&lt;", '<'},
                                            {"&gt;", '>'},
                                            {"&amp;", '&'},
                                            {"&#39;", '\''},
                                            {"&#039;", '\''},
                                            {"&#x27;", '\''},
                                            {"&#34;", '"'},
                                            {"&#x22;", '"'},
                                            {"&#61;", '='},
                                            {"&#x3d;", '='}}};
  for (const Name& name : kNames) {
    if (text.starts_with(name.text)) return {name.byte, name.text.size()};
  }
  return {};
}

// Undoes one layer in place. `escape` begins the sequences that `decode` reads.
template <typename Decode>
std::size_t Undo(char* bytes, std::uint32_t* origin, std::size_t size, char escape, Decode decode) {
  const auto* first = static_cast<const char*>(std::memchr(bytes, escape, size));
  if (first == nullptr) return size;
  auto read = static_cast<std::size_t>(first - bytes);
  std::size_t write = read;
  while (read < size) {
    const Decoded one =
        bytes[read] == escape ? decode(std::string_view(bytes + read, size - read)) : Decoded{};
    origin[write] = origin[read];
    bytes[write++] = one.size == 0 ? bytes[read] : one.byte;
    read += one.size == 0 ? 1 : one.size;
  }
  return write;
}

}  // namespace

std::size_t DecodeField(std::string_view text, const Field& field, char* decoded,
                        std::uint32_t* origin, std::size_t room) {
  std::size_t size = std::min<std::size_t>(field.end - field.begin, room);
  text.copy(decoded, size, field.begin);
  for (std::size_t i = 0; i < size; ++i) origin[i] = field.begin + static_cast<std::uint32_t>(i);
  const std::uint32_t end = field.begin + static_cast<std::uint32_t>(size);
  // A plus stands for a space only where no real space does.
  const bool spaces = std::memchr(decoded, ' ', size) != nullptr;
  if (field.encoding == Encoding::kForm && !spaces) {
    std::replace(decoded, decoded + size, '+', ' ');
  }
  if (field.encoding == Encoding::kJson) size = Undo(decoded, origin, size, '\\', Escape);
  for (int layer = 0; layer < kPercentLayersMax; ++layer) {
    const std::size_t before = size;
    size = Undo(decoded, origin, size, '%', Percent);
    if (size == before) break;
  }
  size = Undo(decoded, origin, size, '&', Entity);
  origin[size] = end;
  return size;
}

}  // namespace axonflow::policy::sql

#include "policy/pattern_characters.h"

#include <algorithm>

namespace axonflow::policy {
namespace {

Characters Letters() { return Between('a', 'z') | Between('A', 'Z'); }

Characters OneOf(std::string_view characters) {
  Characters set;
  for (const char c : characters) set.set(static_cast<unsigned char>(c));
  return set;
}

}  // namespace

Characters Between(unsigned char low, unsigned char high) {
  Characters set;
  for (unsigned c = low; c <= high; ++c) set.set(std::min<std::size_t>(c, kBeyondAscii));
  return set;
}

// The class behind a letter after a backslash; nothing for other letters.
std::optional<Characters> ClassOf(char letter) {
  switch (letter) {
    case 'd':
      return Between('0', '9');
    case 'w':
      return Between('0', '9') | Letters() | OneOf("_");
    case 's':
      return OneOf(" \t\n\r\f\v");
    case 'D':
    case 'W':
    case 'S':
      return ~*ClassOf(static_cast<char>(letter + 0x20));
    case 'p':
    case 'P':
      return Letters() | Characters().set(kBeyondAscii);
    case 'C':
      return Characters().set();
    default:
      return std::nullopt;
  }
}

Characters BothCases(Characters set) {
  for (std::size_t small = 'a'; small <= 'z'; ++small) {
    const bool either = set[small] || set[small - 0x20];
    set[small] = either;
    set[small - 0x20] = either;
  }
  return set;
}

// Takes nearly every character: ".", negated classes, and what amounts to them.
bool IsBroad(const Characters& set) {
  constexpr std::size_t kBroadMin = 90;
  return set.count() >= kBroadMin;
}

Characters NamedClass(std::string_view name) {
  if (name == "digit") return Between('0', '9');
  if (name == "alpha") return Letters();
  if (name == "upper") return Between('A', 'Z');
  if (name == "lower") return Between('a', 'z');
  if (name == "alnum") return Between('0', '9') | Letters();
  if (name == "word") return *ClassOf('w');
  if (name == "space") return *ClassOf('s');
  if (name == "blank") return OneOf(" \t");
  if (name == "cntrl") return Between(0, 0x1F) | Between(0x7F, 0x7F);
  if (name == "xdigit") return Between('0', '9') | Between('a', 'f') | Between('A', 'F');
  const Characters visible = Between('!', '~');
  if (name == "punct") return visible & ~(Between('0', '9') | Letters());
  if (name == "graph") return visible;
  if (name == "print") return visible | OneOf(" ");
  return Between(0, 0x7F);
}

}  // namespace axonflow::policy

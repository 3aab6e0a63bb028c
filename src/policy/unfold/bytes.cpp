#include "policy/unfold/bytes.h"

namespace axonflow::policy::unfold {

Character CharacterAt(std::string_view text, std::size_t at) {
  const unsigned lead = ByteAt(text, at);
  if (at >= text.size()) return {};
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + bytes > text.size()) return {};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = ByteAt(text, at + i);
    if ((next & 0xC0U) != 0x80) return {};
    code = (code << 6U) | (next & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, bytes};
}

bool AppendCharacter(std::uint32_t code, std::string& out) {
  const bool control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';
  if (control || (code >= 0x7F && code < 0xA0)) return false;
  if ((code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
  return true;
}

bool ReadsAsText(std::string_view bytes) {
  std::size_t letters = 0;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const Character character = CharacterAt(bytes, at);
    const std::uint32_t code = character.code;
    const bool space = code == ' ' || code == '\n' || code == '\r' || code == '\t';
    if (character.bytes == 0 || code == 0x7F || (code < 0x20 && !space)) return false;
    if (space || code >= 0xC0 || IsLetter(code)) ++letters;
    ++characters;
    at += character.bytes;
  }
  return letters * 10 >= characters * 6;
}

}  // namespace axonflow::policy::unfold

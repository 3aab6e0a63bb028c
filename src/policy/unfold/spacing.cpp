#include <algorithm>
#include <string>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kLettersMin = 6;  // "a b c d e" may be a list
constexpr std::string_view kSeparators = " .-_*|,~/";
// Between words stand more separators than between letters, but not a whole margin.
constexpr std::size_t kGapMax = 4;
constexpr std::size_t kRunBytesMax = 1U << 16U;

// Whether a single character ends at `end`: no letter or digit follows.
bool EndsAlone(std::string_view text, std::size_t end) {
  return end >= text.size() || (ByteAt(text, end) < 0x80 && !IsWord(ByteAt(text, end)));
}

}  // namespace

std::size_t TakeSpaced(std::string_view text, std::size_t at, Writer& writer) {
  const char separator = at + 1 < text.size() ? text[at + 1] : '\0';
  if (kSeparators.find(separator) == std::string_view::npos) return at + 1;
  std::size_t begin = at;
  while (begin >= writer.copied() + 2 && text[begin - 1] == separator &&
         IsWord(ByteAt(text, begin - 2)) && (begin < 3 || !IsWord(ByteAt(text, begin - 3)))) {
    begin -= 2;
  }
  std::string word;
  std::size_t letters = 0;
  std::size_t next = begin;
  std::size_t end = begin;
  while (next < text.size() && next - begin < kRunBytesMax) {
    const Character character = CharacterAt(text, next);
    if (character.bytes == 0 || !EndsAlone(text, next + character.bytes)) break;
    if (IsLetter(character.code) || character.code >= 0xC0) ++letters;
    word += text.substr(next, character.bytes);
    end = next + character.bytes;
    next = end;
    while (next < text.size() && text[next] == separator) ++next;
    const std::size_t gap = next - end;
    if (gap == 0 || gap > kGapMax) break;
    if (gap > 1) word += ' ';
  }
  while (!word.empty() && word.back() == ' ') word.pop_back();
  if (letters < kLettersMin || letters * 2 < word.size()) return std::max(end, at + 1);
  writer.Replace(begin, end, word);
  return end;
}

}  // namespace axonflow::policy::unfold

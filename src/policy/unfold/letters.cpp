#include <algorithm>
#include <array>
#include <string>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kWordBytesMax = 64;  // longer words are not checked for look-alikes

// Cyrillic and Greek letters that look like a Latin one (Unicode TR 39 lists such pairs), by code.
struct LookAlike {
  std::uint16_t code;
  char latin;
};
constexpr LookAlike kLookAlikes[] = {
    {0x391, 'A'}, {0x392, 'B'}, {0x395, 'E'}, {0x396, 'Z'}, {0x397, 'H'}, {0x399, 'I'},
    {0x39A, 'K'}, {0x39C, 'M'}, {0x39D, 'N'}, {0x39F, 'O'}, {0x3A1, 'P'}, {0x3A4, 'T'},
    {0x3A5, 'Y'}, {0x3A7, 'X'}, {0x3B1, 'a'}, {0x3B3, 'y'}, {0x3B5, 'e'}, {0x3B7, 'n'},
    {0x3B9, 'i'}, {0x3BA, 'k'}, {0x3BD, 'v'}, {0x3BF, 'o'}, {0x3C1, 'p'}, {0x3C4, 't'},
    {0x3C5, 'u'}, {0x3C7, 'x'}, {0x3C9, 'w'}, {0x3F2, 'c'}, {0x3F3, 'j'}, {0x405, 'S'},
    {0x406, 'I'}, {0x408, 'J'}, {0x410, 'A'}, {0x412, 'B'}, {0x415, 'E'}, {0x41A, 'K'},
    {0x41C, 'M'}, {0x41D, 'H'}, {0x41E, 'O'}, {0x420, 'P'}, {0x421, 'C'}, {0x422, 'T'},
    {0x423, 'Y'}, {0x425, 'X'}, {0x430, 'a'}, {0x435, 'e'}, {0x43A, 'k'}, {0x43C, 'm'},
    {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'},
    {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x475, 'v'}, {0x4AF, 'y'}, {0x4BB, 'h'},
    {0x4CF, 'l'}, {0x501, 'd'}, {0x51B, 'q'}, {0x51D, 'w'},
};

constexpr std::uint32_t kAlikeFirst = 0x370;
constexpr std::uint32_t kAlikeEnd = 0x530;

// The same by code, 0 for letters that look like none.
constexpr auto kLatinFor = [] {
  std::array<char, kAlikeEnd - kAlikeFirst> latin{};
  for (const LookAlike& pair : kLookAlikes) latin[pair.code - kAlikeFirst] = pair.latin;
  return latin;
}();

bool MayLookAlike(std::uint32_t code) { return code >= kAlikeFirst && code < kAlikeEnd; }

// The letters of the alphabets in U+1D400..U+1D6A3 come 26 capitals, 26 small, thirteen times; the
// letters that Unicode had already stand elsewhere.
char MathematicalLetter(std::uint32_t code) {
  if (code >= 0x1D400 && code < 0x1D6A4) {
    const std::uint32_t letter = (code - 0x1D400) % 52;
    return static_cast<char>(letter < 26 ? 'A' + letter : 'a' + letter - 26);
  }
  if (code >= 0x1D7CE && code <= 0x1D7FF) return static_cast<char>('0' + (code - 0x1D7CE) % 10);
  constexpr std::string_view kLetterlike =
      "\0\0C\0\0\0\0\0\0\0gHHHhhIIlL\0N\0\0PQRRR\0\0\0\0\0\0\0Z\0\0\0Z\0\0\0BC\0eEF\0Mo";
  if (code >= 0x2100 && code < 0x2100 + kLetterlike.size()) return kLetterlike[code - 0x2100];
  return 0;
}

// The small capitals of the phonetic alphabets, in the order of kSmallCapitals.
constexpr std::u32string_view kSmallCapitals = U"ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ";
constexpr std::string_view kSmallCapitalLetters = "abcdefghijklmnopqrstuvwyz";
static_assert(kSmallCapitals.size() == kSmallCapitalLetters.size());

// The ASCII character that `code` is another shape of; 0 for none.
char PlainShape(std::uint32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) {
    const char plain = static_cast<char>(code - 0xFF01 + '!');
    // Full-width punctuation belongs to Chinese and Japanese text.
    return IsWord(static_cast<unsigned char>(plain)) ? plain : '\0';
  }
  if (code >= 0x24B6 && code <= 0x24CF) return static_cast<char>('A' + (code - 0x24B6));
  if (code >= 0x24D0 && code <= 0x24E9) return static_cast<char>('a' + (code - 0x24D0));
  if (code >= 0x249C && code <= 0x24B5) return static_cast<char>('a' + (code - 0x249C));
  if (code >= 0x1F130 && code <= 0x1F189) {
    const std::uint32_t letter = (code - 0x1F130) % 32;
    return letter < 26 ? static_cast<char>('A' + letter) : '\0';
  }
  if (code >= 0xE0020 && code <= 0xE007E) return static_cast<char>(code - 0xE0000);  // hidden tags
  if (const char letter = MathematicalLetter(code); letter != 0) return letter;
  if (code >= 0x1EB && code < 0xA740) {
    const std::size_t at = kSmallCapitals.find(static_cast<char32_t>(code));
    if (at != std::u32string_view::npos) return kSmallCapitalLetters[at];
  }
  return 0;
}

bool IsAlwaysInvisible(std::uint32_t code) {
  return code == 0xAD || code == 0x200B || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x2064) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF || code == 0x34F || code == 0x180E || code == 0xE0001 || code == 0xE007F;
}

// Joiners, direction marks and variation selectors have their use in other scripts and in pictures;
// combining marks in other alphabets.
bool IsInvisibleInLatin(std::uint32_t code) {
  return (code >= 0x200C && code <= 0x200F) || (code >= 0xFE00 && code <= 0xFE0F) ||
         (code >= 0x300 && code <= 0x36F);
}

// Replaces the look-alikes of the word around `at`, when it has a Latin letter and every other
// letter of it looks like one. Returns the end of the word.
std::size_t TakeMixedWord(std::string_view text, std::size_t at, Writer& writer) {
  std::size_t begin = at;
  while (begin > writer.copied() && at - begin < kWordBytesMax &&
         IsLetter(ByteAt(text, begin - 1))) {
    --begin;
  }
  std::string word;
  bool latin = begin < at;
  bool alike = true;
  std::size_t end = begin;
  while (end < text.size() && end - begin < 2 * kWordBytesMax) {
    const Character character = CharacterAt(text, end);
    if (character.bytes == 0) break;
    if (IsLetter(character.code)) {
      latin = true;
      word += static_cast<char>(character.code);
    } else if (MayLookAlike(character.code)) {
      const char plain = kLatinFor[character.code - kAlikeFirst];
      alike = alike && plain != 0;
      word += plain;
    } else {
      break;
    }
    end += character.bytes;
  }
  if (latin && alike && word.size() >= 3) writer.Replace(begin, end, word);
  return std::max(end, at + 1);
}

}  // namespace

std::size_t TakeHigh(std::string_view text, std::size_t at, Writer& writer) {
  const Character character = CharacterAt(text, at);
  if (character.bytes == 0) return at + 1;
  const std::size_t end = at + character.bytes;
  const std::uint32_t code = character.code;
  if (MayLookAlike(code)) {
    const bool beside_latin =
        (at > 0 && IsLetter(ByteAt(text, at - 1))) || IsLetter(ByteAt(text, end));
    return beside_latin ? TakeMixedWord(text, at, writer) : end;
  }
  const bool word_beside = (at > 0 && IsWord(ByteAt(text, at - 1))) || IsWord(ByteAt(text, end));
  const bool mark = code >= 0x300 && code <= 0x36F;
  const bool behind_mark = mark && writer.copied() == at && writer.changed();
  if (IsAlwaysInvisible(code) || (IsInvisibleInLatin(code) && (word_beside || behind_mark))) {
    writer.Replace(at, end, "");
  } else if (const char plain = PlainShape(code); plain != 0) {
    writer.Replace(at, end, std::string_view(&plain, 1));
  }
  return end;
}

}  // namespace axonflow::policy::unfold

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/pii/identifiers.h"
#include "policy/pii/word_hash.h"

namespace axonflow::policy::pii {

// What a word says about identifiers near it.
struct IdentifierWord {
  // Small letters. A trailing '*' lets any ending follow; a space joins two words that stand side
  // by side.
  std::string_view word;
  RuleSet names;         // identifiers that the word names
  RuleSet of;            // identifiers of the country that the word names
  bool general = false;  // "identity", "tax": a name of identifiers at large
};

// What the word says, or null. `word` is UTF-8 in small letters, at most kWordBytesMax, and `hash`
// its hash (word_hash.h). The longest entry wins that is the word or, with '*', its beginning.
const IdentifierWord* FindIdentifierWord(std::string_view word, std::uint32_t hash);
inline const IdentifierWord* FindIdentifierWord(std::string_view word) {
  return FindIdentifierWord(word, WordHash::Of(word));
}

// Whether some pair may end in a word with this hash; no for most.
bool MayEndPair(std::uint32_t hash);

// As FindIdentifierWord for "first second".
const IdentifierWord* FindIdentifierPair(std::string_view first, std::string_view second);

// Whether a word may be an entry or the second word of one, by its hash (word_hash.h); and whether
// it may be a stem with an ending, by the hash of its first kStemBytesMin bytes. No for most words
// of a text, so that they are neither copied nor compared.
inline constexpr std::size_t kStemBytesMin = 4;
extern const HashBits kNamingWords;
extern const HashBits kStemStarts;
inline bool MayNameIdentifier(std::uint32_t hash) { return kNamingWords.MayHold(hash); }
inline bool MayStartStem(std::uint32_t hash) { return kStemStarts.MayHold(hash); }

// Whether some entry starts with these three bytes (one character of a script without spaces).
bool MayStartIdentifierWord(std::string_view character);

}  // namespace axonflow::policy::pii

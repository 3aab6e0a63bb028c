#pragma once

#include <cstdint>
#include <string_view>

#include "policy/pii/word_hash.h"

namespace axonflow::policy::pii {

// What a word near a value says about it. The low bits are topics: they count anywhere within the
// context window. The high bits are labels: they count when they directly precede the value.
using Topics = std::uint64_t;

inline constexpr Topics kCardWord = 1ULL << 0;
inline constexpr Topics kTradeWord = 1ULL << 1;  // order, invoice, tracking ...: speaks of goods
inline constexpr Topics kPhoneNoun = 1ULL << 2;
inline constexpr Topics kPhoneVerb = 1ULL << 3;    // call, dial, answering, message ...
inline constexpr Topics kMeasureWord = 1ULL << 4;  // zip, year, amount, price, id, code
inline constexpr Topics kSsnWord = 1ULL << 5;
inline constexpr Topics kPersonWord = 1ULL << 6;  // employee, patient, member
inline constexpr Topics kAccountWord = 1ULL
                                       << 7;  // account: speaks of a bank, against a tax number
inline constexpr Topics kBankWord = 1ULL << 8;
inline constexpr Topics kIbanWord = 1ULL << 9;
inline constexpr Topics kAadhaarWord = 1ULL << 10;
inline constexpr Topics kSingaporeWord = 1ULL << 11;
inline constexpr Topics kKtpWord = 1ULL << 12;
inline constexpr Topics kPostWord = 1ULL << 13;

inline constexpr Topics kBridge = 1ULL << 32;  // no, number, is, id: may stand after a label
inline constexpr Topics kPassportLabel = 1ULL << 33;
inline constexpr Topics kBirthLabel = 1ULL << 34;
inline constexpr Topics kBookingLabel = 1ULL << 35;
inline constexpr Topics kPanLabel = 1ULL << 36;
inline constexpr Topics kNricLabel = 1ULL << 37;
inline constexpr Topics kFinLabel = 1ULL << 38;
inline constexpr Topics kUenLabel = 1ULL << 39;
inline constexpr Topics kPostalLabel = 1ULL << 40;
inline constexpr Topics kVersionLabel = 1ULL << 41;
inline constexpr Topics kPhoneLabel = 1ULL << 42;
inline constexpr Topics kAccountLabel = 1ULL << 43;
inline constexpr Topics kSsnLabel = 1ULL << 46;
inline constexpr Topics kDocumentWord = 1ULL << 44;  // a label only after "travel"
inline constexpr Topics kTravelWord = 1ULL << 45;

inline constexpr std::size_t kWordBytesMax = 32;

// What `word` says; 0 for a word that says nothing. `word` is UTF-8 in lower case; a trailing "s"
// of an English plural is the caller's business. `hash` is the word's (word_hash.h). Constant time.
Topics TopicsOf(std::string_view word, std::uint32_t hash);
inline Topics TopicsOf(std::string_view word) { return TopicsOf(word, WordHash::Of(word)); }

// Whether a word with this hash (word_hash.h) may say something: no for most words of a text, so
// that they are neither copied nor compared.
extern const HashBits kTopicalWords;
inline bool MayBeTopical(std::uint32_t hash) { return kTopicalWords.MayHold(hash); }

// Whether some word starts with these three bytes, one character of a script without spaces; may
// say yes for a few that start none.
bool MayStartWord(std::string_view character);

}  // namespace axonflow::policy::pii

#include "policy/pii/context.h"

#include <algorithm>
#include <cstdint>

namespace axonflow::policy::pii {
namespace {

std::uint8_t ByteAt(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
}

bool IsAsciiLetter(std::uint8_t c) { return static_cast<std::uint8_t>((c | 0x20) - 'a') < 26; }

// Bytes of the punctuation or space that starts at `i` when it is one beyond ASCII: Latin-1 signs
// (C2 xx), general punctuation (E2 80 xx), CJK punctuation (E3 80 80 to BF), full-width forms (EF
// BC xx). Else 0.
std::size_t WidePunctuation(std::string_view text, std::size_t i) {
  const std::uint8_t first = ByteAt(text, i);
  const std::uint8_t second = ByteAt(text, i + 1);
  if (first == 0xC2 && second >= 0x80) return 2;
  if ((first == 0xE2 || first == 0xE3) && second == 0x80 && i + 2 < text.size()) return 3;
  if (first == 0xEF && second == 0xBC && i + 2 < text.size()) return 3;
  return 0;
}

// End of the word that starts at `begin`, at most `limit`.
std::size_t WordEnd(std::string_view text, std::size_t begin, std::size_t limit) {
  std::size_t i = begin;
  while (i < limit) {
    const std::uint8_t c = ByteAt(text, i);
    if (c < 0x80 ? !IsAsciiLetter(c) : WidePunctuation(text, i) != 0) break;
    ++i;
  }
  return i;
}

// Begin of the word that ends at `end`, at least `floor`.
std::size_t WordBegin(std::string_view text, std::size_t end, std::size_t floor) {
  std::size_t i = end;
  while (i > floor) {
    const std::uint8_t c = ByteAt(text, i - 1);
    if (c < 0x80) {
      if (!IsAsciiLetter(c)) break;
    } else if ((i >= floor + 2 && WidePunctuation(text, i - 2) == 2) ||
               (i >= floor + 3 && WidePunctuation(text, i - 3) == 3)) {
      break;
    }
    --i;
  }
  return i;
}

// Writes `word` in lower case (ASCII, Latin-1 and basic Cyrillic letters); returns whether it has
// bytes beyond ASCII.
bool Lower(std::string_view word, char* out) {
  bool wide = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    auto c = static_cast<std::uint8_t>(word[i]);
    if (c < 0x80) {
      out[i] = static_cast<char>(c | 0x20);
      continue;
    }
    wide = true;
    const auto previous = i > 0 ? static_cast<std::uint8_t>(word[i - 1]) : std::uint8_t{0};
    if ((previous == 0xC3 && c >= 0x80 && c <= 0x9E) ||
        (previous == 0xD0 && c >= 0x90 && c <= 0x9F)) {
      c += 0x20;
    } else if (previous == 0xD0 && c >= 0xA0 && c <= 0xAF) {
      out[i - 1] = static_cast<char>(0xD1);
      c -= 0x20;
    }
    out[i] = static_cast<char>(c);
  }
  return wide;
}

// Scripts that write words without spaces: what any two to four characters of the run say.
Topics TopicsWithin(std::string_view run) {
  constexpr std::size_t kCharacter = 3;  // bytes of a CJK or Hangul character in UTF-8
  Topics topics = 0;
  for (std::size_t i = 0; i + 2 * kCharacter <= run.size(); ++i) {
    if ((static_cast<std::uint8_t>(run[i]) & 0xF0) != 0xE0) continue;
    if (!MayStartWord(run.substr(i, kCharacter))) continue;
    for (std::size_t count = 2; count <= 5 && i + count * kCharacter <= run.size(); ++count) {
      topics |= TopicsOf(run.substr(i, count * kCharacter));
    }
  }
  return topics;
}

Topics TopicsOfWord(std::string_view word) {
  if (word.size() < 1) return 0;
  if (word.size() > kWordBytesMax) return 0;
  char lowered[kWordBytesMax];
  const bool wide = Lower(word, lowered);
  const std::string_view lower(lowered, word.size());
  Topics topics = TopicsOf(lower);
  if (topics == 0 && !wide && lower.size() > 3 && lower.back() == 's') {
    topics = TopicsOf(lower.substr(0, lower.size() - 1));
  }
  if (topics == 0 && wide) topics = TopicsWithin(lower);
  return topics;
}

bool IsWordStart(std::string_view text, std::size_t i) {
  const std::uint8_t c = ByteAt(text, i);
  return c < 0x80 ? IsAsciiLetter(c) : WidePunctuation(text, i) == 0;
}

// "D.O.B" reads as three words of one letter.
bool EndsWithDottedDob(std::string_view text, std::size_t end) {
  constexpr std::string_view kDotted = "d.o.b";
  if (end < kDotted.size()) return false;
  for (std::size_t i = 0; i < kDotted.size(); ++i) {
    const char c = text[end - kDotted.size() + i];
    if ((c | 0x20) != (kDotted[i] | 0x20)) return false;
  }
  return true;
}

}  // namespace

void Context::Remember(std::size_t begin, std::size_t end, Topics topics) {
  seen_[seen_count_ % kSeenMax] = {begin, end, topics};
  ++seen_count_;
}

void Context::ReadTo(std::size_t limit) {
  while (read_ < limit) {
    const auto c = static_cast<std::uint8_t>(text_[read_]);
    if (c < 0x80 && !IsAsciiLetter(c)) {
      ++read_;
      continue;
    }
    const std::size_t wide = c < 0x80 ? 0 : WidePunctuation(text_, read_);
    if (wide != 0) {
      read_ += wide;
      continue;
    }
    const std::size_t end = WordEnd(text_, read_, limit);
    // A word that goes on past the limit is read again when more of it is in reach.
    if (end == limit && end < text_.size() && IsWordStart(text_, end)) return;
    const Topics topics = TopicsOfWord(text_.substr(read_, end - read_));
    if (topics != 0) Remember(read_, end, topics);
    read_ = end;
  }
}

Surroundings Context::Near(std::size_t begin, std::size_t end) {
  const std::size_t first = begin > kContextBytes ? begin - kContextBytes : 0;
  const std::size_t limit = std::min(text_.size(), end + kContextBytes);
  if (read_ < first) {
    // A word that is cut by the window does not count, wherever the reading came from.
    read_ = first;
    if (first > 0 && IsWordStart(text_, first - 1)) read_ = WordEnd(text_, first, limit);
  }
  ReadTo(limit);
  Surroundings found;
  const std::size_t oldest = seen_count_ > kSeenMax ? seen_count_ - kSeenMax : 0;
  for (std::size_t i = seen_count_; i-- > oldest;) {
    const Seen& word = seen_[i % kSeenMax];
    if (word.begin < first) break;
    if (word.end <= begin) found.before |= word.topics;
    if (word.begin >= end && word.end <= limit) found.after |= word.topics;
  }
  return found;
}

Topics LabelBefore(std::string_view text, std::size_t begin) {
  constexpr int kBridgesMax = 3;
  constexpr std::string_view kSeparators = " \t\r\n:=#.-()[]\"'*|>/,_";
  constexpr std::size_t kSeparatorsMax = 6;
  const std::size_t floor = begin > kLabelReach ? begin - kLabelReach : 0;
  std::size_t at = begin;
  Topics between = 0;
  bool after_document = false;
  for (int word_count = 0; word_count <= kBridgesMax; ++word_count) {
    for (std::size_t skipped = 0; at > floor && skipped < kSeparatorsMax; ++skipped) {
      if (at >= floor + 3 && WidePunctuation(text, at - 3) == 3) {
        at -= 3;
      } else if (kSeparators.find(text[at - 1]) != std::string_view::npos) {
        const char c = text[--at];
        if (c == ':' || c == '=' || c == '#') between |= kBridge;
      } else {
        break;
      }
    }
    const std::size_t word_begin = WordBegin(text, at, floor);
    if (word_begin == at) return 0;
    // A word cut by the reach is not known.
    if (word_begin == floor && floor > 0 && IsWordStart(text, floor - 1)) return 0;
    if (EndsWithDottedDob(text, at)) return kBirthLabel | between;
    const Topics topics = TopicsOfWord(text.substr(word_begin, at - word_begin));
    if (after_document) return (topics & kTravelWord) != 0 ? kPassportLabel | between : 0;
    const bool is_bridge_only = (topics & kBridge) != 0;
    if (!is_bridge_only && (topics & kDocumentWord) == 0) {
      // In scripts without spaces label and bridge are one run.
      return topics == 0 ? 0 : topics | between;
    }
    if ((topics & kDocumentWord) != 0) {
      after_document = true;
    } else {
      between |= kBridge;
      // A run such as "护照号码" is label and bridge at once.
      if ((topics & ~kBridge) >= kPassportLabel) return topics | between;
    }
    at = word_begin;
  }
  return 0;
}

Topics WordAfter(std::string_view text, std::size_t end) {
  std::size_t at = end;
  for (int skipped = 0; skipped < 3 && at < text.size(); ++skipped) {
    const char c = text[at];
    if (c != ' ' && c != ',' && c != '-' && c != '(') break;
    ++at;
  }
  const std::size_t limit = std::min(text.size(), at + kWordBytesMax + 1);
  return TopicsOfWord(text.substr(at, WordEnd(text, at, limit) - at));
}

}  // namespace axonflow::policy::pii

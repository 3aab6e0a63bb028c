#include "policy/openings.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "policy/byte_symbols.h"

namespace axonflow::policy {
namespace {

// Takes the case from letters, and a little more from other bytes.
constexpr std::uint32_t kFold = 0x20202020U;

static_assert(std::endian::native == std::endian::little);  // the first byte is the lowest
std::uint32_t GramAt(const char* at) {
  std::uint32_t gram = 0;
  std::memcpy(&gram, at, sizeof(gram));
  return gram | kFold;
}

std::uint8_t Byte(char c) { return static_cast<std::uint8_t>(c); }

using States = std::vector<std::uint32_t>;

void MakeUnique(auto& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// The kinds of first bytes, by how long the character is that they begin.
using ByteTest = bool (*)(unsigned byte);
constexpr ByteTest kFirstBytes[] = {
    [](unsigned byte) { return byte < 0xC0; },
    [](unsigned byte) { return byte >= 0xC0 && byte < 0xE0; },
    [](unsigned byte) { return byte >= 0xE0 && byte < 0xF0; },
    [](unsigned byte) { return byte >= 0xF0; },
};
bool AnyByte(unsigned /*byte*/) { return true; }

// The states that a byte which passes `test` leads to from `states`.
States Behind(const SingleTable& table, const States& states, ByteTest test) {
  States behind;
  for (const std::uint32_t state : states) {
    const std::uint32_t* row = table.rows.data() + state * (table.class_count + 1);
    for (unsigned byte = 0; byte < 256; ++byte) {
      const std::uint32_t next = row[table.classes[byte]];
      if (next == 0 || !test(byte)) continue;
      if (behind.empty() || behind.back() != next) behind.push_back(next);
    }
  }
  MakeUnique(behind);
  return behind;
}

// The bytes of each class that pass `test`, folded.
using ClassBytes = std::vector<std::vector<std::uint8_t>>;
ClassBytes FoldedBytes(const SingleTable& table, ByteTest test) {
  ClassBytes bytes(table.class_count);
  for (unsigned byte = 0; byte < 256; ++byte) {
    constexpr unsigned kCase = kFold & 0xFFU;
    if ((byte & kCase) == 0) continue;
    const auto upper = table.classes[byte & ~kCase];
    const auto lower = table.classes[byte];
    if (test(byte)) bytes[lower].push_back(static_cast<std::uint8_t>(byte));
    if (test(byte & ~kCase) && (upper != lower || !test(byte))) {
      bytes[upper].push_back(static_cast<std::uint8_t>(byte));
    }
  }
  return bytes;
}

// First bytes of a gram, and the state behind them.
using Begun = std::pair<std::uint32_t, std::uint32_t>;

// Appends `begun` with each byte that its state survives as the byte number `depth`.
void AppendLonger(const SingleTable& table, const ClassBytes& bytes, const Begun& begun,
                  unsigned depth, std::vector<Begun>& longer) {
  const auto add = [&](unsigned byte, std::uint32_t state) {
    longer.emplace_back(begun.first | static_cast<std::uint32_t>(byte) << (8 * depth), state);
  };
  if (table.states[begun.second].matched) {
    // Whatever follows a match.
    for (unsigned byte = 0; byte < 256; ++byte) {
      if ((byte | (kFold & 0xFFU)) == byte) add(byte, begun.second);
    }
    return;
  }
  const std::uint32_t* row = table.rows.data() + begun.second * (table.class_count + 1);
  for (std::size_t c = 0; c < table.class_count; ++c) {
    if (row[c] == 0) continue;
    for (const std::uint8_t byte : bytes[c]) add(byte, row[c]);
  }
}

// The grams of one of `first` and three of `others` that readings in `states` survive. False when
// they are more than `grams_max`.
bool FindGrams(const SingleTable& table, const States& states, const ClassBytes& first,
               const ClassBytes& others, std::size_t grams_max, std::vector<std::uint32_t>& grams) {
  std::vector<Begun> begun;
  for (const std::uint32_t state : states) begun.emplace_back(0, state);
  for (unsigned depth = 0; depth < sizeof(std::uint32_t); ++depth) {
    std::vector<Begun> longer;
    for (const Begun& each : begun) {
      AppendLonger(table, depth == 0 ? first : others, each, depth, longer);
      if (longer.size() > 4 * grams_max) return false;
    }
    MakeUnique(longer);
    begun = std::move(longer);
  }
  for (const Begun& each : begun) grams.push_back(each.first);
  MakeUnique(grams);
  return grams.size() <= grams_max;
}

// The offset behind the begin of a match at which the fewest grams may stand, and these.
struct Fewest {
  std::vector<std::uint32_t> grams;
  std::size_t offset = 0;
};

bool FindFewest(const SingleTable& table, std::uint32_t start, ByteTest first,
                std::size_t offset_max, std::size_t grams_max, Fewest& fewest) {
  const ClassBytes any = FoldedBytes(table, AnyByte);
  States states = {start};
  bool known = false;
  for (std::size_t offset = 0; offset <= offset_max; ++offset) {
    std::vector<std::uint32_t> grams;
    const ByteTest test = offset == 0 ? first : AnyByte;
    if (FindGrams(table, states, offset == 0 ? FoldedBytes(table, first) : any, any, grams_max,
                  grams)) {
      known = true;
      fewest = {std::move(grams), offset};
      if (fewest.grams.empty()) break;
      grams_max = fewest.grams.size() - 1;  // only fewer are of interest
    }
    states = Behind(table, states, test);
    // A match that has ended says nothing about the bytes behind it.
    const auto matched = [&](std::uint32_t state) { return table.states[state].matched; };
    if (std::ranges::any_of(states, matched)) break;
  }
  return known;
}

}  // namespace

// False when there are too many grams.
bool Openings::AddGrams(const SingleTable& table) {
  std::vector<std::pair<std::uint32_t, Flags>> found;
  for (unsigned before = 0; before < 2; ++before) {
    const bool same = table.starts[0] == table.starts[1];
    if (before > 0 && same) break;
    for (const ByteTest first : kFirstBytes) {
      Fewest fewest;
      if (!FindFewest(table, table.starts[before], first, kOffsetMax, kGramsMax, fewest)) {
        return false;
      }
      const unsigned befores = same ? 3U : 1U << before;
      const auto flags = static_cast<Flags>(befores << (2 * fewest.offset));
      for (const std::uint32_t gram : fewest.grams) found.emplace_back(gram, flags);
    }
  }
  for (const auto& [gram, flags] : found) {
    const std::uint64_t hash = HashOf(gram);
    const std::uint64_t bit = hash >> (64 - kGramBits);
    grams_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    flags_[FlagPlace(hash)] |= flags;
  }
  return true;
}

void Openings::AddShape(const SingleTable& table) {
  const auto shape = static_cast<Shapes>(1U << (shape_count_++ % (8 * sizeof(Shapes))));
  States states = {table.starts[0], table.starts[1]};
  bool matched = false;
  for (std::size_t depth = 0; depth < kGramBytes; ++depth) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool lives = matched || std::ranges::any_of(states, [&](std::uint32_t state) {
                           const std::size_t row = state * (table.class_count + 1);
                           return table.rows[row + table.classes[byte]] != 0;
                         });
      if (!lives) continue;
      shapes_[depth][byte] |= shape;
      if (depth == 0 && is_rare_[byte] == 0) {
        is_rare_[byte] = 1;
        rare_.push_back(static_cast<char>(byte));
      }
    }
    states = Behind(table, states, AnyByte);
    for (const std::uint32_t state : states) matched |= table.states[state].matched;
  }
}

void Openings::Add(const SingleTable& table) {
  if (!AddGrams(table)) AddShape(table);
}

bool Openings::HasShape(const char* bytes) const {
  Shapes shapes = shapes_[0][Byte(bytes[0])];
  for (std::size_t i = 1; i < kGramBytes; ++i) shapes &= shapes_[i][Byte(bytes[i])];
  return shapes != 0;
}

// A bit for each of `count` bytes that a shape may begin with.
std::uint64_t Openings::Rare(const char* bytes, std::size_t count) const {
  std::uint64_t rare = 0;
  std::size_t i = 0;
#if defined(__SSE2__)
  constexpr std::size_t kStep = 16;
  for (; rare_.size() <= kRareMax && i + kStep <= count; i += kStep) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    __m128i is = _mm_setzero_si128();
    for (const char byte : rare_) is = _mm_or_si128(is, _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)));
    rare |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(is))) << i;
  }
#endif
  for (; i < count; ++i) rare |= static_cast<std::uint64_t>(is_rare_[Byte(bytes[i])]) << i;
  return rare;
}

std::uint64_t Openings::In(std::string_view text, std::size_t begin, std::size_t end) const {
  // Places from `sure` on do not see enough behind them.
  const std::size_t sure =
      std::clamp(text.size() >= kReach ? text.size() - kReach + 1 : 0, begin, end);
  const std::size_t count = sure - begin;
  std::uint64_t open = 0;
  if (end > sure) open = (~0ULL >> (kBlockBytes - (end - sure))) << count;
  if (begin == 0) open |= 1;
  if (count == 0) return open;
  const char* const bytes = text.data() + begin;
  for (std::uint64_t rare = Rare(bytes, count); rare != 0; rare &= rare - 1) {
    const int at = std::countr_zero(rare);
    open |= static_cast<std::uint64_t>(HasShape(bytes + at)) << static_cast<unsigned>(at);
  }
  const auto is_word_before = [&](std::size_t i) -> unsigned {
    return begin + i > 0 ? kIsWord[Byte(text[begin + i - 1])] : 0U;
  };
  const auto add = [&](std::size_t i) {
    Flags flags = flags_[FlagPlace(HashOf(GramAt(bytes + i)))];
    for (std::size_t offset = 0; flags != 0 && offset <= i; ++offset, flags >>= 2U) {
      const std::size_t at = i - offset;
      if ((flags & 3U) == 0 || at >= count) continue;
      open |= static_cast<std::uint64_t>((flags >> is_word_before(at)) & 1U) << at;
    }
  };
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    hits |= static_cast<std::uint64_t>(Has(HashOf(GramAt(bytes + i)))) << i;
  }
  for (; hits != 0; hits &= hits - 1) add(static_cast<std::size_t>(std::countr_zero(hits)));
  // Grams behind the last place that tell of places before them.
  for (std::size_t i = count; i < count + kOffsetMax; ++i) {
    if (Has(HashOf(GramAt(bytes + i)))) add(i);
  }
  return open;
}

}  // namespace axonflow::policy

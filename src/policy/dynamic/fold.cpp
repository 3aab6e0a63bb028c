#include "policy/dynamic/fold.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/utf8.h"

namespace axonflow::policy {
namespace {

// A run of code points that fold by one rule.
struct FoldRange {
  std::uint32_t first;
  std::uint32_t last;
  std::int32_t add;   // 0: pairs of a capital and the small letter behind it
  std::uint32_t odd;  // for pairs: whether the capitals are the odd ones
};

constexpr auto kRanges = std::to_array<FoldRange>({
    {0x41, 0x5A, 0x20, 0},      {0xB5, 0xB5, 0x307, 0},     {0xC0, 0xD6, 0x20, 0},
    {0xD8, 0xDE, 0x20, 0},      {0x100, 0x12F, 0, 0},       {0x132, 0x137, 0, 0},
    {0x139, 0x148, 0, 1},       {0x14A, 0x177, 0, 0},       {0x178, 0x178, -0x79, 0},
    {0x179, 0x17E, 0, 1},       {0x17F, 0x17F, -0x10C, 0},  {0x18F, 0x18F, 0xCA, 0},
    {0x1A0, 0x1A5, 0, 0},       {0x1AF, 0x1B0, 0, 1},       {0x1C4, 0x1C4, 2, 0},
    {0x1C5, 0x1C5, 1, 0},       {0x1C7, 0x1C7, 2, 0},       {0x1C8, 0x1C8, 1, 0},
    {0x1CA, 0x1CA, 2, 0},       {0x1CB, 0x1CB, 1, 0},       {0x1CD, 0x1DC, 0, 1},
    {0x1DE, 0x1EF, 0, 0},       {0x1F1, 0x1F1, 2, 0},       {0x1F2, 0x1F2, 1, 0},
    {0x1F4, 0x1F5, 0, 0},       {0x1F8, 0x21F, 0, 0},       {0x222, 0x233, 0, 0},
    {0x246, 0x24F, 0, 0},       {0x386, 0x386, 0x26, 0},    {0x388, 0x38A, 0x25, 0},
    {0x38C, 0x38C, 0x40, 0},    {0x38E, 0x38F, 0x3F, 0},    {0x391, 0x3A1, 0x20, 0},
    {0x3A3, 0x3AB, 0x20, 0},    {0x3C2, 0x3C2, 1, 0},       {0x400, 0x40F, 0x50, 0},
    {0x410, 0x42F, 0x20, 0},    {0x460, 0x481, 0, 0},       {0x48A, 0x4BF, 0, 0},
    {0x4C0, 0x4C0, 0xF, 0},     {0x4C1, 0x4CE, 0, 1},       {0x4D0, 0x52F, 0, 0},
    {0x531, 0x556, 0x30, 0},    {0x1E00, 0x1E95, 0, 0},     {0x1E9B, 0x1E9B, -0x3A, 0},
    {0x1E9E, 0x1E9E, -7615, 0}, {0x1EA0, 0x1EFF, 0, 0},     {0x2126, 0x2126, -7517, 0},
    {0x212A, 0x212A, -8383, 0}, {0x212B, 0x212B, -8262, 0}, {0x2160, 0x216F, 0x10, 0},
    {0x24B6, 0x24CF, 0x1A, 0},  {0xFF21, 0xFF3A, 0x20, 0},
});

constexpr std::uint32_t FoldByRanges(std::uint32_t c) {
  for (const FoldRange& range : kRanges) {
    if (c < range.first) return c;
    if (c > range.last) continue;
    if (range.add != 0) return static_cast<std::uint32_t>(static_cast<std::int32_t>(c) + range.add);
    return (c & 1U) == range.odd ? c + 1 : c;
  }
  return c;
}

// Everything that two bytes of UTF-8 can hold, which is most of what has case.
constexpr std::uint32_t kTableEnd = 0x800;
constexpr std::array<std::uint16_t, kTableEnd> kTable = [] {
  std::array<std::uint16_t, kTableEnd> table{};
  for (std::uint32_t c = 0; c < kTableEnd; ++c) {
    table[c] = static_cast<std::uint16_t>(FoldByRanges(c));
  }
  return table;
}();

std::uint32_t Decode(const char* at, std::size_t length) {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  if (length == 2) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
}

char* Encode(std::uint32_t c, char* out) {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0U | c >> 6U);
    *out++ = static_cast<char>(0x80U | (c & 0x3FU));
  } else {
    *out++ = static_cast<char>(0xE0U | c >> 12U);
    *out++ = static_cast<char>(0x80U | (c >> 6U & 0x3FU));
    *out++ = static_cast<char>(0x80U | (c & 0x3FU));
  }
  return out;
}

// Folds whole words of eight ASCII bytes; returns how many bytes were done.
std::size_t FoldAsciiWords(const char* in, std::size_t size, char* out) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, in + at, sizeof word);
    if ((word & kHigh) != 0) break;
    // The high bit of a byte is set by the first sum from 'A' on and by the second from 'Z' + 1 on.
    const std::uint64_t from_a = word + kOnes * (0x80 - 'A');
    const std::uint64_t beyond_z = word + kOnes * (0x80 - 'Z' - 1);
    word |= (from_a & ~beyond_z & kHigh) >> 2U;
    std::memcpy(out + at, &word, sizeof word);
  }
  return at;
}

// Folds one code point, or one byte that is none; advances `in`.
char* FoldOne(std::string_view& in, char* out) {
  const auto first = static_cast<unsigned char>(in[0]);
  if (first < 0x80) {
    *out++ = static_cast<char>(first >= 'A' && first <= 'Z' ? first + 0x20 : first);
    in.remove_prefix(1);
    return out;
  }
  const std::size_t length = Utf8SequenceLength(in);
  if (length == 2 || length == 3) {
    out = Encode(FoldCodePoint(Decode(in.data(), length)), out);
    in.remove_prefix(length);
    return out;
  }
  const std::size_t copied = length == 0 ? 1 : length;
  std::memcpy(out, in.data(), copied);
  in.remove_prefix(copied);
  return out + copied;
}

}  // namespace

std::uint32_t FoldCodePoint(std::uint32_t code_point) {
  if (code_point < kTableEnd) return kTable[code_point];
  if (code_point < 0x1E00 || code_point > 0xFF3A) return code_point;
  if (code_point >= 0x24D0 && code_point < 0xFF21) return code_point;
  return FoldByRanges(code_point);
}

void FoldInto(std::string_view text, std::string& out) {
  // No small form has more bytes of UTF-8 than its capital.
  if (out.size() < text.size()) out.resize(text.size());
  char* end = out.data();
  while (!text.empty()) {
    const std::size_t done = FoldAsciiWords(text.data(), text.size(), end);
    end += done;
    text.remove_prefix(done);
    // Stays out of the fast loop for as long as other letters come at least every eight bytes.
    for (int i = 0; i < 8 && !text.empty(); ++i) end = FoldOne(text, end);
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string Folded(std::string_view text) {
  std::string out;
  FoldInto(text, out);
  return out;
}

}  // namespace axonflow::policy

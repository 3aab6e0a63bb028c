#include <algorithm>
#include <array>
#include <string>

#include "policy/unfold/bytes.h"
#include "policy/unfold/decoders.h"

namespace axonflow::policy::unfold {
namespace {

constexpr std::size_t kBase64BytesMin = 20;
constexpr std::size_t kHexBytesMin = 16;
constexpr std::size_t kBinaryGroupsMin = 4;
constexpr std::size_t kWrapBytesMin = 48;  // shorter lines are not wrapped base64

constexpr std::array<std::int8_t, 256> kSextets = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  values['-'] = 62;
  values['_'] = 63;
  return values;
}();

std::size_t RunEnd(std::string_view text, std::size_t at) {
  while (at < text.size() && kSextets[static_cast<unsigned char>(text[at])] >= 0) ++at;
  return at;
}

bool DecodeHex(std::string_view run, std::string& out) {
  if (run.starts_with("0x") || run.starts_with("0X")) run.remove_prefix(2);
  if (run.size() < kHexBytesMin || run.size() % 2 != 0) return false;
  out.clear();
  for (std::size_t i = 0; i < run.size(); i += 2) {
    const long byte = HexNumber(run, i, 2);
    if (byte < 0) return false;
    out += static_cast<char>(byte);
  }
  return ReadsAsText(out);
}

// Appends the bytes of one line; `bits` and `held` carry what does not fill a byte yet. Stops at
// the first control character, so that what is no text costs next to nothing.
bool DecodeBase64Line(std::string_view line, std::uint32_t& bits, unsigned& held,
                      std::string& out) {
  for (const char c : line) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(kSextets[static_cast<unsigned char>(c)]);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const auto byte = static_cast<unsigned char>(bits >> held);
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') return false;
    out += static_cast<char>(byte);
    bits &= (1U << held) - 1U;
  }
  return true;
}

// Reads the base64 that begins with the run [at, end), over line ends if it is wrapped, and moves
// `end` to where it stopped. False when it spells no text; the lines read are not read again, so
// that many lines that almost do cost no more than others.
bool DecodeBase64(std::string_view text, std::size_t at, std::size_t& end, std::string& out) {
  const std::size_t width = end - at;
  std::uint32_t bits = 0;
  unsigned held = 0;
  out.clear();
  while (DecodeBase64Line(text.substr(at, end - at), bits, held, out)) {
    std::size_t next = end;
    if (ByteAt(text, next) == '\r') ++next;
    const bool wrapped = end - at == width && width >= kWrapBytesMin &&
                         ByteAt(text, next) == '\n' && kSextets[ByteAt(text, next + 1)] >= 0;
    if (!wrapped) {
      for (int pad = 0; pad < 2 && ByteAt(text, end) == '='; ++pad) ++end;
      return ReadsAsText(out);
    }
    at = next + 1;
    end = RunEnd(text, at);
  }
  return false;
}

}  // namespace

bool IsBase64(unsigned char byte) { return kSextets[byte] >= 0; }

std::size_t TakeDigits(std::string_view text, std::size_t at, Writer& writer) {
  std::size_t end = RunEnd(text, at);
  if (end - at < kHexBytesMin) return std::max(end, at + 1);
  std::string decoded;
  if (DecodeHex(text.substr(at, end - at), decoded)) {
    writer.Replace(at, end, decoded);
    return end;
  }
  if (end - at < kBase64BytesMin) return end;
  if (DecodeBase64(text, at, end, decoded)) writer.Replace(at, end, decoded);
  return end;
}

std::size_t TakeBinary(std::string_view text, std::size_t at, Writer& writer) {
  std::string decoded;
  std::size_t groups = 0;
  std::size_t next = at;
  std::size_t end = at;
  while (true) {
    unsigned byte = 0;
    std::size_t digits = 0;
    while (digits < 8 && (ByteAt(text, next + digits) | 1U) == '1') {
      byte = byte * 2 + (ByteAt(text, next + digits) & 1U);
      ++digits;
    }
    if (digits != 8) break;
    decoded += static_cast<char>(byte);
    ++groups;
    end = next + 8;
    next = ByteAt(text, end) == ' ' ? end + 1 : end;
  }
  while ((ByteAt(text, next) | 1U) == '1') ++next;
  if (groups < kBinaryGroupsMin || IsWord(ByteAt(text, end)) || !ReadsAsText(decoded)) {
    return std::max(next, at + 1);
  }
  writer.Replace(at, end, decoded);
  return end;
}

}  // namespace axonflow::policy::unfold

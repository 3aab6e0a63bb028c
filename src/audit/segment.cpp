#include "audit/segment.h"

#include <bit>
#include <cstring>

#include "base/crc32c.h"

namespace axonflow::audit::segment {

namespace {

static_assert(std::endian::native == std::endian::little,
              "the formats here are copied as they are");

constexpr std::string_view kMagic = "AXFJRNL1";

template <typename Number>
Number ReadNumber(std::string_view bytes, std::size_t at) {
  Number number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

std::uint32_t FrameCrc(std::uint32_t payload_crc, std::uint64_t position) {
  char bytes[sizeof position];
  std::memcpy(bytes, &position, sizeof position);
  return Crc32c(std::string_view(bytes, sizeof bytes), payload_crc);
}

bool IsZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// Whether a whole first frame of a group lies anywhere in `bytes`, at a position from `low` to
// `high`.
bool HoldsGroup(std::string_view bytes, std::uint64_t low, std::uint64_t high) {
  for (std::size_t at = 0; at + kFrameHeaderBytes < bytes.size(); ++at) {
    const auto length = ReadNumber<std::uint32_t>(bytes, at);
    if ((length & kGroupStart) == 0) continue;
    const auto position = ReadNumber<std::uint64_t>(bytes, at + 8);
    if (position < low || position > high) continue;
    if (ParseFrame(bytes.substr(at))) return true;
  }
  return false;
}

}  // namespace

std::string EncodeHeader(std::uint64_t first_position) {
  std::string header(kMagic);
  AppendNumber(header, first_position);
  AppendNumber(header, std::uint32_t{0});
  AppendNumber(header, Crc32c(header));
  return header;
}

std::optional<std::uint64_t> DecodeHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (ReadNumber<std::uint32_t>(bytes, 20) != Crc32c(bytes.substr(0, 20))) return std::nullopt;
  const auto first = ReadNumber<std::uint64_t>(bytes, 8);
  if (first == 0) return std::nullopt;
  return first;
}

void AppendFrame(std::string& out, std::uint32_t payload_crc, std::uint64_t position,
                 std::string_view payload) {
  AppendNumber(out, static_cast<std::uint32_t>(payload.size()));
  AppendNumber(out, FrameCrc(payload_crc, position));
  AppendNumber(out, position);
  out.append(payload);
}

void MarkGroupStart(std::string& frames, std::size_t at) {
  frames[at + 3] = static_cast<char>(static_cast<unsigned char>(frames[at + 3]) | 0x80u);
}

std::size_t FrameBytes(std::string_view frames) {
  return kFrameHeaderBytes + (ReadNumber<std::uint32_t>(frames, 0) & ~kGroupStart);
}

std::optional<Frame> ParseFrame(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  const auto length = ReadNumber<std::uint32_t>(bytes, 0);
  const std::size_t payload_bytes = length & ~kGroupStart;
  if (payload_bytes == 0 || payload_bytes > bytes.size() - kFrameHeaderBytes) return std::nullopt;
  const auto position = ReadNumber<std::uint64_t>(bytes, 8);
  const auto payload = bytes.substr(kFrameHeaderBytes, payload_bytes);
  if (ReadNumber<std::uint32_t>(bytes, 4) != FrameCrc(Crc32c(payload), position))
    return std::nullopt;
  return Frame{position, (length & kGroupStart) != 0, payload};
}

Scan ScanSegment(std::string_view bytes, const std::function<void(const Frame&)>& on_frame) {
  Scan scan;
  const auto first = DecodeHeader(bytes);
  if (!first) {
    // A header is durable before the first frame is written: frames behind a bad one are damage.
    scan.clean = IsZero(bytes);
    scan.damaged = !scan.clean && HoldsGroup(bytes, 1, UINT64_MAX);
    return scan;
  }
  scan.header_ok = true;
  scan.first_position = *first;
  scan.next_position = *first;
  scan.end = kHeaderBytes;
  while (const auto frame = ParseFrame(bytes.substr(scan.end))) {
    if (frame->position != scan.next_position) break;
    if (on_frame) on_frame(*frame);
    scan.end += frame->bytes();
    ++scan.next_position;
  }
  const auto rest = bytes.substr(scan.end);
  scan.clean = IsZero(rest);
  const std::uint64_t frames_max = rest.size() / kFrameHeaderBytes + 1;
  scan.damaged =
      !scan.clean && HoldsGroup(rest, scan.next_position + 1, scan.next_position + frames_max);
  return scan;
}

}  // namespace axonflow::audit::segment

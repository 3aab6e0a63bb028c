#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// The bytes of a journal segment. A file is one header and then frames without gaps; what follows
// the last frame is zero (room that was laid out ahead) or the remains of a write that was never
// acknowledged. All numbers are little-endian.
//
//   header  "AXFJRNL1", u64 first position, u32 zero, u32 CRC-32C of the 20 bytes before it
//   frame   u32 payload length (bit 31: first frame of a group), u32 CRC, u64 position, payload
//
// The CRC-32C runs over the payload and then the position, so that the costly part needs no lock.
// A group is what one write brings; it starts only when everything before it is durable. That is
// how a reader tells a torn tail from damage: whole groups behind bad bytes prove that the bad
// bytes were once good.
namespace axonflow::audit::segment {

inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::uint32_t kGroupStart = 0x8000'0000u;

std::string EncodeHeader(std::uint64_t first_position);
// The first position, or nothing when `bytes` does not begin with a whole header.
std::optional<std::uint64_t> DecodeHeader(std::string_view bytes);

// Appends a frame; `payload_crc` is Crc32c(payload).
void AppendFrame(std::string& out, std::uint32_t payload_crc, std::uint64_t position,
                 std::string_view payload);
// Marks the frame that starts at `at` as the first of a group.
void MarkGroupStart(std::string& frames, std::size_t at);
// Bytes of the frame that starts at `frames[0]`, header included. Needs a whole header.
std::size_t FrameBytes(std::string_view frames);

struct Frame {
  std::uint64_t position;
  bool starts_group;
  std::string_view payload;
  std::size_t bytes() const { return kFrameHeaderBytes + payload.size(); }
};

// The frame that `bytes` begins with; nothing when it is not whole, its CRC does not fit or its
// payload is empty.
std::optional<Frame> ParseFrame(std::string_view bytes);

struct Scan {
  bool header_ok = false;
  std::uint64_t first_position = 0;
  std::uint64_t next_position = 0;  // after the last whole frame
  std::size_t end = 0;              // offset after the last whole frame
  bool clean = false;               // only zeros follow
  // Not clean, and what follows cannot be the remains of one unacknowledged write.
  bool damaged = false;
};

// Reads a whole segment and calls `on_frame` (may be empty) for each whole frame in order. Total:
// any bytes give a result.
Scan ScanSegment(std::string_view bytes, const std::function<void(const Frame&)>& on_frame);

}  // namespace axonflow::audit::segment

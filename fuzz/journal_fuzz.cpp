#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/record.h"
#include "audit/segment.h"
#include "base/crc32c.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void ReadAsRecord(std::string_view bytes) {
  const auto record = axonflow::audit::DecodeRecord(bytes);
  if (!record) return;
  std::string again;
  axonflow::audit::EncodeRecord(*record, again);
  Require(again == bytes);
}

void ReadAsSegment(std::string_view bytes) {
  namespace segment = axonflow::audit::segment;
  std::uint64_t frames = 0;
  const auto scan = segment::ScanSegment(bytes, [&](const segment::Frame& frame) {
    ++frames;
    ReadAsRecord(frame.payload);
  });
  Require(scan.end <= bytes.size());
  Require(scan.next_position - scan.first_position == frames);
  Require(!(scan.clean && scan.damaged));
}

}  // namespace

// Any bytes as a segment file, as its frames behind a good header, and as one record: nothing may
// crash, and what decodes must encode to the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace segment = axonflow::audit::segment;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadAsSegment(bytes);
  ReadAsSegment(segment::EncodeHeader(1) + std::string(bytes));
  ReadAsRecord(bytes);
  // A random CRC is never right, so the input also becomes the payload of a good frame.
  if (!bytes.empty()) {
    std::string framed = segment::EncodeHeader(1);
    segment::AppendFrame(framed, axonflow::Crc32c(bytes), 1, bytes);
    segment::MarkGroupStart(framed, segment::kHeaderBytes);
    ReadAsSegment(framed);
    ReadAsSegment(framed + std::string(bytes));
  }
  return 0;
}

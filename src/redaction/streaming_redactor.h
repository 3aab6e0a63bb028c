#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "redaction/edits.h"
#include "redaction/openness.h"

namespace axonflow::redaction {

// Redacts a text that comes in pieces, and hands on at once what nothing that follows can change:
//
//   StreamingRedactor stream(openness, detect);
//   while (...) { if (auto sent = stream.Feed(chunk, out); !sent) return sent; Send(out);
//   out.clear(); } return stream.Finish(out);
//
// However the text is cut into chunks, the output together is the same, and it is that of
// Redact(text, detect(text)) with two exceptions. What is longer than kHoldBytesMax from its begin
// to the place where it is decided (a statement, a key without its END line) cannot be held: at the
// next multiple of kCutBytes of the text it is cut. What was found in front of the cut is redacted
// there, and when it reaches to the cut, what follows is left out as far as it goes on; a match
// that is only complete behind the cut is redacted from the cut on. And there is no limit to how
// many places of one policy are redacted.
//
// Findings of encoded text and of detectors other than pii.* are beyond this promise, as they may
// depend on text of any distance (docs/redaction.md, "Streams").
//
// A byte is read by the detectors a bounded number of times on average. Memory: at most
// kMemoryBytesMax. One thread at a time.
class StreamingRedactor {
 public:
  static constexpr std::size_t kCutBytes = 32U << 10U;
  static constexpr std::size_t kHoldBytesMax = 2 * kCutBytes;
  static constexpr std::size_t kMemoryBytesMax = 1U << 20U;

  // `detect` must report places of the policies of `openness` alone.
  StreamingRedactor(std::shared_ptr<const Openness> openness, Detect detect);

  // Takes the next bytes of the text (any number, cut anywhere) and appends to `out` what can be
  // handed on. After an error of `detect` nothing more is: every later call fails as well.
  Status Feed(std::string_view chunk, std::string& out);

  // The text is complete: appends the rest.
  Status Finish(std::string& out);

  std::size_t held_bytes() const { return buffer_.size() - released_; }
  std::size_t memory_bytes() const;

 private:
  enum class Ask : std::uint8_t { kWhenWorthIt, kAlways };
  struct Found {
    std::vector<Place> places;  // as detected, in offsets of buffer_
    std::vector<Place> edits;
  };

  Status Advance(Ask ask, std::string& out);
  Status Cut(std::string& out);
  Result<Found> Look(std::size_t end);
  void Emit(const std::vector<Place>& edits, std::size_t end, std::string& out);
  void MoveContext(std::size_t slack_bytes);
  std::string StubOf(const Found& found, std::size_t cut) const;
  void StartBehind(const Found& found, std::size_t cut);
  std::size_t CutPlace(const std::vector<Place>& edits) const;

  Detect detect_;
  OpennessScan scan_;
  std::string buffer_;                // released text as context, then what is held
  std::size_t context_ = 0;           // begin of what detectors are given, in buffer_
  std::size_t released_ = 0;          // end of what was handed on, in buffer_
  std::size_t stub_end_ = 0;          // before it stands the begin of something that was cut
  bool from_begin_ = true;            // context_ is the begin of the text
  bool whole_ = true;                 // buffer_ begins with the begin of the text
  std::uint64_t position_ = 0;        // bytes of the text so far
  std::size_t looked_bytes_ = 0;      // size of buffer_ when detectors were asked last
  std::vector<policy::Span> recent_;  // edits behind context_, in buffer_
  Status status_;
};

}  // namespace axonflow::redaction

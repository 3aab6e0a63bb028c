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
// What comes out is a function of the text alone, R(text): all that is decided is decided at every
// kGrainBytes-th byte of the text from what has come until there, and never by where a chunk ends.
// (What is clean leaves at once; it stays clean, because OpennessScan never takes a place back.)
// RedactAsStream computes R of a text that is complete. Whoever serves the same text streamed and
// not calls that for the latter; then both are equal, by construction, for every chunking and for
// every detector.
//
// R(text) and Redact(text, detect(text)):
//
// - Both are the same for patterns, personal data and secrets in text as it stands, and for
//   statements that patterns find.
// - Of encodings and of the model for prompt injection, whose findings may depend on text of any
//   distance, R redacts what the detectors find in the window that they are shown: what is held,
//   what is near behind it, and kContextBytes or more before it. A statement in which the gate of
//   the model stays shut is taken for harmless behind the first KiB, as the model does with long
//   texts. What such a finding has in front of what is held has left already; the rest of it goes.
// - What is longer than kHoldBytesMax from its begin to the place where it is decided (a statement,
//   a key without its END line) cannot be held: at the next multiple of kCutBytes of the text it is
//   cut. What was found in front of the cut is redacted there, and when it reaches to the cut, what
//   follows is left out as far as it goes on; a match that is only complete behind the cut is
//   redacted from the cut on.
// - There is no limit to how many places of one policy are redacted.
//
// Findings that are not redacted (`detect` may see such, to block) are not lost: no more than
// kUnseenBytesMax (or an eighth of what was held) and kGrainBytes leave before `detect` is shown
// them, and the last is shown at Finish. A window begins kContextBytes or more before what was not
// shown yet (less behind a long value that was redacted, and behind a cut), so what is shorter than
// that is seen in one piece, perhaps more than once. To end a stream because of a finding, `detect`
// returns an error: nothing more leaves.
//
// Held back is nothing but what is open (Openness), what is suspect and not asked about yet (at
// most an eighth of what is held, or kAskBytes, plus kGrainBytes), and at most kHoldBytesMax in
// all. A byte is read by the detectors a bounded number of times. Memory: at most kMemoryBytesMax.
// One thread at a time.
class StreamingRedactor {
 public:
  static constexpr std::size_t kCutBytes = 32U << 10U;
  static constexpr std::size_t kHoldBytesMax = 2 * kCutBytes;
  static constexpr std::size_t kMemoryBytesMax = 1U << 20U;
  static constexpr std::size_t kGrainBytes = 32;     // divides kCutBytes
  static constexpr std::size_t kAskBytes = 128;      // least growth of a window
  static constexpr std::size_t kContextBytes = 640;  // shown before what is held or not shown yet
  static constexpr std::size_t kUnseenBytesMax = 1024;  // that left without having been shown
  static_assert(kCutBytes % kGrainBytes == 0);

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
  struct Found {
    std::vector<Place> places;  // as detected, in offsets of buffer_
    std::vector<Place> edits;
  };

  Status Decide(bool at_cut, std::string& out);
  std::size_t ReleaseClean(std::string& out);
  Status ReleaseRedacted(std::size_t settled, std::string& out);
  bool IsWorthAsking(std::size_t settled) const;
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
  std::size_t seen_ = 0;              // end of what detectors were shown, in buffer_
  std::vector<policy::Span> recent_;  // edits behind context_, in buffer_
  Status status_;
};

// R(text) of a text that is complete.
Result<std::string> RedactAsStream(std::string_view text, std::shared_ptr<const Openness> openness,
                                   Detect detect);

}  // namespace axonflow::redaction

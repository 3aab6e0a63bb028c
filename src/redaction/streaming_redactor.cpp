#include "redaction/streaming_redactor.h"

#include <algorithm>
#include <utility>

namespace axonflow::redaction {
namespace {

using policy::Span;

// How far the context may go back beyond what it must, to begin with a line or a word.
constexpr std::size_t kContextSlackBytes = 256;
constexpr std::size_t kBufferSlackBytes = 8U << 10U;  // in front of the context
// How far before the end of what is held a cut is, and how far it goes back to stand between two
// words or before a value.
constexpr std::size_t kCutAheadBytes = 512;
constexpr std::size_t kCutReachBytes = 512;
// So much of something that was cut stays, so that its rest is known for one.
constexpr std::size_t kStubBytes = 256;
// Detectors are asked again when the text has grown by this part of what is held.
constexpr std::size_t kWorthPart = 8;
// Stands before text whose begin was left out, so that it is not taken for the begin of the text.
constexpr char kNotTheBegin = 'x';

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

StreamingRedactor::StreamingRedactor(std::shared_ptr<const Openness> openness, Detect detect)
    : detect_(std::move(detect)), scan_(std::move(openness)) {}

std::size_t StreamingRedactor::memory_bytes() const {
  return sizeof(*this) + buffer_.capacity() + scan_.memory_bytes();
}

Status StreamingRedactor::Feed(std::string_view chunk, std::string& out) {
  while (status_ && !chunk.empty()) {
    const std::size_t to_grain = kGrainBytes - static_cast<std::size_t>(position_ % kGrainBytes);
    const std::string_view piece = chunk.substr(0, to_grain);
    chunk.remove_prefix(piece.size());
    buffer_ += piece;
    position_ += piece.size();
    if (piece.size() == to_grain) {
      status_ = Decide(position_ % kCutBytes == 0, out);
    } else {
      // Leaves before anything is decided: what is clean here stays so whatever comes.
      ReleaseClean(out);
    }
  }
  return status_;
}

Status StreamingRedactor::Finish(std::string& out) {
  if (!status_) return status_;
  if (seen_ < buffer_.size() || held_bytes() > 0) {
    auto found = Look(buffer_.size());
    if (!found) return status_ = found.error();
    Emit(found->edits, buffer_.size(), out);
  }
  status_ = Error{ErrorCode::kInvalidArgument, "the stream is finished"};
  return {};
}

// What a multiple of kGrainBytes of the text brings about.
Status StreamingRedactor::Decide(bool at_cut, std::string& out) {
  const std::size_t settled = ReleaseClean(out);
  if (at_cut || IsWorthAsking(settled)) {
    if (auto status = ReleaseRedacted(settled, out); !status) return status;
  }
  scan_.ForgetBefore(released_);
  MoveContext(kContextSlackBytes);
  return at_cut && held_bytes() >= kCutBytes ? Cut(out) : Status();
}

// Hands on what is settled and not suspect. Returns up to where it is settled, suspect or not.
std::size_t StreamingRedactor::ReleaseClean(std::string& out) {
  const std::size_t settled = scan_.SettledTo(buffer_, whole_);
  std::size_t clean = std::min(settled, scan_.FirstSuspect());
  // Behind a stub stands what may go on with it.
  if (stub_end_ != 0) clean = 0;
  while (clean > released_ && clean < buffer_.size() && IsContinuation(buffer_[clean])) --clean;
  if (clean > released_) {
    out.append(buffer_, released_, clean - released_);
    released_ = clean;
  }
  return settled;
}

bool StreamingRedactor::IsWorthAsking(std::size_t settled) const {
  const std::size_t unseen = buffer_.size() - seen_;
  if (unseen >= std::max(kUnseenBytesMax, held_bytes() / kWorthPart)) return true;
  if (settled <= released_) return false;
  return unseen >= std::max(kAskBytes, held_bytes() / kWorthPart);
}

// Asks the detectors and hands on what is settled.
Status StreamingRedactor::ReleaseRedacted(std::size_t settled, std::string& out) {
  auto found = Look(buffer_.size());
  if (!found) return found.error();
  auto& edits = found->edits;
  while (settled > released_ && settled < buffer_.size() && IsContinuation(buffer_[settled])) {
    --settled;
  }
  // An edit that goes on behind the place is not final; neither is one that ends there with the
  // text, as half a character may follow.
  for (const Place& edit : edits) {
    const bool crosses = edit.span.begin < settled && edit.span.end > settled;
    if (crosses || edit.span.end == buffer_.size()) {
      settled = std::min<std::size_t>(settled, edit.span.begin);
    }
  }
  if (settled <= released_) return {};
  std::erase_if(edits, [&](const Place& edit) { return edit.span.begin >= settled; });
  Emit(edits, settled, out);
  return {};
}

Result<StreamingRedactor::Found> StreamingRedactor::Look(std::size_t end) {
  seen_ = std::max(seen_, end);
  const std::size_t begin = from_begin_ ? 0 : context_ - 1;
  const std::string_view text = std::string_view(buffer_).substr(begin, end - begin);
  auto places = detect_(text);
  if (!places) return places.error();
  Found found;
  found.edits = PlanEdits(text, *places);
  found.places = std::move(*places);
  for (auto* list : {&found.places, &found.edits}) {
    for (Place& place : *list) {
      place.span.begin += static_cast<std::uint32_t>(begin);
      place.span.end += static_cast<std::uint32_t>(begin);
    }
  }
  return found;
}

// Hands on what is held before `end`, redacted. Edits that lie in what was handed on are done. One
// that reaches out of it goes on with what was cut, or was not foreseen: then the rest of it goes.
void StreamingRedactor::Emit(const std::vector<Place>& edits, std::size_t end, std::string& out) {
  for (const Place& edit : edits) {
    if (edit.span.end <= released_) continue;
    if (edit.span.begin < stub_end_) {
      released_ = edit.span.end;
      continue;
    }
    std::size_t begin = std::max<std::size_t>(edit.span.begin, released_);
    // As at the begin of a statement, which this one was cut off from.
    if (edit.span.begin < released_ && edit.strategy == Strategy::kRemoveStatement) {
      while (begin < edit.span.end && IsBlank(buffer_[begin])) ++begin;
    }
    if (begin == edit.span.end) continue;
    out.append(buffer_, released_, begin - released_);
    out += Replacement(std::string_view(buffer_).substr(begin, edit.span.end - begin),
                       edit.strategy, edit.type);
    released_ = edit.span.end;
    recent_.push_back(edit.span);
  }
  out.append(buffer_, released_, end - released_);
  released_ = end;
}

// Moves the begin of what detectors are given behind text that bears on nothing any more: to the
// begin of a line or a word, and to no place within a value.
void StreamingRedactor::MoveContext(std::size_t slack_bytes) {
  const std::size_t needed = std::min(released_, seen_);
  if (needed < context_ + kContextBytes + kContextSlackBytes + slack_bytes) return;
  const std::size_t least = needed - kContextBytes - kContextSlackBytes;
  const std::size_t most = needed - kContextBytes;
  std::size_t context = most;
  const std::string_view range = std::string_view(buffer_).substr(least, most - least);
  if (const auto line = range.rfind('\n'); line != std::string_view::npos) {
    context = least + line;
  } else if (const auto word = range.rfind(' '); word != std::string_view::npos) {
    context = least + word;
  }
  while (context > context_ && IsContinuation(buffer_[context])) --context;
  for (const Span edit : recent_) {
    if (edit.begin >= context || edit.end <= context) continue;
    context = edit.end - edit.begin > kContextSlackBytes ? edit.end : edit.begin;
  }
  if (context <= context_ + 1 || context > released_) return;
  context_ = context;
  from_begin_ = false;
  buffer_[context_ - 1] = kNotTheBegin;
  if (stub_end_ <= context_) stub_end_ = 0;
  std::erase_if(recent_, [&](Span edit) { return edit.end <= context_; });
  if (context_ < kBufferSlackBytes) return;
  const std::size_t dropped = context_ - 1;
  buffer_.erase(0, dropped);
  scan_.Drop(dropped);
  whole_ = false;
  context_ -= dropped;
  released_ -= dropped;
  seen_ -= dropped;
  stub_end_ -= std::min(stub_end_, dropped);
  const auto less = static_cast<std::uint32_t>(dropped);
  for (Span& edit : recent_) edit = {edit.begin - std::min(edit.begin, less), edit.end - less};
}

// Where the text held is cut: some way before its end, so that it is known what stands there,
// before a blank or at the begin of the value that stands across it.
std::size_t StreamingRedactor::CutPlace(const std::vector<Place>& edits) const {
  const std::size_t most = buffer_.size() - kCutAheadBytes;
  const std::size_t least = most - kCutReachBytes;
  std::size_t cut = most;
  while (cut > least && !IsBlank(buffer_[cut])) --cut;
  if (cut == least) cut = most;
  while (cut > least && IsContinuation(buffer_[cut])) --cut;
  for (const Place& edit : edits) {
    if (edit.span.begin < cut && cut < edit.span.end && cut - edit.span.begin <= kCutReachBytes) {
      return edit.span.begin;
    }
  }
  return cut;
}

// Hands on what is held although it is not settled, up to near its end.
Status StreamingRedactor::Cut(std::string& out) {
  MoveContext(0);
  auto found = Look(buffer_.size());
  if (!found) return found.error();
  auto& edits = found->edits;
  const std::size_t cut = CutPlace(edits);
  std::erase_if(edits, [&](const Place& edit) { return edit.span.begin >= cut; });
  if (!edits.empty()) {
    edits.back().span.end = std::min(edits.back().span.end, static_cast<std::uint32_t>(cut));
  }
  Emit(edits, cut, out);
  StartBehind(*found, cut);
  return {};
}

// The begin of what is cut in two, with what stands between it and the cut: enough for the
// detectors to know what follows for its rest. Empty when the cut is between two things.
std::string StreamingRedactor::StubOf(const Found& found, std::size_t cut) const {
  if (found.edits.empty()) return {};
  const Place& edit = found.edits.back();
  const std::string_view behind =
      std::string_view(buffer_).substr(edit.span.end, cut - edit.span.end);
  if (behind.size() > kStubBytes || !std::ranges::all_of(behind, IsBlank)) return {};
  const auto source = std::ranges::find_if(found.places, [&](const Place& place) {
    return place.strategy == edit.strategy && place.span.end > edit.span.begin &&
           place.span.begin < edit.span.end;
  });
  if (source == found.places.end()) return {};
  const std::size_t begin = std::max(source->span.begin, edit.span.begin);
  const std::size_t end = std::min<std::size_t>(source->span.end, cut);
  std::size_t bytes = std::min<std::size_t>(end - begin, kStubBytes);
  while (bytes > 0 && IsContinuation(buffer_[begin + bytes])) --bytes;
  std::string stub = buffer_.substr(begin, bytes);
  if (edit.strategy == Strategy::kRemoveStatement) {
    // The last byte says whether the statement has ended.
    const char last = buffer_[edit.span.end - 1];
    stub += ' ';
    if (!IsContinuation(last)) stub += last;
  }
  return stub.append(behind);
}

// Begins the buffer anew at a cut: with the text before it as context, or with the begin of what
// was cut in two in its place.
void StreamingRedactor::StartBehind(const Found& found, std::size_t cut) {
  const std::string stub = StubOf(found, cut);
  std::string rest(1, kNotTheBegin);
  if (stub.empty()) {
    rest.append(buffer_, cut - std::min(cut - context_, kContextBytes));
  } else {
    rest.append("\n").append(stub).append(buffer_, cut);
  }
  released_ = rest.size() - (buffer_.size() - cut);
  stub_end_ = stub.empty() ? 0 : released_;
  buffer_ = std::move(rest);
  context_ = 1;
  from_begin_ = whole_ = false;
  seen_ = released_;
  recent_.clear();
  scan_.Restart(1);
}

Result<std::string> RedactAsStream(std::string_view text, std::shared_ptr<const Openness> openness,
                                   Detect detect) {
  StreamingRedactor stream(std::move(openness), std::move(detect));
  std::string out;
  out.reserve(text.size());
  if (auto status = stream.Feed(text, out); !status) return status.error();
  if (auto status = stream.Finish(out); !status) return status.error();
  return out;
}

}  // namespace axonflow::redaction

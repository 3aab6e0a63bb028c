#include "redaction/statement_scan.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "policy/prompt/gate.h"
#include "policy/prompt/model.h"
#include "redaction/edits.h"
#include "redaction/value_scan.h"

namespace axonflow::redaction {
namespace {

namespace prompt = policy::prompt;

// The gate knows a word by so many bytes: its first letters.
constexpr std::size_t kAsciiWordBytes = 4;
constexpr std::size_t kWordBytes = 8;

}  // namespace

// Adds to the cell of a place, and opens the statement when the cells up to it have enough.
void StatementScan::Weigh(std::size_t at, unsigned weight) {
  const std::uint64_t cell = (position_ - (at_ - at)) / kCellBytes;
  if (cell > cell_ + cells_.size()) {
    cells_.fill(0);
    cell_ = cell;
  }
  while (cell_ < cell) cells_[++cell_ % cells_.size()] = 0;
  cells_[cell % cells_.size()] += weight;
  unsigned sum = 0;
  for (const unsigned each : cells_) sum += each;
  opened_ |= sum >= prompt::Model::Get().gate_needed();
}

// Weighs the word of which the byte at at_ is the last that the gate looks at.
void StatementScan::ReadWord(std::string_view text) {
  for (const std::size_t bytes : {kAsciiWordBytes, kWordBytes}) {
    if (at_ + 1 < bytes) return;
    const std::size_t begin = at_ + 1 - bytes;
    const bool ascii = static_cast<unsigned char>(text[begin]) < 0x80;
    if (ascii != (bytes == kAsciiWordBytes) || !prompt::IsGateStart(text, begin)) continue;
    char padded[kWordBytes] = {};
    std::memcpy(padded, text.data() + begin, bytes);
    const unsigned weight = prompt::Model::Get().gate()[prompt::GateBucket(padded)];
    if (weight != 0) Weigh(begin, weight);
  }
}

void StatementScan::EndStatement(std::size_t at) {
  const std::size_t begin = begins_.back();
  const bool early = position_ < kReadWholeBytes;
  if (gate_ && (opened_ || early) && at > begin + 1) {
    if (!seen_) first_seen_ = begin;
    seen_ = true;
    last_seen_ = begin;
  }
  opened_ = false;
  begins_.push_back(static_cast<std::uint32_t>(at));
}

void StatementScan::Read(std::string_view text) {
  for (; at_ < text.size(); ++at_, ++position_) {
    const char c = text[at_];
    const bool mark = c == '.' || c == '!' || c == '?';
    if (mark && at_ + 1 == text.size()) return;  // what follows it decides
    if (gate_) ReadWord(text);
    if ((mark || c == '\n' || c == ';') && EndsStatement(text, at_)) EndStatement(at_ + 1);
  }
}

std::size_t StatementScan::BeginOf(std::size_t at) const {
  const auto behind = std::ranges::upper_bound(begins_, at);
  return behind == begins_.begin() ? 0 : *std::prev(behind);
}

std::size_t StatementScan::FirstSeen() const { return seen_ ? first_seen_ : kNowhere; }

void StatementScan::ForgetBefore(std::size_t end) {
  const auto behind = std::ranges::upper_bound(begins_, end);
  if (behind - begins_.begin() > 1) begins_.erase(begins_.begin(), std::prev(behind));
  if (!seen_) return;
  first_seen_ = std::max(first_seen_, end);
  seen_ = last_seen_ >= end;
}

void StatementScan::Drop(std::size_t bytes) {
  const auto less = [bytes](std::size_t& at) { at -= std::min(at, bytes); };
  for (std::size_t* at : {&at_, &first_seen_, &last_seen_}) less(*at);
  for (std::uint32_t& at : begins_) at -= std::min(at, static_cast<std::uint32_t>(bytes));
}

void StatementScan::Restart(std::size_t at) {
  at_ = at;
  begins_.assign(1, static_cast<std::uint32_t>(at));
  opened_ = seen_ = false;
}

}  // namespace axonflow::redaction

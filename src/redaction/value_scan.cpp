#include "redaction/value_scan.h"

#include <algorithm>

namespace axonflow::redaction {
namespace {

constexpr std::size_t kCapitalRun = 4;
constexpr std::size_t kEncodedRun = 20;
// So short a word may stand within a value, as "ext." does.
constexpr std::size_t kJointBytesMax = 5;

// "password" as eight bytes that were read one after the other.
constexpr std::uint64_t kPassword = 0x70617373776F7264;

bool IsBlankByte(std::uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}
bool IsDigit(std::uint8_t byte) { return byte >= '0' && byte <= '9'; }
bool IsUpper(std::uint8_t byte) { return byte >= 'A' && byte <= 'Z'; }
bool IsLower(std::uint8_t byte) { return byte >= 'a' && byte <= 'z'; }

}  // namespace

void ValueScan::Suspect(std::size_t ahead) {
  suspect_ = true;
  piece_.ahead = std::max(piece_.ahead, ahead);
}

void ValueScan::EndPiece(std::size_t at) {
  piece_.end = at;
  if (signs_.anything) piece_.ahead = kFarAheadBytes;
  if (piece_.ahead != 0 && piece_.end > piece_.begin) waiting_.push_back(piece_);
  piece_ = {at, at, 0};
  word_begin_ = at;
  small_ = suspect_ = latin_ = foreign_ = after_suspect_ = false;
  capitals_ = run_ = 0;
}

// Bytes beyond ASCII. Letters of other alphabets are as good as small ones; a CJK character ends a
// piece; what looks like ASCII or cannot be seen may hide something.
void ValueScan::ReadWide(std::uint8_t byte) {
  capitals_ = run_ = 0;
  if ((byte & 0xC0U) != 0x80U) {
    lead_ = byte;
    second_ = 0;
    left_ = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    return;
  }
  if (left_ == 0) return;
  if (second_ == 0) second_ = byte;
  if (--left_ != 0) return;
  const bool wide_mark = lead_ == 0xEF && second_ == 0xBC &&
                         ((byte >= 0x81 && byte <= 0x8F) || (byte >= 0x9A && byte <= 0x9F));
  if (wide_mark) return EndPiece(at_ + 1);
  const bool invisible = (lead_ == 0xE2 && (second_ == 0x80 || second_ == 0x81) &&
                          !(byte >= 0x90 && byte <= 0xA7 && second_ == 0x80)) ||
                         (lead_ == 0xC2 && second_ == 0xAD) || lead_ == 0xEF;
  if (invisible || (lead_ == 0xF0 && second_ == 0x9D)) return Suspect(kFarAheadBytes);
  if (lead_ >= 0xE3 && lead_ <= 0xED) return EndPiece(at_ + 1);
  if (lead_ < 0xE2) {
    small_ = true;
    foreign_ |= lead_ >= 0xCD;
    if (latin_ && foreign_) Suspect(kFarAheadBytes);
  }
}

// A password in quotes is a value without a digit (policy/secrets/assignments.h); so is one behind
// the colon of a login or the word of a .netrc file (policy/secrets/urls.h). All other secrets have
// digits, or are as long as an encoding.
void ValueScan::ReadSecret(std::uint8_t byte) {
  const bool blank = IsBlankByte(byte);
  if (!blank) {
    const bool quote = byte == '"' || byte == '\'' || byte == '`';
    const bool colon = (last_bytes_ & 0xFFU) == ':' && (IsUpper(byte) || IsLower(byte));
    if (behind_password_ || colon || (quote && behind_sign_)) Suspect(kValueAheadBytes);
    behind_password_ = false;
    behind_sign_ = byte == '=' || byte == ':' || byte == ',' || byte == '(' || byte == '>' ||
                   (behind_sign_ && byte == '\\');
  } else if (last_bytes_ == kPassword) {
    behind_password_ = true;
  }
  last_bytes_ = (last_bytes_ << 8U) | byte;
}

void ValueScan::ReadByte(std::uint8_t byte) {
  if (signs_.secrets) ReadSecret(byte);
  if (byte >= 0x80) return ReadWide(byte);
  left_ = 0;
  const bool letter = IsUpper(byte) || IsLower(byte);
  capitals_ = IsUpper(byte) ? capitals_ + 1 : 0;
  if (letter || IsDigit(byte) || byte == '+' || byte == '/' || byte == '=' || byte == '-' ||
      byte == '_') {
    if (++run_ >= kEncodedRun) Suspect(kFarAheadBytes);
  } else {
    run_ = 0;
  }
  if (letter) {
    small_ |= IsLower(byte);
    latin_ = true;
    if (foreign_) Suspect(kFarAheadBytes);
    if (capitals_ >= kCapitalRun) Suspect(kValueAheadBytes);
    return;
  }
  if (IsDigit(byte) || byte == '@') return Suspect(kValueAheadBytes);
  if (byte == '%' || byte == '&' || byte == '\\') return Suspect(kFarAheadBytes);
  if (byte == '\n' || byte == ',' || byte == ';') return EndPiece(at_ + 1);
  if (byte != ' ' && byte != '\t' && byte != '\r') return;
  const bool joint = after_suspect_ && at_ - word_begin_ <= kJointBytesMax;
  if (piece_.begin == at_ || (small_ && !suspect_ && !joint)) return EndPiece(at_ + 1);
  // The next word may go on with the value of this one.
  after_suspect_ = suspect_;
  word_begin_ = at_ + 1;
  small_ = suspect_ = latin_ = foreign_ = false;
}

void ValueScan::Read(std::string_view text) {
  // Lets go as it reads, so that few pieces wait at any time.
  constexpr std::size_t kStride = 1024;
  while (at_ < text.size()) {
    const std::size_t end = std::min(text.size(), at_ + kStride);
    for (; at_ < end; ++at_) ReadByte(static_cast<std::uint8_t>(text[at_]));
    LetGo();
  }
}

void ValueScan::LetGo() {
  while (!waiting_.empty() && waiting_.front().end + waiting_.front().ahead <= at_) {
    const std::size_t begin = waiting_.front().begin;
    first_seen_ = seen_ ? std::min(first_seen_, begin) : begin;
    last_seen_ = waiting_.front().end - 1;
    seen_ = true;
    waiting_.pop_front();
  }
}

void ValueScan::ForgetBefore(std::size_t end) {
  if (!seen_) return;
  first_seen_ = std::max(first_seen_, end);
  seen_ = last_seen_ >= end;
}

void ValueScan::Drop(std::size_t bytes) {
  const auto less = [bytes](std::size_t& at) { at -= std::min(at, bytes); };
  for (std::size_t* at :
       {&at_, &piece_.begin, &piece_.end, &word_begin_, &first_seen_, &last_seen_})
    less(*at);
  for (Piece& piece : waiting_) {
    less(piece.begin);
    less(piece.end);
  }
}

void ValueScan::Restart(std::size_t at) {
  at_ = at;
  waiting_.clear();
  seen_ = false;
  left_ = 0;
  piece_.ahead = 0;
  EndPiece(at);
  waiting_.clear();
  piece_ = {at, at, 0};
}

}  // namespace axonflow::redaction

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

namespace axonflow::redaction {

// What detectors in code need to see before what they say of a value is final: so many bytes behind
// it. A word near a value counts within 50 bytes (policy/pii/context.h); the rest is room.
inline constexpr std::size_t kValueAheadBytes = 160;
// The same for a piece of text that may be written in an encoding, and for detectors of which
// nothing is known.
inline constexpr std::size_t kFarAheadBytes = 512;

inline constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

// What pieces of text are looked for beside those that may hold personal data or an encoding.
struct ValueSigns {
  bool secrets = false;   // what policy/secrets may find
  bool anything = false;  // every piece may hold a value
};

// Reads one text that grows at its end and tells which pieces of it may hold a value of a detector
// in code: what has a digit, '@', a run of capitals, or signs of an encoding; for secrets also what
// stands in quotes behind a sign, directly behind a colon, or behind the word "password". A piece
// ends behind a word of small letters, a comma, a line or a CJK character, which no value goes
// across. Constant work a byte; offsets are into the text as it is given, until Drop.
class ValueScan {
 public:
  explicit ValueScan(ValueSigns signs) : signs_(signs) {}

  void Read(std::string_view text);

  // What stands before this place no longer depends on what comes.
  std::size_t OpenFrom() const { return waiting_.empty() ? piece_.begin : waiting_.front().begin; }

  // The first decided place where a value may stand, of those not forgotten.
  std::size_t FirstSeen() const { return seen_ ? first_seen_ : kNowhere; }
  void ForgetBefore(std::size_t end);

  void Drop(std::size_t bytes);
  void Restart(std::size_t at);
  std::size_t memory_bytes() const { return waiting_.size() * sizeof(Piece); }

 private:
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t ahead = 0;  // 0: holds no value
  };

  void ReadByte(std::uint8_t byte);
  void ReadWide(std::uint8_t byte);
  void EndPiece(std::size_t at);
  void LetGo();
  void Suspect(std::size_t ahead);
  void ReadSecret(std::uint8_t byte);

  ValueSigns signs_;
  std::size_t at_ = 0;
  Piece piece_;                // the one under way
  std::deque<Piece> waiting_;  // finished, too near to the end of the text
  // Of the word under way.
  bool small_ = false;
  bool suspect_ = false;
  bool latin_ = false;
  bool foreign_ = false;
  bool after_suspect_ = false;  // the word before it is suspect
  std::size_t word_begin_ = 0;
  std::size_t capitals_ = 0;  // in a row
  std::size_t run_ = 0;       // characters of base64 in a row
  std::uint8_t lead_ = 0;     // of the character under way
  std::uint8_t second_ = 0;
  std::uint8_t left_ = 0;  // bytes of it to come
  // Of secrets.
  std::uint64_t last_bytes_ = 0;  // the eight before this one
  bool behind_sign_ = false;      // but for blanks
  bool behind_password_ = false;  // but for blanks: the word
  bool seen_ = false;
  std::size_t first_seen_ = 0;
  std::size_t last_seen_ = 0;
};

}  // namespace axonflow::redaction

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::redaction {

// Reads one text that grows at its end and tells where its statements begin, and which of them the
// model for prompt injection has to be asked about: those near words that attacks use (the gate of
// policy/prompt), and all that begin in the first kReadWholeBytes, as the model itself reads short
// texts. Constant work a byte; offsets are into the text as it is given, until Drop.
class StatementScan {
 public:
  // Sums of the gate's weights go over so many bytes, as in policy/prompt/gate.cpp.
  static constexpr std::size_t kGateBytes = 256;
  static constexpr std::size_t kReadWholeBytes = 1024;

  // Without `gate`, no statement is worth asking about.
  explicit StatementScan(bool gate) : gate_(gate) {}

  void Read(std::string_view text);

  // Where the statement begins that holds `at`; of those forgotten the last.
  std::size_t BeginOf(std::size_t at) const;
  // Where the one under way begins.
  std::size_t Last() const { return begins_.back(); }

  // The begin of the first finished statement to ask about, of those not forgotten.
  std::size_t FirstSeen() const;
  void ForgetBefore(std::size_t end);

  void Drop(std::size_t bytes);
  void Restart(std::size_t at);
  std::size_t memory_bytes() const { return begins_.capacity() * sizeof(std::uint32_t); }

 private:
  static constexpr std::size_t kCellBytes = 64;
  static constexpr std::size_t kCells = kGateBytes / kCellBytes;

  void ReadWord(std::string_view text);
  void Weigh(std::size_t at, unsigned weight);
  void EndStatement(std::size_t at);

  bool gate_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> begins_{0};  // of statements, those forgotten left out
  std::uint64_t position_ = 0;            // of at_ in the whole text
  // Weights by cells of the whole text, the last kCells of them.
  std::array<unsigned, kCells> cells_{};
  std::uint64_t cell_ = 0;
  bool opened_ = false;  // within the statement under way
  bool seen_ = false;
  std::size_t first_seen_ = 0;
  std::size_t last_seen_ = 0;
};

}  // namespace axonflow::redaction

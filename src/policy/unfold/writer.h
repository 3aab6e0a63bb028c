#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/unfold/unfold.h"

namespace axonflow::policy::unfold {

// Writes one round: copies what lies between the replaced places when the next one comes.
class Writer {
 public:
  Writer(std::string_view source, std::string& text, std::vector<Piece>& pieces)
      : source_(source), text_(text), pieces_(pieces) {
    text_.clear();
    pieces_.clear();
  }

  // Everything before this place is written.
  std::size_t copied() const { return copied_; }
  bool changed() const { return changed_; }
  bool full() const { return pieces_.size() + 8 > kPiecesMax; }

  // Puts `replacement` in the place of [begin, end), begin >= copied().
  void Replace(std::size_t begin, std::size_t end, std::string_view replacement) {
    CopyTo(begin);
    pieces_.push_back(PieceOf(begin, end));
    text_ += replacement;
    copied_ = end;
    changed_ = true;
  }

  void CopyTo(std::size_t end) {
    if (end <= copied_) return;
    pieces_.push_back(PieceOf(copied_, end));
    text_ += source_.substr(copied_, end - copied_);
    copied_ = end;
  }

  void Finish() { CopyTo(source_.size()); }

 private:
  Piece PieceOf(std::size_t begin, std::size_t end) const {
    return {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(begin),
            static_cast<std::uint32_t>(end)};
  }

  std::string_view source_;
  std::string& text_;
  std::vector<Piece>& pieces_;
  std::size_t copied_ = 0;
  bool changed_ = false;
};

}  // namespace axonflow::policy::unfold

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/types.h"
#include "policy/unfold/unfold.h"

namespace axonflow::policy {

// What encodings hide in a text, as detectors should see it: the places that unfolding changed,
// each with what stands around it, one below the other. The rest of the text reads the same
// unfolded, and need not be read twice. Used again and again; keeps its memory.
class HiddenText {
 public:
  // Context that stays on each side of a changed place: more than any rule of the catalogue looks
  // at, and short enough that one escaped letter does not double the work on a long text.
  static constexpr std::uint32_t kAroundBytes = 96;

  // False when nothing is hidden in `text`; then nothing else may be asked.
  bool Read(std::string_view text);

  std::string_view text() const { return text_; }

  // The bytes of the original that `span` of text() stands for.
  Span ToOriginal(Span span) const;

 private:
  struct Window {
    std::uint32_t at = 0;     // in text_
    std::uint32_t begin = 0;  // in the unfolded text
    std::uint32_t end = 0;
  };

  void CollectChanges();
  void WidenChanges();

  unfold::Unfolded unfolded_;
  std::vector<Window> windows_;  // in order
  std::vector<Span> changes_;    // in the unfolded text, in order
  std::string text_;
};

}  // namespace axonflow::policy

#include "policy/hidden_text.h"

#include <algorithm>

namespace axonflow::policy {
namespace {

// Between two windows: an end of line for every rule, and no character of any value.
constexpr std::string_view kBetween = "\n\n";

std::uint32_t LengthOf(const std::vector<unfold::Piece>& pieces, std::size_t i,
                       std::uint32_t text_bytes) {
  const std::uint32_t next = i + 1 < pieces.size() ? pieces[i + 1].at : text_bytes;
  return next - pieces[i].at;
}

// A place of the text before a round in the text after it. `pieces` are walked in step with rising
// places.
std::uint32_t Forward(const std::vector<unfold::Piece>& pieces, std::uint32_t text_bytes,
                      std::uint32_t place, std::size_t& i) {
  while (i + 1 < pieces.size() && pieces[i].end <= place) ++i;
  if (i >= pieces.size()) return place;
  const unfold::Piece& piece = pieces[i];
  if (place >= piece.end) return piece.at + LengthOf(pieces, i, text_bytes);
  const bool same = LengthOf(pieces, i, text_bytes) == piece.end - piece.begin;
  return same ? piece.at + (std::max(place, piece.begin) - piece.begin) : piece.at;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

bool HiddenText::Read(std::string_view text) {
  if (!unfold::Unfold(text, unfolded_)) return false;
  CollectChanges();
  WidenChanges();
  text_.clear();
  windows_.clear();
  for (const Span change : changes_) {
    if (!windows_.empty()) text_ += kBetween;
    windows_.push_back({static_cast<std::uint32_t>(text_.size()), change.begin, change.end});
    text_.append(unfolded_.text, change.begin, change.end - change.begin);
  }
  return true;
}

// Every piece that is no plain copy, in the words of the last round's text.
void HiddenText::CollectChanges() {
  changes_.clear();
  for (std::size_t round = 0; round < unfolded_.round_count; ++round) {
    const auto& pieces = unfolded_.rounds[round];
    // The length of this round's text: what the next round read, or the result.
    const bool last = round + 1 == unfolded_.round_count;
    const auto size = last ? static_cast<std::uint32_t>(unfolded_.text.size())
                           : unfolded_.rounds[round + 1].back().end;
    std::vector<std::size_t> steps(unfolded_.round_count, 0);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::uint32_t length = LengthOf(pieces, i, size);
      // A replacement as long as what it replaced is taken for a copy; it stands between copies
      // that are longer than the context in ordinary text, so nothing but time would be saved.
      if (length == pieces[i].end - pieces[i].begin && length > 4) continue;
      Span change{pieces[i].at, pieces[i].at + length};
      for (std::size_t later = round + 1; later < unfolded_.round_count; ++later) {
        const auto& after = unfolded_.rounds[later];
        const auto after_size = later + 1 == unfolded_.round_count
                                    ? static_cast<std::uint32_t>(unfolded_.text.size())
                                    : unfolded_.rounds[later + 1].back().end;
        change.begin = Forward(after, after_size, change.begin, steps[later]);
        std::size_t ahead = steps[later];
        change.end = std::max(change.begin, Forward(after, after_size, change.end, ahead));
      }
      changes_.push_back(change);
    }
  }
}

// Adds the context, and makes one of those that touch.
void HiddenText::WidenChanges() {
  std::ranges::sort(changes_, {}, &Span::begin);
  const std::string& text = unfolded_.text;
  const auto size = static_cast<std::uint32_t>(text.size());
  std::size_t kept = 0;
  for (Span change : changes_) {
    change.begin = change.begin > kAroundBytes ? change.begin - kAroundBytes : 0;
    change.end = std::min(size, change.end + kAroundBytes);
    while (change.begin > 0 && change.begin < size && IsContinuation(text[change.begin])) {
      --change.begin;
    }
    while (change.end < size && IsContinuation(text[change.end])) ++change.end;
    if (kept > 0 && change.begin <= changes_[kept - 1].end) {
      changes_[kept - 1].end = std::max(changes_[kept - 1].end, change.end);
    } else {
      changes_[kept++] = change;
    }
  }
  changes_.resize(kept);
}

Span HiddenText::ToOriginal(Span span) const {
  const auto after = std::ranges::partition_point(
      windows_, [&](const Window& window) { return window.at <= span.begin; });
  if (after == windows_.begin()) return {};
  const Window& window = *(after - 1);
  const std::uint32_t begin = std::min(window.begin + (span.begin - window.at), window.end);
  const std::uint32_t end = std::min(begin + (span.end - span.begin), window.end);
  const unfold::Range range = unfolded_.ToOriginal(begin, end);
  return {range.begin, range.end};
}

}  // namespace axonflow::policy

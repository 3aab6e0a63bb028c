#include "redaction/edits.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace axonflow::redaction {
namespace {

using policy::Span;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Widens `span` to whole code points, so that no edit leaves half of one behind.
Span ToCodePoints(std::string_view text, Span span) {
  const auto size = static_cast<std::uint32_t>(text.size());
  span.end = std::min(span.end, size);
  span.begin = std::min(span.begin, span.end);
  while (span.begin > 0 && span.begin < size && IsContinuation(text[span.begin])) --span.begin;
  while (span.end < size && IsContinuation(text[span.end])) ++span.end;
  return span;
}

bool IsEdgeOfStatement(char c) {
  return IsBlank(c) || c == '.' || c == '!' || c == '?' || c == ';';
}

// Widens the places of statement removal to whole statements. Goes over the text once: `places`
// come in ascending order of their begin.
void WidenToStatements(std::string_view text, std::vector<Place>& places) {
  std::size_t start = 0;  // of the statement under the cursor
  std::size_t end = 0;    // one past its last byte
  const auto next_statement = [&] {
    start = end;
    while (end < text.size() && !EndsStatement(text, end)) ++end;
    if (end < text.size()) ++end;
  };
  for (Place& place : places) {
    if (place.strategy != Strategy::kRemoveStatement) continue;
    Span& span = place.span;
    // Expressions may have taken a neighbouring blank or full stop along.
    while (span.begin < span.end && IsEdgeOfStatement(text[span.begin])) ++span.begin;
    while (span.end > span.begin && IsEdgeOfStatement(text[span.end - 1])) --span.end;
    while (end <= span.begin && end < text.size()) next_statement();
    std::size_t first = start;
    while (first < span.begin && IsBlank(text[first])) ++first;
    while (end < span.end) next_statement();
    std::size_t last = end;
    if (last > span.end && text[last - 1] == '\n') --last;
    span = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
  }
}

}  // namespace

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool EndsStatement(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '\n' || c == ';') return true;
  if (c != '.' && c != '!' && c != '?') return false;
  if (at + 1 == text.size()) return true;
  const char next = text[at + 1];
  return IsBlank(next) || (next >= 'A' && next <= 'Z');
}

std::vector<Place> PlanEdits(std::string_view text, std::vector<Place> places) {
  std::erase_if(places, [](const Place& place) { return place.strategy == Strategy::kNone; });
  for (Place& place : places) place.span = ToCodePoints(text, place.span);
  std::erase_if(places, [](const Place& place) { return place.span.begin >= place.span.end; });
  std::ranges::stable_sort(places, {}, [](const Place& place) { return place.span.begin; });
  WidenToStatements(text, places);
  std::ranges::stable_sort(places, [](const Place& a, const Place& b) {
    return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.strategy > b.strategy;
  });
  std::vector<Place> merged;
  for (const Place& place : places) {
    if (place.span.begin >= place.span.end) continue;
    if (merged.empty() || place.span.begin >= merged.back().span.end) {
      merged.push_back(place);
      continue;
    }
    Place& last = merged.back();
    const std::uint32_t end = std::max(last.span.end, place.span.end);
    if (place.strategy > last.strategy) {
      const std::uint32_t begin = last.span.begin;
      last = place;
      last.span.begin = begin;
    }
    last.span.end = end;
  }
  return merged;
}

void ApplyEdits(std::string_view text, std::size_t from, std::size_t to,
                const std::vector<Place>& edits, std::string& out) {
  for (const Place& edit : edits) {
    const auto [begin, end] = edit.span;
    out += text.substr(from, begin - from);
    out += Replacement(text.substr(begin, end - begin), edit.strategy, edit.type);
    from = end;
  }
  out += text.substr(from, to - from);
}

}  // namespace axonflow::redaction

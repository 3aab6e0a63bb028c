#include "policy/unfold/unfold.h"

#include <algorithm>

#include "policy/unfold/candidates.h"
#include "policy/unfold/decoders.h"
#include "policy/unfold/writer.h"

namespace axonflow::policy::unfold {
namespace {

std::size_t Take(const Candidate& candidate, std::string_view text, Writer& writer) {
  switch (candidate.sign) {
    case Sign::kPercent:
      return TakePercent(text, candidate.at, writer);
    case Sign::kEntity:
      return TakeEntity(text, candidate.at, writer);
    case Sign::kBackslash:
      return TakeBackslash(text, candidate.at, writer);
    case Sign::kComment:
      return TakeComment(text, candidate.at, writer);
    case Sign::kHigh:
      return TakeHigh(text, candidate.at, writer);
    case Sign::kDigits:
      return TakeDigits(text, candidate.at, writer);
    case Sign::kBinary:
      return TakeBinary(text, candidate.at, writer);
    case Sign::kSpaced:
      return TakeSpaced(text, candidate.at, writer);
    case Sign::kNone:
      break;
  }
  return text.size();
}

// One pass over `text`; false when it changed nothing.
bool Round(std::string_view text, std::string& derived, std::vector<Piece>& pieces) {
  Candidate candidate = NextCandidate(text, 0);
  if (candidate.sign == Sign::kNone) return false;
  Writer writer(text, derived, pieces);
  while (candidate.sign != Sign::kNone && !writer.full()) {
    candidate = NextCandidate(text, Take(candidate, text, writer));
  }
  if (!writer.changed()) return false;
  writer.Finish();
  return true;
}

// The piece of `pieces` that holds place `at` of the derived text.
const Piece& PieceAt(const std::vector<Piece>& pieces, std::uint32_t at) {
  const auto after =
      std::upper_bound(pieces.begin(), pieces.end(), at,
                       [](std::uint32_t place, const Piece& piece) { return place < piece.at; });
  return after == pieces.begin() ? pieces.front() : *(after - 1);
}

}  // namespace

Range Unfolded::ToOriginal(std::uint32_t begin, std::uint32_t end) const {
  if (end <= begin) end = begin + 1;
  for (std::size_t round = round_count; round-- > 0;) {
    const std::vector<Piece>& pieces = rounds[round];
    if (pieces.empty()) continue;
    const auto length_of = [&](const Piece& piece) {
      const auto* next = &piece + 1;
      return next == pieces.data() + pieces.size() ? piece.end - piece.begin : next->at - piece.at;
    };
    const Piece& first = PieceAt(pieces, begin);
    const Piece& last = PieceAt(pieces, end - 1);
    const bool first_same = length_of(first) == first.end - first.begin;
    const bool last_same = length_of(last) == last.end - last.begin;
    const std::uint32_t from =
        first_same ? std::min(first.begin + (begin - first.at), first.end) : first.begin;
    const std::uint32_t to =
        last_same ? std::min(last.begin + (end - last.at), last.end) : last.end;
    begin = from;
    end = std::max(to, from);
  }
  return {begin, end};
}

bool Unfold(std::string_view text, Unfolded& out) {
  out.round_count = 0;
  if (!Round(text, out.text, out.rounds[0])) return false;
  out.round_count = 1;
  thread_local std::string next;
  while (out.round_count < kRoundsMax && Round(out.text, next, out.rounds[out.round_count])) {
    std::swap(out.text, next);
    ++out.round_count;
  }
  return true;
}

}  // namespace axonflow::policy::unfold

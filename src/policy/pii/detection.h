#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "policy/pii/context.h"
#include "policy/pii/pii_detector.h"

namespace axonflow::policy::pii {

// One run over one text: what the rules share. Confidences are whole percents until they are
// written, so that 60 - 20 is exactly the threshold of 40.
struct Detection {
  Detection(std::string_view text_in, Hits& hits_in)
      : text(text_in), context(text_in), hits(hits_in) {}

  // Records a hit unless the rule has kHitsPerRuleMax already, and raises `floor` to its end.
  void Add(Rule rule, std::size_t begin, std::size_t end, int percent);

  // Returns whether [begin, end) stands by itself: no letter, digit or '_' touches it, it is not
  // joined by
  // '-' or '.' to another word or number, and no e-mail address goes on from it.
  bool StandsAlone(std::size_t begin, std::size_t end) const;

  // What Add and the rules change, to undo it.
  struct State {
    std::size_t hits;
    std::size_t adds;
    std::size_t floor;
    std::size_t routing_end;
    bool truncated;
  };
  State state() const { return {hits.hits.size(), adds, floor, routing_end, hits.truncated}; }
  bool IsUnchangedSince(const State& state) const {
    return adds == state.adds && routing_end == state.routing_end;
  }
  void ReturnTo(const State& state);

  // LabelBefore, which several rules ask for the same value.
  Topics LabelAt(std::size_t begin) {
    if (label_begin != begin) label = LabelBefore(text, begin);
    label_begin = begin;
    return label;
  }

  std::string_view text;
  Context context;
  Hits& hits;
  std::array<std::size_t, static_cast<std::size_t>(Rule::kCount)> counts{};
  std::size_t label_begin = 0;  // `label` is of the value there; nothing precedes one at 0
  Topics label = 0;
  std::size_t adds = 0;         // calls of Add
  std::size_t floor = 0;        // end of the last hit: a value does not reach back over another
  std::size_t routing_end = 0;  // end of the last routing number that stood by itself; 0 for none
};

}  // namespace axonflow::policy::pii

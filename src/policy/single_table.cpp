#include "policy/single_table.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "policy/byte_symbols.h"

namespace axonflow::policy {
namespace {

// Splits the classes so that each lies wholly within `set` or wholly outside; returns their number.
std::size_t Refine(const std::bitset<256>& set, std::array<std::uint8_t, 256>& classes) {
  std::array<int, 512> renamed;
  renamed.fill(-1);
  int next = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    int& name = renamed[classes[byte] * 2U + (set[byte] ? 1U : 0U)];
    if (name < 0) name = next++;
    classes[byte] = static_cast<std::uint8_t>(name);
  }
  return static_cast<std::size_t>(next);
}

}  // namespace

// Follows forks from `step`; what they lead to is appended once a visit.
void SingleTable::Expand(std::uint32_t step, std::vector<std::uint32_t>& into) {
  std::vector<std::uint32_t> pending = {step};
  while (!pending.empty()) {
    const std::uint32_t at = pending.back();
    pending.pop_back();
    if (marks_[at - first_step_] == visit_) continue;
    marks_[at - first_step_] = visit_;
    const ByteStep& here = program_.steps[at];
    if (here.kind == ByteStep::Kind::kFork) {
      pending.push_back(here.next);
      pending.push_back(here.other);
    } else {
      into.push_back(at);
    }
  }
}

bool SingleTable::Holds(Assertion assertion, const State& state, After after) {
  const bool boundary = state.after_word != (after == After::kWord);
  switch (assertion) {
    case Assertion::kTextBegin:
      return state.at_begin;
    case Assertion::kTextEnd:
      return after == After::kTextEnd;
    case Assertion::kWordBoundary:
      return boundary;
    case Assertion::kNotWordBoundary:
      return !boundary;
  }
  return false;
}

// The state with what `raw` leads to. A match takes all steps along: what else the expression might
// match from the same place is of no interest.
std::uint32_t SingleTable::Intern(const std::vector<std::uint32_t>& raw, bool matched,
                                  bool after_word, bool at_begin) {
  ++visit_;
  reached_.clear();
  for (const std::uint32_t step : raw) Expand(step, reached_);
  State state;
  bool asks = false;
  for (const std::uint32_t step : reached_) {
    const ByteStep& here = program_.steps[step];
    matched |= here.kind == ByteStep::Kind::kMatch;
    if (here.kind == ByteStep::Kind::kAssert) {
      if (here.assertion == Assertion::kTextBegin && !at_begin) continue;
      asks = true;
    }
    state.steps.push_back(step);
  }
  if (matched) state.steps.clear();
  std::sort(state.steps.begin(), state.steps.end());
  // States that nobody asks about their past are the same whatever it was.
  asks &= !matched;
  state.matched = matched;
  state.asks = asks;
  state.after_word = asks && after_word;
  state.at_begin = asks && at_begin;
  std::string key(1, static_cast<char>((state.after_word ? 1 : 0) | (state.at_begin ? 2 : 0) |
                                       (matched ? 4 : 0)));
  key.append(reinterpret_cast<const char*>(state.steps.data()),
             state.steps.size() * sizeof(std::uint32_t));
  const auto [place, added] =
      known_.try_emplace(std::move(key), static_cast<std::uint32_t>(states.size()));
  if (added) states.push_back(std::move(state));
  return place->second;
}

// The steps that read the next byte when it is of kind `after`; returns whether the expression ends
// before it.
bool SingleTable::Closure(const State& state, After after, std::vector<std::uint32_t>& bytes) {
  ++visit_;
  bool matched = false;
  std::vector<std::uint32_t> pending = state.steps;
  for (const std::uint32_t step : pending) marks_[step - first_step_] = visit_;
  while (!pending.empty()) {
    const std::uint32_t at = pending.back();
    pending.pop_back();
    const ByteStep& here = program_.steps[at];
    if (here.kind == ByteStep::Kind::kBytes) {
      bytes.push_back(at);
    } else if (here.kind == ByteStep::Kind::kMatch) {
      matched = true;
    } else if (Holds(here.assertion, state, after)) {
      Expand(here.next, pending);
    }
  }
  return matched;
}

void SingleTable::FillRow(std::uint32_t index) {
  const State state = states[index];
  const std::size_t row = rows.size();
  rows.resize(row + class_count + 1);
  std::vector<std::uint32_t> bytes;
  for (const After after : {After::kNonWord, After::kWord}) {
    bytes.clear();
    bool matched = false;
    if (state.asks) {
      matched = Closure(state, after, bytes);
    } else {
      bytes = state.steps;
    }
    const bool word = after == After::kWord;
    if (matched) {
      const std::uint32_t end = Intern({}, true, word, false);
      for (std::size_t c = 0; c < class_count; ++c) {
        if (class_is_word_[c] == word) rows[row + c] = end;
      }
      continue;
    }
    for (const std::uint32_t step : bytes) {
      for (const std::uint8_t c : classes_of_set_[set_of_[step - first_step_]]) {
        if (class_is_word_[c] == word) buckets_[c].push_back(program_.steps[step].next);
      }
    }
    for (std::size_t c = 0; c < class_count; ++c) {
      if (buckets_[c].empty()) continue;
      // Neighbouring classes often lead to the same steps.
      std::size_t same = c;
      for (std::size_t d = c; d-- > 0 && c - d <= 8;) {
        if (class_is_word_[d] == word && filled_[d] == buckets_[c]) {
          same = d;
          break;
        }
      }
      rows[row + c] = same != c ? rows[row + same] : Intern(buckets_[c], false, word, false);
      filled_[c].swap(buckets_[c]);
      buckets_[c].clear();
    }
    for (auto& filled : filled_) filled.clear();
  }
  if (state.asks) {
    bytes.clear();
    if (Closure(state, After::kTextEnd, bytes)) {
      rows[row + class_count] = Intern({}, true, false, false);
    }
  }
}

// Classes are refined by one set after the other.
void SingleTable::MakeClasses() {
  std::unordered_map<std::bitset<256>, std::uint32_t> set_ids;
  std::vector<std::bitset<256>> sets;
  set_of_.resize(last_step_ - first_step_);
  for (std::uint32_t i = first_step_; i < last_step_; ++i) {
    if (program_.steps[i].kind != ByteStep::Kind::kBytes) continue;
    const auto& bytes = program_.steps[i].bytes;
    const auto [place, added] = set_ids.try_emplace(bytes, static_cast<std::uint32_t>(sets.size()));
    if (added) sets.push_back(bytes);
    set_of_[i - first_step_] = place->second;
  }
  for (unsigned byte = 0; byte < 256; ++byte) classes[byte] = kIsWord[byte];
  class_count = 2;
  for (const auto& set : sets) class_count = Refine(set, classes);
  class_is_word_.resize(class_count);
  for (unsigned byte = 0; byte < 256; ++byte) class_is_word_[classes[byte]] = kIsWord[byte] != 0;
  classes_of_set_.resize(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    std::vector<bool> has(class_count);
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (sets[i][byte]) has[classes[byte]] = true;
    }
    for (std::size_t c = 0; c < class_count; ++c) {
      if (has[c]) classes_of_set_[i].push_back(static_cast<std::uint8_t>(c));
    }
  }
  buckets_.resize(class_count);
  filled_.resize(class_count);
}

bool SingleTable::Build(std::uint32_t start, std::size_t states_max) {
  MakeClasses();
  Intern({}, false, false, false);  // the dead state is number 0
  starts = {Intern({start}, false, false, false), Intern({start}, false, true, false),
            Intern({start}, false, false, true)};
  for (std::uint32_t i = 0; i < states.size(); ++i) {
    if (states.size() > states_max) return false;
    FillRow(i);
  }
  return true;
}

}  // namespace axonflow::policy

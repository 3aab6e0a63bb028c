#include "policy/automaton.h"

#include <algorithm>
#include <bit>

#include "policy/automaton_builder.h"
#include "policy/byte_symbols.h"

namespace axonflow::policy {
namespace {

constexpr std::size_t kBlockBytes = Openings::kBlockBytes;
// Steps that FindPlaces may spend, for a text of n bytes: kStepsFree + n * kStepsPerByte.
constexpr std::size_t kStepsFree = 1U << 14U;
constexpr std::size_t kStepsPerByte = 32;

// Whether a state was met already, in this round.
struct Seen {
  std::vector<std::uint32_t> rounds;  // by number of a state
  std::uint32_t round = 0;

  void Begin(std::size_t state_count) {
    if (rounds.size() < state_count) rounds.resize(state_count);
    if (++round != 0) return;
    std::fill(rounds.begin(), rounds.end(), 0);
    round = 1;
  }
  bool Add(std::uint32_t number) {
    if (rounds[number] == round) return false;
    rounds[number] = round;
    return true;
  }
};

}  // namespace

std::unique_ptr<const Automaton> Automaton::Build(const ByteProgram& program,
                                                  std::size_t way_states_max,
                                                  std::size_t states_max,
                                                  std::uint32_t& too_large) {
  auto automaton = std::make_unique<Automaton>();
  Builder builder(program, way_states_max, states_max);
  if (!builder.Build(*automaton, too_large)) return nullptr;
  return automaton;
}

std::size_t Automaton::memory_bytes() const {
  return next_.size() * sizeof(next_[0]) + together_.size() * sizeof(together_[0]) +
         ways_.size() * sizeof(Way) + partings_.size() * sizeof(Parting) + sizeof(*this);
}

std::uint32_t Automaton::NumberOf(Reading reading) const {
  if (reading.way == kTogether) {
    return first_together_ + reading.state / together_stride_;
  }
  return ways_[reading.way].number + reading.state;
}

template <typename Sink>
void Automaton::Read(Reading reading, const std::uint8_t* at, const std::uint8_t* end,
                     Sink& sink) const {
  std::uint32_t state = reading.state;
  if (reading.way == kTogether) {
    while ((state & kPartingBit) == 0) {
      if (at == end) return sink.Alive({state, kTogether});
      state = together_[state + classes_[*at++]];
      if (state == 0) return;
    }
    const Parting& parting = partings_[state & ~kPartingBit];
    for (const std::uint32_t owner : parting.owners) sink.Match(owner);
    for (const Branch& branch : parting.branches) {
      if (at < end && !branch.Survives(*at)) continue;
      if (sink.Wants(branch.owner)) Read(branch.reading, at, end, sink);
    }
    return;
  }
  const Way& way = ways_[reading.way];
  const std::uint16_t* const rows = next_.data() + way.begin;
  while (at < end) {
    state = rows[state * way.stride + way.classes[*at++]];
    if (state > kMatched) continue;
    if (state == kMatched) sink.Match(way.owner);
    return;
  }
  sink.Alive({state, reading.way});
}

// What the end of the text says about a reading that is alive there.
template <typename Sink>
void Automaton::Finish(Reading reading, Sink& sink) const {
  if (reading.way != kTogether) {
    const Way& way = ways_[reading.way];
    const std::size_t row = way.begin + std::size_t{reading.state} * way.stride;
    if (next_[row + way.stride - 1] == kMatched) sink.Match(way.owner);
    return;
  }
  const std::uint32_t entry = together_[reading.state + together_stride_ - 1];
  if ((entry & kPartingBit) == 0) return;
  for (const std::uint32_t owner : partings_[entry & ~kPartingBit].owners) sink.Match(owner);
}

// Keeps which expressions match at all.
struct Automaton::AnySink {
  const Automaton& automaton;
  OwnerSet& found;
  std::vector<Reading>& alive;
  Seen& seen;
  bool Wants(std::uint32_t owner) const { return found[owner] == 0; }
  void Match(std::uint32_t owner) { found[owner] = 1; }
  void Alive(Reading reading) {
    if (seen.Add(automaton.NumberOf(reading))) alive.push_back(reading);
  }
};

// Keeps which expressions match from one place.
struct Automaton::PlaceSink {
  std::vector<Place>& places;
  std::vector<Reading>& alive;
  std::uint32_t begin;
  static bool Wants(std::uint32_t /*owner*/) { return true; }
  void Match(std::uint32_t owner) { places.push_back({owner, begin}); }
  void Alive(Reading reading) { alive.push_back(reading); }
};

Automaton::Before Automaton::BeforeAt(const std::uint8_t* bytes, std::size_t at) {
  if (at == 0) return kTextBegin;
  return kIsWord[bytes[at - 1]] != 0 ? kWord : kNonWord;
}

void Automaton::FindAny(std::string_view text, OwnerSet& found) const {
  thread_local std::vector<Reading> now;
  thread_local std::vector<Reading> later;
  thread_local Seen seen;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t size = text.size();
  AnySink sink{*this, found, later, seen};
  now.clear();
  for (std::size_t block = 0; block < size; block += kBlockBytes) {
    const std::size_t end = std::min(size, block + kBlockBytes);
    later.clear();
    seen.Begin(states_);
    for (const Reading reading : now) Read(reading, bytes + block, bytes + end, sink);
    for (std::uint64_t open = openings_.In(text, block, end); open != 0; open &= open - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(open));
      Read({starts_[BeforeAt(bytes, at)], kTogether}, bytes + at, bytes + end, sink);
    }
    now.swap(later);
  }
  for (const Reading reading : now) Finish(reading, sink);
}

bool Automaton::FindPlaces(std::string_view text, std::vector<Place>& places) const {
  std::size_t steps_left = kStepsFree + text.size() * kStepsPerByte;
  for (std::size_t block = 0; block < text.size(); block += kBlockBytes) {
    const std::size_t end = std::min(text.size(), block + kBlockBytes);
    for (std::uint64_t open = openings_.In(text, block, end); open != 0; open &= open - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(open));
      if (!FindPlacesAt(text, at, steps_left, places)) return false;
    }
  }
  return true;
}

// Reads from `at` alone until nothing is alive. The first block is not counted: it is short for
// nearly every place.
bool Automaton::FindPlacesAt(std::string_view text, std::size_t at, std::size_t& steps_left,
                             std::vector<Place>& places) const {
  thread_local std::vector<Reading> now;
  thread_local std::vector<Reading> later;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t size = text.size();
  PlaceSink sink{places, later, static_cast<std::uint32_t>(at)};
  now.assign(1, {starts_[BeforeAt(bytes, at)], kTogether});
  for (std::size_t from = at; !now.empty() && from < size; from += kBlockBytes) {
    const std::size_t end = std::min(size, from + kBlockBytes);
    if (from > at) {
      const std::size_t steps = now.size() * kBlockBytes;
      if (steps_left < steps) return false;
      steps_left -= steps;
    }
    later.clear();
    for (const Reading reading : now) Read(reading, bytes + from, bytes + end, sink);
    now.swap(later);
  }
  for (const Reading reading : now) Finish(reading, sink);
  return true;
}

}  // namespace axonflow::policy

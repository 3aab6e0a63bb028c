#include "policy/automaton.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace axonflow::policy {
namespace {

constexpr std::size_t kBlockBytes = 64;
// Steps that FindPlaces may spend, for a text of n bytes: kStepsFree + n * kStepsPerByte.
constexpr std::size_t kStepsFree = 1U << 14U;
constexpr std::size_t kStepsPerByte = 32;
// How far, and in how many states at most, expressions are read together.
constexpr std::size_t kTogetherBytes = 4;
constexpr std::size_t kTogetherStatesMax = 3000;

// Bytes reduced to symbols: letters without case, digits as one, every other printable character, and
// the rest as one. The last symbol stands for the end of the text.
constexpr std::uint8_t kEndSymbol = 63;
constexpr std::array<std::uint8_t, 256> BuildSymbols() {
  constexpr std::uint8_t kDigit = 26;
  constexpr std::uint8_t kWhite = 27;
  constexpr std::uint8_t kNewline = 28;
  constexpr std::uint8_t kOther = 29;
  std::array<std::uint8_t, 256> symbols{};
  symbols.fill(kOther);
  std::uint8_t next = kOther + 1;
  for (unsigned byte = ' '; byte < 0x7F; ++byte) {
    const unsigned lower = byte | 0x20U;
    if (lower >= 'a' && lower <= 'z') {
      symbols[byte] = static_cast<std::uint8_t>(lower - 'a');
    } else if (byte >= '0' && byte <= '9') {
      symbols[byte] = kDigit;
    } else {
      symbols[byte] = next++;
    }
  }
  for (const unsigned byte : {'\t', '\r', '\f'}) symbols[byte] = kWhite;
  symbols['\n'] = kNewline;
  return symbols;
}
constexpr auto kSymbolOf = BuildSymbols();
static_assert(*std::max_element(kSymbolOf.begin(), kSymbolOf.end()) == kEndSymbol - 1);

constexpr std::array<std::uint8_t, 256> BuildBefore() {
  std::array<std::uint8_t, 256> before{};
  for (unsigned byte = '0'; byte <= 'z'; ++byte) {
    const unsigned lower = byte | 0x20U;
    before[byte] = (lower >= 'a' && lower <= 'z') || byte <= '9' || byte == '_';
  }
  return before;
}
constexpr auto kIsWord = BuildBefore();

// States that are alive at the end of a block, each once.
struct Alive {
  std::vector<std::uint32_t> states;
  std::vector<std::uint32_t> seen;  // by state: the round in which it was added last
  std::uint32_t round = 0;

  void Begin(std::size_t state_count) {
    states.clear();
    if (seen.size() < state_count) seen.resize(state_count);
    if (++round == 0) {
      std::fill(seen.begin(), seen.end(), 0);
      round = 1;
    }
  }
  void Add(std::uint32_t state, std::uint32_t index) {
    if (seen[index] == round) return;
    seen[index] = round;
    states.push_back(state);
  }
};

// Splits the classes so that each lies wholly within `set` or wholly outside; returns their number.
std::size_t Refine(const std::bitset<256>& set, std::size_t count,
                   std::array<std::uint8_t, 256>& classes) {
  std::array<int, 512> renamed;
  renamed.fill(-1);
  int next = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    int& name = renamed[classes[byte] * 2U + (set[byte] ? 1U : 0U)];
    if (name < 0) name = next++;
    classes[byte] = static_cast<std::uint8_t>(name);
  }
  (void)count;
  return static_cast<std::size_t>(next);
}

// The table of one way to write one expression: a state is the set of steps that are alive, with
// what they must know about the byte before them.
class SingleTable {
 public:
  struct State {
    std::vector<std::uint32_t> steps;  // kBytes, and kAssert that wait for the next byte
    bool matched = false;              // on arriving here
    bool asks = false;                 // has a kAssert
    bool after_word = false;
    bool at_begin = false;
  };

  SingleTable(const ByteProgram& program, std::uint32_t first_step, std::uint32_t last_step)
      : program_(program),
        first_step_(first_step),
        last_step_(last_step),
        marks_(last_step - first_step) {}

  bool Build(std::uint32_t start, std::size_t states_max);

  std::vector<State> states;
  std::vector<std::uint32_t> rows;  // states by class, and one for the end of the text
  std::array<std::uint8_t, 256> classes{};
  std::size_t class_count = 0;
  std::array<std::uint32_t, 3> starts{};  // after no word, after a word, at the text's begin

 private:
  // What stands behind the place, as far as assertions ask.
  enum class After : std::uint8_t { kNonWord, kWord, kTextEnd };

  void MakeClasses();
  void Expand(std::uint32_t step, std::vector<std::uint32_t>& into);
  static bool Holds(Assertion assertion, const State& state, After after);
  std::uint32_t Intern(const std::vector<std::uint32_t>& raw, bool matched, bool after_word,
                       bool at_begin);
  bool Closure(const State& state, After after, std::vector<std::uint32_t>& bytes);
  void FillRow(std::uint32_t index);

  const ByteProgram& program_;
  std::uint32_t first_step_;
  std::uint32_t last_step_;
  std::vector<std::uint32_t> marks_;  // by step: the visit that met it last
  std::uint32_t visit_ = 0;
  std::vector<std::uint32_t> reached_;
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<bool> class_is_word_;
  std::vector<std::uint32_t> set_of_;                    // by step
  std::vector<std::vector<std::uint8_t>> classes_of_set_;
  std::vector<std::vector<std::uint32_t>> buckets_;      // by class, for FillRow
  std::vector<std::vector<std::uint32_t>> filled_;
};

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
    const auto [place, added] =
        set_ids.try_emplace(bytes, static_cast<std::uint32_t>(sets.size()));
    if (added) sets.push_back(bytes);
    set_of_[i - first_step_] = place->second;
  }
  for (unsigned byte = 0; byte < 256; ++byte) classes[byte] = kIsWord[byte];
  class_count = 2;
  for (const auto& set : sets) class_count = Refine(set, class_count, classes);
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

}  // namespace

// Puts the tables of all expressions together.
class Automaton::Builder {
 public:
  Builder(const ByteProgram& program, std::size_t states_max)
      : program_(program), states_max_(states_max) {}

  bool Build(Automaton& out);

 private:
  struct State {
    std::vector<std::uint32_t> owners;  // expressions that have matched on arriving here
    std::vector<std::uint32_t> ways;    // states of several expressions that are read together
    std::uint8_t depth = 0;             // bytes read together
    bool reads_on = false;
  };

  bool AddSingle(std::size_t start, std::vector<SingleTable>& tables);
  void MakeClasses(const std::vector<SingleTable>& tables, Automaton& out);
  void AddStates(const SingleTable& table, std::uint32_t owner);
  std::uint32_t InternTogether(std::vector<std::uint32_t> ways, std::vector<std::uint32_t> owners,
                               std::size_t depth);
  void AddWay(std::uint32_t state, std::vector<std::uint32_t>& ways,
              std::vector<std::uint32_t>& owners) const;
  void FillTogetherRow(std::uint32_t index);
  void Finish(const std::array<std::uint32_t, 3>& starts, Automaton& out) const;
  std::uint64_t LiveSymbols(std::uint32_t state);
  std::vector<std::uint32_t> DealIntoGroups();
  void MakeOpenings(Automaton& out);

  const ByteProgram& program_;
  std::size_t states_max_;
  std::vector<State> states_;
  std::map<std::array<std::vector<std::uint32_t>, 2>, std::uint32_t> together_;
  std::size_t single_count_ = 0;
  std::array<std::vector<std::uint32_t>, 3> start_ways_;  // by Before, then by start
  std::vector<std::uint32_t> rows_;                       // states by class, not premultiplied
  std::array<std::uint8_t, 256> classes_{};
  std::size_t class_count_ = 0;
  std::vector<std::uint64_t> class_symbols_;  // by class: its symbols
  std::vector<std::uint64_t> live_;           // by state: LiveSymbols once known
};

bool Automaton::Builder::AddSingle(std::size_t start, std::vector<SingleTable>& tables) {
  const std::uint32_t first = program_.ranges[start].first;
  const std::uint32_t last = program_.ranges[start].last;
  tables.emplace_back(program_, first, last);
  return tables.back().Build(program_.starts[start], states_max_);
}

void Automaton::Builder::MakeClasses(const std::vector<SingleTable>& tables, Automaton& out) {
  class_count_ = 1;
  for (const SingleTable& table : tables) {
    // Two bytes stay together when every table has them together.
    std::map<std::array<std::uint8_t, 2>, std::uint8_t> names;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto [place, added] = names.try_emplace({classes_[byte], table.classes[byte]},
                                                    static_cast<std::uint8_t>(names.size()));
      classes_[byte] = place->second;
    }
    class_count_ = names.size();
  }
  class_symbols_.resize(class_count_);
  for (unsigned byte = 0; byte < 256; ++byte) {
    class_symbols_[classes_[byte]] |= 1ULL << kSymbolOf[byte];
  }
  out.classes_ = classes_;
}

// Takes over the states of one table but the dead one, in terms of the common classes.
void Automaton::Builder::AddStates(const SingleTable& table, std::uint32_t owner) {
  const auto base = static_cast<std::uint32_t>(states_.size()) - 1;
  const auto renamed = [base](std::uint32_t state) { return state == 0 ? 0 : base + state; };
  std::vector<std::uint8_t> local(class_count_);
  for (unsigned byte = 0; byte < 256; ++byte) local[classes_[byte]] = table.classes[byte];
  for (std::size_t i = 1; i < table.states.size(); ++i) {
    State state;
    if (table.states[i].matched) state.owners.push_back(owner);
    state.reads_on = !table.states[i].steps.empty();
    states_.push_back(std::move(state));
    const std::uint32_t* row = table.rows.data() + i * (table.class_count + 1);
    for (std::size_t c = 0; c < class_count_; ++c) rows_.push_back(renamed(row[local[c]]));
    rows_.push_back(renamed(row[table.class_count]));
  }
  for (std::size_t i = 0; i < table.starts.size(); ++i) {
    start_ways_[i].push_back(renamed(table.starts[i]));
  }
}

// Sorts what arriving in `state` of a single expression means into `ways` and `owners`.
void Automaton::Builder::AddWay(std::uint32_t state, std::vector<std::uint32_t>& ways,
                                std::vector<std::uint32_t>& owners) const {
  const State& single = states_[state];
  owners.insert(owners.end(), single.owners.begin(), single.owners.end());
  if (single.reads_on) ways.push_back(state);
}

// The state in which all `ways` are alive and `owners` have matched.
std::uint32_t Automaton::Builder::InternTogether(std::vector<std::uint32_t> ways,
                                                 std::vector<std::uint32_t> owners,
                                                 std::size_t depth) {
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  if (ways.empty() && owners.empty()) return 0;
  if (ways.size() == 1 && states_[ways[0]].owners == owners) return ways[0];
  const auto [place, added] = together_.try_emplace({ways, owners},
                                                    static_cast<std::uint32_t>(states_.size()));
  if (added) {
    State state;
    state.owners = std::move(owners);
    state.ways = std::move(ways);
    state.depth = static_cast<std::uint8_t>(
        states_.size() - single_count_ < kTogetherStatesMax ? depth : kTogetherBytes);
    states_.push_back(std::move(state));
  }
  return place->second;
}

void Automaton::Builder::FillTogetherRow(std::uint32_t index) {
  const std::size_t row = rows_.size();
  const std::size_t stride = class_count_ + 1;
  rows_.resize(row + stride);
  const std::size_t depth = states_[index].depth;
  if (depth >= kTogetherBytes) return;
  const std::vector<std::uint32_t> ways = states_[index].ways;
  for (std::size_t c = 0; c < stride; ++c) {
    std::vector<std::uint32_t> next_ways;
    std::vector<std::uint32_t> owners;
    for (const std::uint32_t way : ways) {
      const std::uint32_t next = rows_[way * stride + c];
      if (next != 0) AddWay(next, next_ways, owners);
    }
    const std::uint32_t next = InternTogether(std::move(next_ways), std::move(owners), depth + 1);
    rows_[row + c] = next;
  }
}

// Orders the states so that the silent ones come first and writes the table.
void Automaton::Builder::Finish(const std::array<std::uint32_t, 3>& starts, Automaton& out) const {
  const auto count = static_cast<std::uint32_t>(states_.size());
  const auto stride = static_cast<std::uint32_t>(class_count_ + 1);
  const auto is_event = [](const State& state) {
    return !state.owners.empty() || (!state.ways.empty() && state.depth >= kTogetherBytes);
  };
  std::vector<std::uint32_t> place(count);
  std::uint32_t at = 0;
  for (const bool event : {false, true}) {
    if (event) out.first_event_ = at * stride;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (is_event(states_[i]) == event) place[i] = at++ * stride;
    }
  }
  out.states_ = count;
  out.stride_ = stride;
  out.next_.resize(static_cast<std::size_t>(count) * stride);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t* from = rows_.data() + static_cast<std::size_t>(i) * stride;
    std::uint32_t* to = out.next_.data() + place[i];
    for (std::uint32_t c = 0; c < stride; ++c) to[c] = place[from[c]];
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const State& state = states_[i];
    if (!is_event(state)) continue;
    Event event;
    event.owners = state.owners;
    if (state.depth >= kTogetherBytes) {
      for (const std::uint32_t way : state.ways) event.ways.push_back(place[way]);
    }
    out.events_.push_back(std::move(event));
  }
  for (std::size_t i = 0; i < starts.size(); ++i) out.starts_[i] = place[starts[i]];
}

// The symbols that a reading in `state` survives; all when it has matched already.
std::uint64_t Automaton::Builder::LiveSymbols(std::uint32_t state) {
  std::uint64_t& live = live_[state];
  if (live != 0) return live;
  if (!states_[state].owners.empty()) return live = ~0ULL;
  const std::uint32_t* row = rows_.data() + static_cast<std::size_t>(state) * (class_count_ + 1);
  if (row[class_count_] != 0) live |= 1ULL << kEndSymbol;
  for (std::size_t c = 0; c < class_count_; ++c) {
    if (row[c] != 0) live |= class_symbols_[c];
  }
  return live;
}

// Indexes of starts, those that begin alike next to each other.
std::vector<std::uint32_t> Automaton::Builder::DealIntoGroups() {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  for (std::uint32_t i = 0; i < program_.starts.size(); ++i) {
    order.emplace_back(LiveSymbols(start_ways_[kNonWord][i]), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> starts;
  for (const auto& [live, start] : order) starts.push_back(start);
  return starts;
}

void Automaton::Builder::MakeOpenings(Automaton& out) {
  constexpr std::size_t kGroups = sizeof(Groups) * 8;
  const std::size_t stride = class_count_ + 1;
  live_.assign(single_count_, 0);
  const std::vector<std::uint32_t> order = DealIntoGroups();
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto group = static_cast<Groups>(1U << (k * kGroups / order.size()));
    // Marks the pairs of symbols that follow `states`; returns the states behind the pair, and says
    // whether one of them or the one between has matched.
    const auto mark = [&](const std::vector<std::uint32_t>& states, auto& pairs, bool& matched) {
      std::vector<std::uint32_t> behind;
      std::array<std::uint64_t, kSymbols> live{};
      for (const std::uint32_t state : states) {
        const std::uint32_t* row = rows_.data() + state * stride;
        if (row[class_count_] != 0) live[kEndSymbol] = ~0ULL;
        matched |= row[class_count_] != 0;
        for (std::size_t c = 0; c < class_count_; ++c) {
          if (row[c] == 0) continue;
          for (std::uint64_t s = class_symbols_[c]; s != 0; s &= s - 1) {
            live[static_cast<std::size_t>(std::countr_zero(s))] |= LiveSymbols(row[c]);
          }
          const std::uint32_t* second = rows_.data() + row[c] * stride;
          for (std::size_t d = 0; d <= class_count_; ++d) {
            if (second[d] != 0) behind.push_back(second[d]);
          }
          matched |= !states_[row[c]].owners.empty();
        }
        std::sort(behind.begin(), behind.end());
        behind.erase(std::unique(behind.begin(), behind.end()), behind.end());
      }
      for (const std::uint32_t state : behind) matched |= !states_[state].owners.empty();
      for (std::size_t first = 0; first < kSymbols; ++first) {
        for (std::uint64_t s = live[first]; s != 0; s &= s - 1) {
          pairs[first * kSymbols + static_cast<std::size_t>(std::countr_zero(s))] |= group;
        }
      }
      return behind;
    };
    bool matched = false;
    auto states = mark({start_ways_[kWord][order[k]]}, out.first_pair_[kWord], matched);
    const auto others = mark({start_ways_[kNonWord][order[k]]}, out.first_pair_[kNonWord], matched);
    states.insert(states.end(), others.begin(), others.end());
    for (auto* pairs : {&out.second_pair_, &out.third_pair_}) {
      if (matched) {
        for (Groups& groups : *pairs) groups |= group;
      }
      states = mark(states, *pairs, matched);
    }
  }
}

bool Automaton::Builder::Build(Automaton& out) {
  std::vector<SingleTable> tables;
  tables.reserve(program_.starts.size());
  for (std::size_t i = 0; i < program_.starts.size(); ++i) {
    if (!AddSingle(i, tables)) return false;
  }
  MakeClasses(tables, out);
  states_.emplace_back();  // the dead state is number 0
  rows_.resize(class_count_ + 1);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    AddStates(tables[i], program_.steps[program_.starts[i]].owner);
    if (states_.size() > states_max_) return false;
  }
  single_count_ = states_.size();
  std::array<std::uint32_t, 3> starts{};
  for (std::size_t i = 0; i < starts.size(); ++i) starts[i] = InternTogether(start_ways_[i], {}, 0);
  for (auto i = static_cast<std::uint32_t>(single_count_); i < states_.size(); ++i) {
    FillTogetherRow(i);
  }
  Finish(starts, out);
  MakeOpenings(out);
  return true;
}

std::unique_ptr<const Automaton> Automaton::Build(const ByteProgram& program,
                                                  std::size_t states_max) {
  auto automaton = std::make_unique<Automaton>();
  Builder builder(program, states_max);
  if (!builder.Build(*automaton)) return nullptr;
  return automaton;
}

std::size_t Automaton::memory_bytes() const {
  return next_.size() * sizeof(std::uint32_t) + events_.size() * sizeof(Event) + sizeof(*this);
}

template <typename OnMatch, typename OnAlive>
void Automaton::Read(std::uint32_t state, const std::uint8_t* at, const std::uint8_t* end,
                     OnMatch& on_match, OnAlive& on_alive) const {
  const std::uint32_t* const next = next_.data();
  const std::uint32_t interesting = first_event_ - 1;
  while (at < end) {
    state = next[state + classes_[*at++]];
    if (state - 1 < interesting) continue;
    if (state == 0) return;  // it wraps round in the comparison
    const Event& event = EventOf(state);
    for (const std::uint32_t owner : event.owners) on_match(owner);
    if (!event.ways.empty()) {
      for (const std::uint32_t way : event.ways) Read(way, at, end, on_match, on_alive);
      return;
    }
  }
  on_alive(state);
}

Automaton::Before Automaton::BeforeAt(const std::uint8_t* bytes, std::size_t at) {
  if (at == 0) return kTextBegin;
  return kIsWord[bytes[at - 1]] != 0 ? kWord : kNonWord;
}

// A bit for each place of [begin, end), at most kBlockBytes of them, where a match may begin.
std::uint64_t Automaton::Openings(std::string_view text, std::size_t begin, std::size_t end) const {
  static_assert(kBlockBytes == 64);
  constexpr std::size_t kAhead = 5;
  // The block and some symbols more, behind which the text has ended as far as anybody can see.
  std::array<std::uint8_t, kBlockBytes + kAhead> symbols;
  const std::size_t known = std::min(text.size(), end + kAhead);
  for (std::size_t i = begin; i < known; ++i) {
    symbols[i - begin] = kSymbolOf[static_cast<std::uint8_t>(text[i])];
  }
  for (std::size_t i = known; i < end + kAhead; ++i) symbols[i - begin] = kEndSymbol;
  std::uint64_t openings = 0;
  std::size_t before =
      begin > 0 ? kIsWord[static_cast<std::uint8_t>(text[begin - 1])] : std::size_t{kNonWord};
  std::size_t pair = symbols[0] * kSymbols + symbols[1];
  std::size_t pair1 = symbols[1] * kSymbols + symbols[2];
  std::size_t pair2 = symbols[2] * kSymbols + symbols[3];
  std::size_t pair3 = symbols[3] * kSymbols + symbols[4];
  const std::size_t count = end - begin;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t pair4 = symbols[i + 4] * kSymbols + symbols[i + 5];
    const Groups groups = first_pair_[before][pair] & second_pair_[pair2] & third_pair_[pair4];
    openings |= static_cast<std::uint64_t>(groups != 0) << i;
    before = kIsWord[static_cast<std::uint8_t>(text[begin + i])];
    pair = pair1;
    pair1 = pair2;
    pair2 = pair3;
    pair3 = pair4;
  }
  // Assertions of the text's begin hold at its first place alone.
  if (begin == 0) openings |= 1;
  return openings;
}

void Automaton::FindAny(std::string_view text, OwnerSet& found) const {
  thread_local Alive now;
  thread_local Alive later;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t size = text.size();
  const auto on_match = [&](std::uint32_t owner) { found[owner] = 1; };
  const auto on_alive = [&](std::uint32_t state) { later.Add(state, state / stride_); };
  now.Begin(states_);
  for (std::size_t block = 0; block < size; block += kBlockBytes) {
    const std::size_t end = std::min(size, block + kBlockBytes);
    later.Begin(states_);
    for (const std::uint32_t state : now.states) {
      Read(state, bytes + block, bytes + end, on_match, on_alive);
    }
    for (std::uint64_t open = Openings(text, block, end); open != 0; open &= open - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(open));
      Read(starts_[BeforeAt(bytes, at)], bytes + at, bytes + end, on_match, on_alive);
    }
    std::swap(now, later);
  }
  for (const std::uint32_t state : now.states) {
    const std::uint32_t ended = next_[state + stride_ - 1];
    if (ended == 0) continue;
    for (const std::uint32_t owner : EventOf(ended).owners) found[owner] = 1;
  }
}

bool Automaton::FindPlaces(std::string_view text, std::vector<Place>& places) const {
  std::size_t steps_left = kStepsFree + text.size() * kStepsPerByte;
  for (std::size_t block = 0; block < text.size(); block += kBlockBytes) {
    const std::size_t end = std::min(text.size(), block + kBlockBytes);
    for (std::uint64_t open = Openings(text, block, end); open != 0; open &= open - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(open));
      if (!FindPlacesAt(text, at, steps_left, places)) return false;
    }
  }
  return true;
}

// Reads from `at` alone until nothing is alive.
bool Automaton::FindPlacesAt(std::string_view text, std::size_t at, std::size_t& steps_left,
                             std::vector<Place>& places) const {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::size_t size = text.size();
  thread_local std::vector<std::uint32_t> now;
  thread_local std::vector<std::uint32_t> later;
  const auto on_match = [&](std::uint32_t owner) {
    places.push_back({owner, static_cast<std::uint32_t>(at)});
  };
  const auto on_alive = [&](std::uint32_t state) { later.push_back(state); };
  now.assign(1, starts_[BeforeAt(bytes, at)]);
  for (std::size_t from = at; !now.empty() && from < size; from += kBlockBytes) {
    const std::size_t end = std::min(size, from + kBlockBytes);
    const std::size_t steps = now.size() * kBlockBytes;
    if (steps_left < steps) return false;
    steps_left -= from == at ? std::size_t{4} : steps;
    later.clear();
    for (const std::uint32_t state : now) Read(state, bytes + from, bytes + end, on_match, on_alive);
    std::swap(now, later);
  }
  for (const std::uint32_t state : now) {
    const std::uint32_t ended = next_[state + stride_ - 1];
    if (ended == 0) continue;
    for (const std::uint32_t owner : EventOf(ended).owners) on_match(owner);
  }
  return true;
}

}  // namespace axonflow::policy

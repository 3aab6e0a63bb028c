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
constexpr std::size_t kTogetherBytes = 3;
constexpr std::size_t kTogetherStatesMax = 1000;

// Bytes reduced to symbols: letters without case, digits as one, every other printable character,
// and the rest as one. The last symbol stands for the end of the text.
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
  std::vector<std::uint64_t> class_symbols;  // by class: the symbols of its bytes
  std::array<std::uint32_t, 3> starts{};     // after no word, after a word, at the text's begin

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
  std::vector<std::uint32_t> set_of_;  // by step
  std::vector<std::vector<std::uint8_t>> classes_of_set_;
  std::vector<std::vector<std::uint32_t>> buckets_;  // by class, for FillRow
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
    const auto [place, added] = set_ids.try_emplace(bytes, static_cast<std::uint32_t>(sets.size()));
    if (added) sets.push_back(bytes);
    set_of_[i - first_step_] = place->second;
  }
  for (unsigned byte = 0; byte < 256; ++byte) classes[byte] = kIsWord[byte];
  class_count = 2;
  for (const auto& set : sets) class_count = Refine(set, classes);
  class_is_word_.resize(class_count);
  class_symbols.resize(class_count);
  for (unsigned byte = 0; byte < 256; ++byte) {
    class_symbols[classes[byte]] |= 1ULL << kSymbolOf[byte];
  }
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
  Builder(const ByteProgram& program, std::size_t way_states_max, std::size_t states_max)
      : program_(program), way_states_max_(way_states_max), states_max_(states_max) {}

  bool Build(Automaton& out, std::uint32_t& too_large);

 private:
  struct Local {
    std::uint32_t way;
    std::uint32_t state;  // in the table of the way
    auto operator<=>(const Local&) const = default;
  };

  void MakeClasses(Automaton& out);
  void AddWay(const SingleTable& table, std::uint32_t owner, Automaton& out) const;
  std::uint32_t InternTogether(const std::vector<Local>& reached, std::size_t depth,
                               Automaton& out);
  void FillTogetherRow(std::size_t index, Automaton& out);
  std::uint64_t LiveSymbols(const SingleTable& table, std::uint32_t state) const;
  std::vector<std::uint32_t> DealIntoGroups() const;
  template <typename Pairs>
  std::vector<std::uint32_t> MarkPairs(const SingleTable& table,
                                       const std::vector<std::uint32_t>& states, Groups group,
                                       Pairs& pairs, bool& matched) const;
  void MakeOpenings(Automaton& out) const;

  const ByteProgram& program_;
  std::size_t way_states_max_;
  std::size_t states_max_;
  std::vector<SingleTable> tables_;
  std::size_t class_count_ = 0;
  std::vector<std::vector<std::uint8_t>> local_;  // by way: its class for each common class
  std::map<std::vector<Local>, std::uint32_t> together_;
  std::vector<std::vector<Local>> members_;  // by state that is read together
  std::vector<std::size_t> depths_;
};

// Two bytes are in one class of the whole when every table has them in one.
void Automaton::Builder::MakeClasses(Automaton& out) {
  auto& classes = out.classes_;
  for (const SingleTable& table : tables_) {
    std::array<int, 1U << 16U> names;
    names.fill(-1);
    int count = 0;
    for (unsigned byte = 0; byte < 256; ++byte) {
      int& name = names[classes[byte] << 8U | table.classes[byte]];
      if (name < 0) name = count++;
      classes[byte] = static_cast<std::uint8_t>(name);
    }
    class_count_ = static_cast<std::size_t>(count);
  }
  local_.resize(tables_.size());
  for (std::size_t way = 0; way < tables_.size(); ++way) {
    local_[way].resize(class_count_);
    for (unsigned byte = 0; byte < 256; ++byte) {
      local_[way][classes[byte]] = tables_[way].classes[byte];
    }
  }
  out.together_stride_ = static_cast<std::uint32_t>(class_count_ + 1);
}

void Automaton::Builder::AddWay(const SingleTable& table, std::uint32_t owner,
                                Automaton& out) const {
  Way way;
  way.owner = owner;
  way.begin = static_cast<std::uint32_t>(out.next_.size());
  way.stride = static_cast<std::uint32_t>(table.class_count + 1);
  way.number = static_cast<std::uint32_t>(out.states_);
  way.classes = table.classes;
  out.states_ += table.states.size();
  for (const std::uint32_t state : table.rows) {
    const bool matched = table.states[state].matched;
    out.next_.push_back(state == 0 ? 0 : matched ? kMatched : way.begin + state * way.stride);
  }
  out.ways_.push_back(way);
}

// The entry for the state in which all of `reached` are alive or have just matched.
std::uint32_t Automaton::Builder::InternTogether(const std::vector<Local>& reached,
                                                 std::size_t depth, Automaton& out) {
  if (reached.empty()) return 0;
  const auto known = together_.find(reached);
  if (known != together_.end()) return known->second;
  const bool matched = std::ranges::any_of(
      reached, [&](const Local& at) { return tables_[at.way].states[at.state].matched; });
  std::uint32_t entry = 0;
  if (matched || depth >= kTogetherBytes || reached.size() == 1 ||
      members_.size() >= kTogetherStatesMax) {
    Parting parting;
    for (const Local& at : reached) {
      const Way& way = out.ways_[at.way];
      if (tables_[at.way].states[at.state].matched) {
        parting.owners.push_back(way.owner);
      } else {
        parting.readings.push_back({way.begin + at.state * way.stride, at.way});
      }
    }
    entry = kPartingBit | static_cast<std::uint32_t>(out.partings_.size());
    out.partings_.push_back(std::move(parting));
  } else {
    members_.push_back(reached);
    depths_.push_back(depth);
    entry = static_cast<std::uint32_t>(members_.size()) * out.together_stride_;
  }
  together_.emplace(reached, entry);
  return entry;
}

void Automaton::Builder::FillTogetherRow(std::size_t index, Automaton& out) {
  const std::vector<Local> members = members_[index];
  std::vector<Local> reached;
  for (std::size_t c = 0; c <= class_count_; ++c) {
    reached.clear();
    for (const Local& at : members) {
      const SingleTable& table = tables_[at.way];
      const std::size_t local = c < class_count_ ? local_[at.way][c] : table.class_count;
      const std::uint32_t next = table.rows[at.state * (table.class_count + 1) + local];
      if (next != 0) reached.push_back({at.way, next});
    }
    out.together_.push_back(InternTogether(reached, depths_[index] + 1, out));
  }
}

// The symbols that a reading in `state` survives; all when it has matched already.
std::uint64_t Automaton::Builder::LiveSymbols(const SingleTable& table, std::uint32_t state) const {
  if (table.states[state].matched) return ~0ULL;
  const std::uint32_t* row = table.rows.data() + state * (table.class_count + 1);
  std::uint64_t live = row[table.class_count] != 0 ? 1ULL << kEndSymbol : 0;
  for (std::size_t c = 0; c < table.class_count; ++c) {
    if (row[c] != 0) live |= table.class_symbols[c];
  }
  return live;
}

// Indexes of ways, those that begin alike next to each other.
std::vector<std::uint32_t> Automaton::Builder::DealIntoGroups() const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  for (std::uint32_t i = 0; i < tables_.size(); ++i) {
    order.emplace_back(LiveSymbols(tables_[i], tables_[i].starts[kNonWord]), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> ways;
  for (const auto& [live, way] : order) ways.push_back(way);
  return ways;
}

// Marks the pairs of symbols that follow `states`; returns the states behind the pair, and says
// whether one of them or of those between has matched.
template <typename Pairs>
std::vector<std::uint32_t> Automaton::Builder::MarkPairs(const SingleTable& table,
                                                         const std::vector<std::uint32_t>& states,
                                                         Groups group, Pairs& pairs,
                                                         bool& matched) const {
  const std::size_t stride = table.class_count + 1;
  std::vector<bool> is_behind(table.states.size());
  std::array<std::uint64_t, kSymbols> live{};
  for (const std::uint32_t state : states) {
    const std::uint32_t* row = table.rows.data() + state * stride;
    if (row[table.class_count] != 0) {
      live[kEndSymbol] = ~0ULL;
      matched = true;
    }
    for (std::size_t c = 0; c < table.class_count; ++c) {
      if (row[c] == 0) continue;
      matched |= table.states[row[c]].matched;
      const std::uint64_t follow = LiveSymbols(table, row[c]);
      for (std::uint64_t s = table.class_symbols[c]; s != 0; s &= s - 1) {
        live[static_cast<std::size_t>(std::countr_zero(s))] |= follow;
      }
      const std::uint32_t* second = table.rows.data() + row[c] * stride;
      for (std::size_t d = 0; d < stride; ++d) is_behind[second[d]] = true;
    }
  }
  for (std::size_t first = 0; first < kSymbols; ++first) {
    for (std::uint64_t s = live[first]; s != 0; s &= s - 1) {
      pairs[first * kSymbols + static_cast<std::size_t>(std::countr_zero(s))] |= group;
    }
  }
  std::vector<std::uint32_t> behind;
  for (std::uint32_t state = 1; state < table.states.size(); ++state) {
    if (!is_behind[state]) continue;
    matched |= table.states[state].matched;
    behind.push_back(state);
  }
  return behind;
}

void Automaton::Builder::MakeOpenings(Automaton& out) const {
  constexpr std::size_t kGroups = sizeof(Groups) * 8;
  const std::vector<std::uint32_t> order = DealIntoGroups();
  for (std::size_t k = 0; k < order.size(); ++k) {
    const SingleTable& table = tables_[order[k]];
    const auto group = static_cast<Groups>(1U << (k * kGroups / order.size()));
    bool matched = false;
    auto states = MarkPairs(table, {table.starts[kWord]}, group, out.first_pair_[kWord], matched);
    const auto others =
        MarkPairs(table, {table.starts[kNonWord]}, group, out.first_pair_[kNonWord], matched);
    states.insert(states.end(), others.begin(), others.end());
    for (auto* pairs : {&out.second_pair_, &out.third_pair_}) {
      if (matched) {
        for (Groups& groups : *pairs) groups |= group;
      }
      states = MarkPairs(table, states, group, *pairs, matched);
    }
  }
}

bool Automaton::Builder::Build(Automaton& out, std::uint32_t& too_large) {
  tables_.reserve(program_.starts.size());
  out.next_.resize(2);  // dead and matched readings are no rows
  for (std::size_t i = 0; i < program_.starts.size(); ++i) {
    const auto [first, last] = program_.ranges[i];
    too_large = program_.steps[first].owner;
    tables_.emplace_back(program_, first, last);
    if (!tables_.back().Build(program_.starts[i], way_states_max_)) return false;
    AddWay(tables_.back(), too_large, out);
    if (out.states_ > states_max_) return false;
  }
  MakeClasses(out);
  out.together_.resize(out.together_stride_);  // state 0 is dead
  for (std::size_t before = 0; before < out.starts_.size(); ++before) {
    std::vector<Local> starts;
    for (std::uint32_t way = 0; way < tables_.size(); ++way) {
      starts.push_back({way, tables_[way].starts[before]});
    }
    out.starts_[before] = InternTogether(starts, 0, out);
  }
  for (std::size_t i = 0; i < members_.size(); ++i) FillTogetherRow(i, out);
  out.first_together_ = static_cast<std::uint32_t>(out.states_);
  out.states_ += members_.size() + 1;
  MakeOpenings(out);
  return true;
}

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
  return (next_.size() + together_.size()) * sizeof(std::uint32_t) + ways_.size() * sizeof(Way) +
         partings_.size() * sizeof(Parting) + sizeof(*this);
}

std::uint32_t Automaton::NumberOf(Reading reading) const {
  if (reading.way == kTogether) {
    return first_together_ + reading.state / together_stride_;
  }
  const Way& way = ways_[reading.way];
  return way.number + (reading.state - way.begin) / way.stride;
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
    for (const Reading& next : parting.readings) {
      if (sink.Wants(ways_[next.way].owner)) Read(next, at, end, sink);
    }
    return;
  }
  const Way& way = ways_[reading.way];
  const std::uint32_t* const next = next_.data();
  while (at < end) {
    state = next[state + way.classes[*at++]];
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
    if (next_[reading.state + way.stride - 1] == kMatched) sink.Match(way.owner);
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
    for (std::uint64_t open = Openings(text, block, end); open != 0; open &= open - 1) {
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
    for (std::uint64_t open = Openings(text, block, end); open != 0; open &= open - 1) {
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

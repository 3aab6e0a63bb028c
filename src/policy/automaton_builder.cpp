#include "policy/automaton_builder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "policy/byte_symbols.h"

namespace axonflow::policy {
namespace {

// How far, and in how many states at most, expressions are read together.
constexpr std::size_t kTogetherBytes = 3;
constexpr std::size_t kTogetherStatesMax = 1000;

}  // namespace

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

}  // namespace axonflow::policy

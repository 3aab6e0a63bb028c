#include "policy/automaton_builder.h"

#include <algorithm>
#include <array>
#include <utility>

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

// Numbers the states of the way so that 1 stays free for all that have matched.
void Automaton::Builder::AddWay(const SingleTable& table, std::uint32_t owner,
                                Automaton& out) const {
  Way way;
  way.owner = owner;
  way.begin = static_cast<std::uint32_t>(out.next_.size());
  way.stride = static_cast<std::uint32_t>(table.class_count + 1);
  way.number = static_cast<std::uint32_t>(out.states_);
  way.classes = table.classes;
  out.states_ += table.states.size() + 1;
  out.next_.resize(out.next_.size() + way.stride);
  for (const std::uint32_t state : table.rows) {
    const bool matched = table.states[state].matched;
    const std::uint32_t number = state == 0 ? 0 : matched ? kMatched : state + 1;
    out.next_.push_back(static_cast<std::uint16_t>(number));
  }
  out.ways_.push_back(way);
}

Automaton::Branch Automaton::Builder::BranchOf(const Local& at, const Automaton& out) const {
  const SingleTable& table = tables_[at.way];
  Branch branch{{at.state + 1, at.way}, out.ways_[at.way].owner, 0};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::size_t row = at.state * (table.class_count + 1);
    if (table.rows[row + table.classes[byte]] != 0) branch.live |= 1ULL << (byte % 64U);
  }
  return branch;
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
      if (tables_[at.way].states[at.state].matched) {
        parting.owners.push_back(out.ways_[at.way].owner);
      } else {
        parting.branches.push_back(BranchOf(at, out));
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

bool Automaton::Builder::Build(Automaton& out, std::uint32_t& too_large) {
  tables_.reserve(program_.starts.size());
  for (std::size_t i = 0; i < program_.starts.size(); ++i) {
    const auto [first, last] = program_.ranges[i];
    too_large = program_.steps[first].owner;
    tables_.emplace_back(program_, first, last);
    const std::size_t way_states_max = std::min(way_states_max_, kWayStatesMax);
    if (!tables_.back().Build(program_.starts[i], way_states_max)) return false;
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
  for (const SingleTable& table : tables_) out.openings_.Add(table);
  return true;
}

}  // namespace axonflow::policy

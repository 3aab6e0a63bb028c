#include "policy/dynamic/needle_matcher.h"

#include <algorithm>
#include <utility>

namespace axonflow::policy {

// The needles as a tree, while it is built.
struct NeedleMatcher::Trie {
  struct Node {
    std::map<unsigned char, std::uint32_t> children;
    std::uint32_t needle = kNone;
  };
  std::vector<Node> nodes{Node{}};

  void Insert(std::string_view text, std::uint32_t needle) {
    std::uint32_t at = 0;
    for (const char c : text) {
      const auto next = static_cast<std::uint32_t>(nodes.size());
      const auto [place, inserted] =
          nodes[at].children.emplace(static_cast<unsigned char>(c), next);
      at = place->second;
      if (inserted) nodes.emplace_back();
    }
    nodes[at].needle = needle;
  }
};

std::uint32_t NeedleMatcher::Add(std::string_view needle) {
  const auto number = static_cast<std::uint32_t>(numbers_.size());
  return numbers_.emplace(std::string(needle), number).first->second;
}

void NeedleMatcher::Build() {
  Trie trie;
  for (const auto& [text, number] : numbers_) {
    trie.Insert(text, number);
    for (const char c : text) {
      auto& its_class = class_[static_cast<unsigned char>(c)];
      if (its_class == 0) its_class = static_cast<std::uint16_t>(classes_++);
    }
  }
  Number(trie);
  LinkAndFill();
}

// Lays the tree out breadth first.
void NeedleMatcher::Number(const Trie& trie) {
  std::vector<std::uint32_t> order{0};  // nodes of the tree by their state
  std::size_t depth_end = 1;            // first state that is deeper than the rows reach
  int depth = 0;
  label_ = {0};
  for (std::size_t state = 0; state < order.size(); ++state) {
    if (state == depth_end) {
      depth_end = order.size();
      ++depth;
    }
    constexpr int kDepthOfRows = 2;
    if (depth <= kDepthOfRows && state < kRowsMax)
      row_count_ = static_cast<std::uint32_t>(state + 1);
    const Trie::Node& node = trie.nodes[order[state]];
    child_begin_.push_back(static_cast<std::uint32_t>(order.size()));
    needle_.push_back(node.needle);
    for (const auto& [byte, child] : node.children) {
      order.push_back(child);
      label_.push_back(byte);
    }
  }
  child_begin_.push_back(static_cast<std::uint32_t>(order.size()));
}

void NeedleMatcher::LinkAndFill() {
  const auto states = static_cast<std::uint32_t>(needle_.size());
  fail_.assign(states, 0);
  report_.assign(states, kNone);
  rows_.assign(std::size_t{row_count_} * classes_, 0);
  std::vector<unsigned char> byte_of(classes_, 0);
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (class_[byte] != 0) byte_of[class_[byte]] = static_cast<unsigned char>(byte);
  }
  for (std::uint32_t state = 0; state < states; ++state) {
    report_[state] = needle_[state] != kNone ? state : state == 0 ? kNone : report_[fail_[state]];
    // Shallower states are complete, so the failure links of the children are one step away.
    for (std::uint32_t child = child_begin_[state]; child < child_begin_[state + 1]; ++child) {
      fail_[child] = state == 0 ? 0 : Step(fail_[state], label_[child]) & ~kReports;
    }
    if (state >= row_count_) continue;
    for (std::uint32_t c = 1; c < classes_; ++c) {
      const std::uint32_t child = Child(state, byte_of[c]);
      rows_[std::size_t{state} * classes_ + c] =
          child != kNone ? child
          : state == 0   ? 0
                         : rows_[std::size_t{fail_[state]} * classes_ + c] & ~kReports;
    }
  }
  for (std::uint32_t& next : rows_) {
    if (report_[next] != kNone) next |= kReports;
  }
}

std::uint32_t NeedleMatcher::Child(std::uint32_t state, unsigned char byte) const {
  const auto begin = label_.begin() + child_begin_[state];
  const auto end = label_.begin() + child_begin_[state + 1];
  const auto place = std::find(begin, end, byte);
  return place == end ? kNone : static_cast<std::uint32_t>(place - label_.begin());
}

std::uint32_t NeedleMatcher::Step(std::uint32_t state, unsigned char byte) const {
  while (state >= row_count_) {
    const std::uint32_t child = Child(state, byte);
    if (child != kNone) return report_[child] != kNone ? child | kReports : child;
    state = fail_[state];
  }
  return rows_[std::size_t{state} * classes_ + class_[byte]];
}

// Each needle is reported once: when its bit is set, those behind it on the way are set too.
void NeedleMatcher::Report(std::uint32_t state, std::vector<std::uint64_t>& found) const {
  for (std::uint32_t at = report_[state]; at != kNone; at = report_[fail_[at]]) {
    const std::uint32_t number = needle_[at];
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    if ((found[number / 64] & bit) != 0) return;
    found[number / 64] |= bit;
  }
}

void NeedleMatcher::Find(std::string_view text, std::vector<std::uint64_t>& found) const {
  const std::uint32_t* const rows = rows_.data();
  const std::uint16_t* const class_of = class_.data();
  const std::size_t classes = classes_;
  const std::uint32_t row_count = row_count_;
  std::uint32_t state = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    state = state < row_count ? rows[state * classes + class_of[byte]] : Step(state, byte);
    if ((state & kReports) == 0) [[likely]] {
      continue;
    }
    state &= ~kReports;
    Report(state, found);
  }
}

}  // namespace axonflow::policy

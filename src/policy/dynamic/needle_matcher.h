#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::policy {

// Finds which of many texts stand in a long one, in a single pass whose cost does not depend on
// their number (Aho and Corasick, 1975). The states near the root, where ordinary text stays, have
// whole rows of successors; the deep ones only their own edges, so that memory is linear in the
// needles. Immutable after Build, then safe from any number of threads.
class NeedleMatcher {
 public:
  // Returns the number of `needle`, the same for equal ones. Never empty. Before Build.
  std::uint32_t Add(std::string_view needle);
  void Build();

  std::size_t size() const { return numbers_.size(); }  // needles
  std::size_t words() const { return (size() + 63) / 64; }

  // Sets the bit of each needle that stands in `text`, byte by byte equal. `found` has words()
  // words; bits that are set stay set.
  void Find(std::string_view text, std::vector<std::uint64_t>& found) const;

  static bool Has(const std::vector<std::uint64_t>& found, std::uint32_t number) {
    return (found[number / 64] >> (number % 64) & 1U) != 0;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::uint32_t kReports = 0x80000000;  // of a successor: see report_
  static constexpr std::size_t kRowsMax = 4'096;

  struct Trie;
  void Number(const Trie& trie);
  void LinkAndFill();
  std::uint32_t Child(std::uint32_t state, unsigned char byte) const;
  std::uint32_t Step(std::uint32_t state, unsigned char byte) const;
  void Report(std::uint32_t state, std::vector<std::uint64_t>& found) const;

  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  // States are numbered breadth first, so the children of one stand in a row and rows come first.
  std::vector<std::uint32_t> child_begin_;  // one more than states
  std::vector<unsigned char> label_;        // byte that leads into the state
  std::vector<std::uint32_t> fail_;
  std::vector<std::uint32_t> needle_;  // that ends in the state, or kNone
  std::vector<std::uint32_t> report_;  // nearest state on the way of fail_, itself included, in
                                       // which a needle ends, or kNone
  std::vector<std::uint32_t> rows_;    // of row_count_ states, classes_ each
  std::uint32_t row_count_ = 0;
  std::uint32_t classes_ = 1;
  std::array<std::uint16_t, 256> class_{};  // of a byte; 0 for those that no needle has
};

}  // namespace axonflow::policy

#pragma once

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/dynamic/field.h"
#include "policy/dynamic/needle_matcher.h"

namespace axonflow::policy {

// What one evaluation has found out about one field so far. Filled when a condition first asks.
struct ProbeState {
  bool was_read = false;
  FactValue value;
  bool was_searched = false;
  std::vector<std::uint64_t> found;  // needles
  bool was_filtered = false;
  std::vector<int> candidates;           // expressions that the filter lets through, sorted
  std::vector<std::int8_t> expressions;  // -1 not tried, 0 does not match, 1 matches
};

// Everything that the conditions of a set ask about one field: all their texts are searched in one
// pass over the folded fact, and an expression is tried only when a text that its every match
// contains was found in that pass. Immutable after Build, then safe from any number of threads.
class FactProbe {
 public:
  explicit FactProbe(FieldRef ref) : ref_(std::move(ref)) {}

  // Before Build. Return the number to ask for; the same for equal ones.
  std::uint32_t AddNeedle(std::string_view text);           // any case, not empty
  std::uint32_t AddExpression(const std::string& pattern);  // must be one that RE2 takes
  void Build();

  // Forgets what `state` knows, of this or another probe.
  void Reset(ProbeState& state) const;
  const FactValue& Value(const Facts& facts, ProbeState& state) const;

  // Whether the needle or a match of the expression stands in the fact, or in one of a list. The
  // fact must have been read and not be absent.
  bool HasNeedle(std::uint32_t needle, ProbeState& state) const;
  bool HasMatch(std::uint32_t expression, ProbeState& state) const;

 private:
  void Search(ProbeState& state) const;
  void Filter(ProbeState& state) const;
  const RE2& Expression(std::uint32_t expression) const;

  // An expression is either behind the filter or always tried.
  struct Place {
    bool filtered = false;
    int index = 0;  // in filter_ or unfiltered_
  };

  FieldRef ref_;
  NeedleMatcher needles_;
  std::map<std::string, std::uint32_t, std::less<>> expression_numbers_;
  std::vector<Place> places_;
  re2::FilteredRE2 filter_{kAtomBytesMin};
  std::vector<std::uint32_t> atoms_;  // the needle of each text of the filter
  std::vector<std::unique_ptr<RE2>> unfiltered_;

  static constexpr int kAtomBytesMin = 3;
};

}  // namespace axonflow::policy

#pragma once

#include <re2/set.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/automaton.h"
#include "policy/detect_input.h"
#include "policy/pattern.h"
#include "policy/types.h"

namespace axonflow::policy {

// Finds which expressions of a set of policies match a text, and where, in one pass. An expression
// is in the automaton's table, which is complete before the first text comes; or, when it is too
// large for it or the set is one of thousands in memory, in an RE2::Set, which builds its states as
// texts come by and throws them away when its budget is full.
class PatternMatcher {
 public:
  enum class Kind {
    kTable,  // the table, with RE2::Sets for the rest: dear to make, cheap on any text
    kSets,   // RE2::Sets alone: cheap to make and to keep
  };

  // `policies` outlive the matcher; those with a pattern take part. Fails with the policy id and
  // the reason when an expression is malformed.
  static Result<PatternMatcher> Make(std::span<const Policy> policies, Kind kind);

  // Appends a finding for each policy that applies to `input` and whose expression matches. Fails
  // with kUnavailable when RE2 ran out of its budget: then nothing is known.
  Status Match(const DetectInput& input, std::vector<Finding>& findings) const;

 private:
  // Expressions outside the table, by the index that the Set knows them by.
  struct Family {
    std::string category;
    bool on_response = false;  // a family of request policies is left out of responses as a whole
    std::vector<Pattern> patterns;
    std::unique_ptr<RE2::Set> set;
  };

  explicit PatternMatcher(std::span<const Policy> policies) : policies_(policies) {}
  Family& FamilyOf(const Policy& policy, Kind kind);
  void MakeTable(std::vector<Pattern> candidates);
  Status MakeSets(Kind kind);
  Status WarmUp(const Family& family) const;
  Status Report(const Pattern& pattern, const DetectInput& input,
                std::span<const Automaton::Place> places, std::vector<Finding>& findings) const;
  Status MatchTable(const DetectInput& input, std::vector<Finding>& findings) const;
  Status PlaceTable(const DetectInput& input, std::vector<Finding>& findings) const;
  Status MatchFamily(const Family& family, const DetectInput& input,
                     std::vector<Finding>& findings) const;

  std::span<const Policy> policies_;
  std::vector<Pattern> table_;                  // by owner in the automaton
  std::unique_ptr<const Automaton> automaton_;  // null without a table
  std::vector<Family> families_;
};

}  // namespace axonflow::policy

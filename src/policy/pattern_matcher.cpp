#include "policy/pattern_matcher.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "policy/pem.h"

namespace axonflow::policy {
namespace {

// All Sets beside a table share one budget. A custom set's is allocated only as texts need it, but
// must have room for some states of its largest program.
constexpr std::int64_t kSetsMemoryBytesMax = 48LL << 20;
constexpr std::int64_t kSetMemoryBytesMax = 16LL << 20;
constexpr std::int64_t kCustomSetMemoryBytesMax = 8LL << 20;
// Of one expression in the table, and of all of them.
constexpr std::size_t kStepsMax = 20'000;
constexpr std::size_t kPatternStatesMax = 12'000;
constexpr std::size_t kStatesMax = 100'000;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Ordinary words, so that the first real prompt does not pay for building the automaton.
constexpr std::string_view kWarmUpText =
    "Please summarise the attached report for the team, list the open questions and explain, in "
    "plain English, what changed since last quarter: revenue (12.5 %), costs & hiring. Thanks! "
    "How do I write a function that reads a CSV file and returns the sum of the second column? "
    "SELECT name, total FROM orders WHERE region = 'EU' ORDER BY total DESC LIMIT 10; {\"id\": "
    "7}\n";

Error Unevaluated() {
  return Error{ErrorCode::kUnavailable, "The policy patterns could not be evaluated"};
}

// Which patterns of `set` match, in `hits`. False when RE2 ran out of its budget: then nothing is
// known, least of all that nothing matches.
bool MatchSet(const RE2::Set& set, std::string_view text, std::vector<int>& hits) {
  hits.clear();
  RE2::Set::ErrorInfo error{};
  set.Match(re2::StringPiece(text.data(), text.size()), &hits, &error);
  return error.kind == RE2::Set::kNoError;
}

// The place of a match of `policy`, as its span_to has it.
Span PlaceOf(const Policy& policy, std::string_view text, Span match) {
  if (policy.span_to == SpanTo::kPemEnd) {
    match.end = static_cast<std::uint32_t>(PemEnd(text, match.end));
  }
  return match;
}

}  // namespace

Result<PatternMatcher> PatternMatcher::Make(std::span<const Policy> policies, Kind kind) {
  PatternMatcher matcher(policies);
  const auto when = kind == Kind::kTable ? Pattern::When::kNow : Pattern::When::kAtFirstUse;
  std::vector<Pattern> candidates;
  for (std::uint32_t i = 0; i < policies.size(); ++i) {
    if (policies[i].pattern.empty()) continue;
    auto pattern = Pattern::Make(policies[i], i, when);
    if (!pattern) return pattern.error();
    candidates.push_back(std::move(*pattern));
  }
  if (kind == Kind::kTable) {
    matcher.MakeTable(std::move(candidates));
  } else {
    for (Pattern& pattern : candidates) {
      const Policy& policy = policies[pattern.policy()];
      matcher.FamilyOf(policy, kind).patterns.push_back(std::move(pattern));
    }
  }
  if (auto made = matcher.MakeSets(kind); !made) return made.error();
  return matcher;
}

PatternMatcher::Family& PatternMatcher::FamilyOf(const Policy& policy, Kind kind) {
  const std::string category = kind == Kind::kTable ? policy.category : std::string();
  for (Family& family : families_) {
    if (family.category == category && family.on_response == policy.on_response) return family;
  }
  families_.push_back({category, policy.on_response, {}, nullptr});
  return families_.back();
}

// Puts every pattern into the table that can be, and the others into their families. A pattern that
// makes the table too large is taken out and the table built again.
void PatternMatcher::MakeTable(std::vector<Pattern> candidates) {
  while (true) {
    table_.clear();
    ByteProgram program;
    for (Pattern& pattern : candidates) {
      const Policy& policy = policies_[pattern.policy()];
      const auto owner = static_cast<std::uint32_t>(table_.size());
      const bool taken =
          AppendExpression(policy.pattern, owner, kStepsMax, program, pattern.opening);
      (taken ? table_ : FamilyOf(policy, Kind::kTable).patterns).push_back(std::move(pattern));
    }
    std::uint32_t too_large = kNone;
    automaton_ = Automaton::Build(program, kPatternStatesMax, kStatesMax, too_large);
    if (automaton_ != nullptr) return;
    candidates = std::move(table_);
    Pattern& large = candidates[too_large];
    FamilyOf(policies_[large.policy()], Kind::kTable).patterns.push_back(std::move(large));
    candidates.erase(candidates.begin() + too_large);
  }
}

Status PatternMatcher::MakeSets(Kind kind) {
  if (families_.empty()) return {};
  const auto share = kSetsMemoryBytesMax / static_cast<std::int64_t>(families_.size());
  const auto budget =
      kind == Kind::kTable ? std::min(kSetMemoryBytesMax, share) : kCustomSetMemoryBytesMax;
  for (Family& family : families_) {
    family.set = std::make_unique<RE2::Set>(PatternOptions(budget), RE2::UNANCHORED);
    for (const Pattern& pattern : family.patterns) {
      const Policy& policy = policies_[pattern.policy()];
      std::string error;
      if (family.set->Add(policy.pattern, &error) < 0) {
        return Malformed(policy, "the pattern is refused: " + error);
      }
    }
    if (!family.set->Compile()) {
      return Error{ErrorCode::kResourceExhausted,
                   "the patterns of " + policies_[family.patterns.front().policy()].category +
                       " together exceed the memory budget"};
    }
    if (kind != Kind::kTable) continue;
    if (auto warm = WarmUp(family); !warm) return warm;
  }
  return {};
}

Status PatternMatcher::WarmUp(const Family& family) const {
  std::vector<int> hits;
  if (!MatchSet(*family.set, kWarmUpText, hits)) return Unevaluated();
  for (const Pattern& pattern : family.patterns) {
    for (const auto& text : policies_[pattern.policy()].must_match) {
      if (!MatchSet(*family.set, text, hits)) return Unevaluated();
    }
  }
  return {};
}

// Adds the finding of a pattern that is known to match; `places` are where the table saw its
// matches begin, or none.
Status PatternMatcher::Report(const Pattern& pattern, const DetectInput& input,
                              std::span<const Automaton::Place> places,
                              std::vector<Finding>& findings) const {
  Finding finding{.policy = pattern.policy(), .count = 0, .spans = {}, .confidence = 1.0F};
  if (input.want_spans || pattern.has_tail()) {
    const auto on_match = [&](Span span) {
      ++finding.count;
      if (input.want_spans && finding.spans.size() < kSpansMax) {
        finding.spans.push_back(PlaceOf(policies_[pattern.policy()], input.text, span));
      }
      return input.want_spans;
    };
    const bool walked = places.empty() ? pattern.WalkMatches(input.text, on_match)
                                       : pattern.WalkPlaces(input.text, places, on_match);
    if (!walked) return Unevaluated();
  }
  // Should RE2 find no span of a plain pattern, the hit still stands.
  if (finding.count == 0 && !pattern.has_tail()) finding.count = 1;
  if (finding.count > 0) findings.push_back(std::move(finding));
  return {};
}

Status PatternMatcher::MatchTable(const DetectInput& input, std::vector<Finding>& findings) const {
  thread_local OwnerSet found;
  found.assign(table_.size(), 0);
  automaton_->FindAny(input.text, found);
  for (std::size_t owner = 0; owner < found.size(); ++owner) {
    if (found[owner] == 0 || !Applies(policies_[table_[owner].policy()], input)) continue;
    if (auto status = Report(table_[owner], input, {}, findings); !status) return status;
  }
  return {};
}

// As MatchTable, with the places that the automaton finds instead of a search for each pattern.
Status PatternMatcher::PlaceTable(const DetectInput& input, std::vector<Finding>& findings) const {
  thread_local std::vector<Automaton::Place> places;
  places.clear();
  if (!automaton_->FindPlaces(input.text, places)) return MatchTable(input, findings);
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.owner < b.owner; });
  for (std::size_t from = 0; from < places.size();) {
    const std::uint32_t owner = places[from].owner;
    std::size_t to = from;
    while (to < places.size() && places[to].owner == owner) ++to;
    const auto own = std::span<const Automaton::Place>(places).subspan(from, to - from);
    from = to;
    if (!Applies(policies_[table_[owner].policy()], input)) continue;
    if (auto status = Report(table_[owner], input, own, findings); !status) return status;
  }
  return {};
}

Status PatternMatcher::MatchFamily(const Family& family, const DetectInput& input,
                                   std::vector<Finding>& findings) const {
  thread_local std::vector<int> hits;
  if (!MatchSet(*family.set, input.text, hits)) return Unevaluated();
  for (const int hit : hits) {
    const Pattern& pattern = family.patterns[static_cast<std::size_t>(hit)];
    if (!Applies(policies_[pattern.policy()], input)) continue;
    if (auto status = Report(pattern, input, {}, findings); !status) return status;
  }
  return {};
}

Status PatternMatcher::Match(const DetectInput& input, std::vector<Finding>& findings) const {
  if (automaton_ != nullptr) {
    auto status = input.want_spans ? PlaceTable(input, findings) : MatchTable(input, findings);
    if (!status) return status;
  }
  for (const Family& family : families_) {
    if (input.phase == Phase::kResponse && !input.every_phase && !family.on_response) continue;
    if (auto status = MatchFamily(family, input, findings); !status) return status;
  }
  return {};
}

}  // namespace axonflow::policy

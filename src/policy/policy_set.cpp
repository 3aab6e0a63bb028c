#include "policy/policy_set.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "policy/automaton.h"
#include "policy/catalogue.h"
#include "policy/expression.h"
#include "policy/pem.h"
#include "policy/pii/pii_detector.h"
#include "policy/sql/sql_detector.h"

namespace axonflow::policy {
namespace {

// All patterns that the automaton can take are in its table (automaton.h). The rest is matched by
// one RE2::Set a family, which builds its states as texts come by and throws them away when its
// budget is full; all of these share one budget.
constexpr std::int64_t kSetsMemoryBytesMax = 48LL << 20;
constexpr std::int64_t kSetMemoryBytesMax = 16LL << 20;
constexpr std::int64_t kPatternMemoryBytesMax = 2LL << 20;
constexpr std::size_t kPatternBytesMax = 64U << 10U;
constexpr int kProgramSizeMax = 12'000;  // instructions of one pattern
// Of one pattern in the automaton, and of all of them.
constexpr std::size_t kStepsMax = 20'000;
constexpr std::size_t kPatternStatesMax = 12'000;
constexpr std::size_t kStatesMax = 100'000;
constexpr std::uint32_t kGapBytesMax = 400;
constexpr std::size_t kTextBytesMax = 64U << 20U;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A policy with an expression. `head` finds where a match ends; the automaton or the Set says
// whether it is worth asking.
struct Pattern {
  std::uint32_t policy = 0;  // index into PolicySet::policies()
  std::unique_ptr<RE2> head;
  std::unique_ptr<RE2> tail;  // may be absent
  std::uint32_t gap_max = 0;
  Opening opening;  // what may stand before the places that the automaton finds
};

// The patterns of one family that the automaton cannot take, by the index that the Set knows them
// by.
struct Family {
  std::string category;
  bool on_response = false;  // a family of request policies is left out of responses as a whole
  std::vector<Pattern> patterns;
  std::unique_ptr<RE2::Set> set;
};

RE2::Options PatternOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kPatternMemoryBytesMax);
  return options;
}

Error Malformed(const Policy& policy, std::string_view why) {
  return Error{ErrorCode::kInvalidArgument, policy.id + ": " + std::string(why)};
}

Error OutOfMemory() {
  return Error{ErrorCode::kUnavailable, "The policy patterns could not be evaluated"};
}

Result<std::unique_ptr<RE2>> CompileExpression(const Policy& policy,
                                               const std::string& expression) {
  if (expression.size() > kPatternBytesMax) {
    return Malformed(policy,
                     "the pattern has more than " + std::to_string(kPatternBytesMax) + " bytes");
  }
  auto compiled = std::make_unique<RE2>(expression, PatternOptions());
  if (!compiled->ok()) return Malformed(policy, "the pattern is refused: " + compiled->error());
  if (compiled->ProgramSize() > kProgramSizeMax) {
    return Malformed(policy, "the pattern compiles to " + std::to_string(compiled->ProgramSize()) +
                                 " instructions, more than " + std::to_string(kProgramSizeMax));
  }
  if (RE2::PartialMatch("", *compiled)) {
    return Malformed(policy, "the pattern matches the empty text, so it would match every text");
  }
  return compiled;
}

// Which patterns of `set` match, in `hits`. False when RE2 ran out of its budget: then nothing is
// known, least of all that nothing matches.
bool MatchSet(const RE2::Set& set, std::string_view text, std::vector<int>& hits) {
  hits.clear();
  RE2::Set::ErrorInfo error{};
  set.Match(re2::StringPiece(text.data(), text.size()), &hits, &error);
  return error.kind == RE2::Set::kNoError;
}

// Next match of `expression` that begins at or after `from`, as a range of bytes; nothing when
// there is none. `failed` is set when RE2 gave up.
std::optional<Span> NextMatch(const RE2& expression, std::string_view text, std::size_t from) {
  re2::StringPiece match;
  if (from > text.size() || !expression.Match(re2::StringPiece(text.data(), text.size()), from,
                                              text.size(), RE2::UNANCHORED, &match, 1)) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::uint32_t>(match.data() - text.data());
  return Span{begin, static_cast<std::uint32_t>(begin + match.size())};
}

// Walks all matches of a head and tail rule. Both expressions go over the text once: a tail that
// begins after one head is still the next tail for the heads before it.
template <typename OnMatch>
void WalkPairs(const Pattern& pattern, std::string_view text, OnMatch on_match) {
  std::optional<Span> tail;
  std::size_t at = 0;
  while (const auto head = NextMatch(*pattern.head, text, at)) {
    if (!tail || tail->begin < head->end) {
      tail = NextMatch(*pattern.tail, text, head->end);
      if (!tail) return;
    }
    at = std::max<std::size_t>(head->end, head->begin + 1U);
    const std::size_t gap = tail->begin - head->end;
    if (gap > pattern.gap_max) continue;
    if (text.substr(head->end, gap).find('\n') != std::string_view::npos) continue;
    if (!on_match(Span{head->begin, tail->end})) return;
    at = std::max<std::size_t>(at, tail->end);
  }
}

template <typename OnMatch>
void WalkMatches(const Pattern& pattern, std::string_view text, OnMatch on_match) {
  if (pattern.tail != nullptr) return WalkPairs(pattern, text, on_match);
  std::size_t at = 0;
  while (const auto match = NextMatch(*pattern.head, text, at)) {
    if (!on_match(*match)) return;
    at = std::max<std::size_t>(match->end, match->begin + 1U);
  }
}

std::optional<Span> MatchAt(const RE2& expression, std::string_view text, std::size_t at) {
  re2::StringPiece match;
  if (!expression.Match(re2::StringPiece(text.data(), text.size()), at, text.size(),
                        RE2::ANCHOR_START, &match, 1)) {
    return std::nullopt;
  }
  return Span{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + match.size())};
}

// The same matches from the places where they begin, in rising order.
template <typename OnMatch>
void WalkPlaces(const Pattern& pattern, std::string_view text,
                std::span<const Automaton::Place> places, OnMatch on_match) {
  std::size_t at = 0;
  for (const Automaton::Place& place : places) {
    if (place.begin < at) continue;
    std::size_t begin = place.begin;
    while (begin > at && pattern.opening.bytes[static_cast<std::uint8_t>(text[begin - 1])]) --begin;
    // A letter beyond ASCII that folds into the loop's class may stand there.
    const bool unsure = pattern.opening.bytes.any() && begin > at &&
                        static_cast<std::uint8_t>(text[begin - 1]) >= 0x80;
    auto match = unsure ? NextMatch(*pattern.head, text, at) : MatchAt(*pattern.head, text, begin);
    if (!match && begin < place.begin) match = MatchAt(*pattern.head, text, place.begin);
    if (!match) continue;
    if (!on_match(*match)) return;
    at = std::max<std::size_t>(match->end, match->begin + 1U);
  }
}

// The place of a match of `policy`, as its span_to has it.
Span PlaceOf(const Policy& policy, std::string_view text, Span match) {
  if (policy.span_to == SpanTo::kPemEnd) {
    match.end = static_cast<std::uint32_t>(PemEnd(text, match.end));
  }
  return match;
}

void AddSpan(Finding& finding, Span span) {
  if (finding.spans.size() < PolicySet::kSpansMax) finding.spans.push_back(span);
}

void AppendField(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

// Enough of the digest to tell sets apart; it stands in every record.
constexpr std::size_t kVersionDigits = 16;

std::string DigestOf(const std::vector<Policy>& policies) {
  std::string canonical;
  for (const Policy& policy : policies) {
    for (const std::string_view field :
         {std::string_view(policy.id), std::string_view(policy.name),
          std::string_view(policy.description), std::string_view(policy.category),
          ToString(policy.tier), ToString(policy.severity), ToString(policy.risk_level),
          ToString(policy.action), std::string_view(policy.pattern),
          std::string_view(policy.detector), std::string_view(policy.tail)}) {
      AppendField(canonical, field);
    }
    for (const auto& action : {policy.action_request, policy.action_response}) {
      AppendField(canonical, action ? ToString(*action) : std::string_view());
    }
    for (const std::int64_t number :
         {std::int64_t{policy.priority}, std::int64_t{policy.version}, std::int64_t{policy.gap_max},
          static_cast<std::int64_t>(policy.span_to), std::int64_t{policy.on_request},
          std::int64_t{policy.on_response}, std::int64_t{policy.allow_override},
          std::int64_t{policy.enabled}}) {
      AppendField(canonical, std::to_string(number));
    }
  }
  return HexEncode(Sha256(canonical));
}

// Ordinary words, so that the first real prompt does not pay for building the automaton.
constexpr std::string_view kWarmUpText =
    "Please summarise the attached report for the team, list the open questions and explain, in "
    "plain English, what changed since last quarter: revenue (12.5 %), costs & hiring. Thanks! "
    "How do I write a function that reads a CSV file and returns the sum of the second column? "
    "SELECT name, total FROM orders WHERE region = 'EU' ORDER BY total DESC LIMIT 10; {\"id\": "
    "7}\n";

}  // namespace

struct PolicySet::Impl {
  std::vector<Policy> policies;
  std::string version;
  std::vector<Pattern> patterns;  // by owner in the automaton
  std::unique_ptr<const Automaton> automaton;
  std::vector<Family> families;
  std::array<std::uint32_t, sql::kRuleCount> sql_policies{};  // policy of each rule, else kNone
  std::array<std::uint32_t, static_cast<std::size_t>(pii::Rule::kCount)> pii_policies{};
  bool has_sql = false;
  bool has_pii = false;

  Status Add(std::uint32_t index);
  Status AddDetector(std::uint32_t index);
  Status AddPattern(std::uint32_t index);
  Family& FamilyOf(const Policy& policy);
  void CompileAutomaton();
  Status CompileFamilies();

  bool Applies(std::uint32_t index, const DetectInput& input) const;
  void MatchPatterns(const DetectInput& input, std::vector<Finding>& findings) const;
  void PlacePatterns(const DetectInput& input, std::vector<Finding>& findings) const;
  void Report(const Pattern& pattern, const DetectInput& input,
              std::vector<Finding>& findings) const;
  Status MatchFamily(const Family& family, const DetectInput& input,
                     std::vector<Finding>& findings) const;
  void MatchSql(const DetectInput& input, std::vector<Finding>& findings) const;
  void MatchPii(const DetectInput& input, std::vector<Finding>& findings) const;
};

Status PolicySet::Impl::AddDetector(std::uint32_t index) {
  const Policy& policy = policies[index];
  const std::string_view name = policy.detector;
  std::uint32_t* slot = nullptr;
  if (name.starts_with("sql.")) {
    const auto rule = sql::ParseRule(name.substr(4));
    if (rule != sql::Rule::kCount) slot = &sql_policies[static_cast<std::size_t>(rule)];
  } else if (name.starts_with("pii.")) {
    const auto rule = pii::ParseRule(name.substr(4));
    if (rule != pii::Rule::kCount) slot = &pii_policies[static_cast<std::size_t>(rule)];
  }
  if (slot == nullptr) return Malformed(policy, "unknown detector \"" + policy.detector + "\"");
  if (!policy.enabled) return {};
  if (*slot != kNone) {
    return Malformed(policy, "the detector \"" + policy.detector + "\" belongs to " +
                                 policies[*slot].id + " already");
  }
  *slot = index;
  (name.starts_with("sql.") ? has_sql : has_pii) = true;
  return {};
}

Status PolicySet::Impl::AddPattern(std::uint32_t index) {
  const Policy& policy = policies[index];
  Pattern pattern{.policy = index, .head = nullptr, .tail = nullptr, .gap_max = policy.gap_max};
  auto head = CompileExpression(policy, policy.pattern);
  if (!head) return head.error();
  pattern.head = std::move(*head);
  if (policy.gap_max > kGapBytesMax) {
    return Malformed(policy, "gap_max is more than " + std::to_string(kGapBytesMax) + " bytes");
  }
  if (!policy.tail.empty()) {
    auto tail = CompileExpression(policy, policy.tail);
    if (!tail) return tail.error();
    pattern.tail = std::move(*tail);
  }
  if (!policy.enabled) return {};
  patterns.push_back(std::move(pattern));
  return {};
}

Family& PolicySet::Impl::FamilyOf(const Policy& policy) {
  for (Family& family : families) {
    if (family.category == policy.category && family.on_response == policy.on_response) {
      return family;
    }
  }
  families.push_back({policy.category, policy.on_response, {}, nullptr});
  return families.back();
}

Status PolicySet::Impl::Add(std::uint32_t index) {
  const Policy& policy = policies[index];
  if (policy.id.empty()) return Error{ErrorCode::kInvalidArgument, "a policy without an id"};
  if (!IsCategory(policy.category)) {
    return Malformed(policy, "unknown category \"" + policy.category + "\"");
  }
  if (policy.pattern.empty() == policy.detector.empty()) {
    return Malformed(policy, "exactly one of pattern and detector must be given");
  }
  if (policy.span_to != SpanTo::kMatch && policy.pattern.empty()) {
    return Malformed(policy, "span_to goes with pattern only");
  }
  return policy.detector.empty() ? AddPattern(index) : AddDetector(index);
}

Status PolicySet::Impl::CompileFamilies() {
  if (families.empty()) return {};
  const auto share = kSetsMemoryBytesMax / static_cast<std::int64_t>(families.size());
  RE2::Options options = PatternOptions();
  options.set_max_mem(std::min(kSetMemoryBytesMax, share));
  for (Family& family : families) {
    family.set = std::make_unique<RE2::Set>(options, RE2::UNANCHORED);
    for (const Pattern& pattern : family.patterns) {
      std::string error;
      if (family.set->Add(policies[pattern.policy].pattern, &error) < 0) {
        return Malformed(policies[pattern.policy], "the pattern is refused: " + error);
      }
    }
    if (!family.set->Compile()) {
      return Error{ErrorCode::kResourceExhausted,
                   "the patterns of " + family.category + " together exceed the memory budget"};
    }
    std::vector<int> hits;
    if (!MatchSet(*family.set, kWarmUpText, hits)) return OutOfMemory();
    for (const Pattern& pattern : family.patterns) {
      for (const auto& text : policies[pattern.policy].must_match) {
        if (!MatchSet(*family.set, text, hits)) return OutOfMemory();
      }
    }
  }
  return {};
}

// Puts every pattern into the automaton that can be, and the others into their families. A pattern
// that makes the table too large is taken out and the table built again.
void PolicySet::Impl::CompileAutomaton() {
  std::vector<Pattern> candidates = std::move(patterns);
  while (true) {
    patterns.clear();
    ByteProgram program;
    for (Pattern& pattern : candidates) {
      const Policy& policy = policies[pattern.policy];
      const auto owner = static_cast<std::uint32_t>(patterns.size());
      const bool taken =
          AppendExpression(policy.pattern, owner, kStepsMax, program, pattern.opening);
      (taken ? patterns : FamilyOf(policy).patterns).push_back(std::move(pattern));
    }
    std::uint32_t too_large = kNone;
    automaton = Automaton::Build(program, kPatternStatesMax, kStatesMax, too_large);
    if (automaton != nullptr) return;
    candidates = std::move(patterns);
    Pattern& large = candidates[too_large];
    FamilyOf(policies[large.policy]).patterns.push_back(std::move(large));
    candidates.erase(candidates.begin() + too_large);
  }
}

bool PolicySet::Impl::Applies(std::uint32_t index, const DetectInput& input) const {
  const Policy& policy = policies[index];
  if (!policy.enabled) return false;
  const bool in_phase = input.phase == Phase::kRequest ? policy.on_request : policy.on_response;
  if (!in_phase && !input.every_phase) return false;
  return input.sql_capable_target || policy.category != "security-admin";
}

// Adds the finding of a pattern that is known to match.
void PolicySet::Impl::Report(const Pattern& pattern, const DetectInput& input,
                             std::vector<Finding>& findings) const {
  Finding finding{.policy = pattern.policy, .count = 0, .spans = {}, .confidence = 1.0F};
  if (!input.want_spans && pattern.tail == nullptr) {
    finding.count = 1;
  } else {
    WalkMatches(pattern, input.text, [&](Span span) {
      ++finding.count;
      if (input.want_spans) AddSpan(finding, PlaceOf(policies[pattern.policy], input.text, span));
      return input.want_spans;
    });
  }
  // Should RE2 find no span of a plain pattern, the hit still stands.
  if (finding.count == 0 && pattern.tail == nullptr) finding.count = 1;
  if (finding.count > 0) findings.push_back(std::move(finding));
}

void PolicySet::Impl::MatchPatterns(const DetectInput& input,
                                    std::vector<Finding>& findings) const {
  thread_local OwnerSet found;
  found.assign(patterns.size(), 0);
  automaton->FindAny(input.text, found);
  for (std::size_t owner = 0; owner < found.size(); ++owner) {
    if (found[owner] == 0 || !Applies(patterns[owner].policy, input)) continue;
    Report(patterns[owner], input, findings);
  }
}

// As MatchPatterns, with the places that the automaton finds instead of a search for each pattern.
void PolicySet::Impl::PlacePatterns(const DetectInput& input,
                                    std::vector<Finding>& findings) const {
  thread_local std::vector<Automaton::Place> places;
  places.clear();
  if (!automaton->FindPlaces(input.text, places)) return MatchPatterns(input, findings);
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.owner < b.owner; });
  for (std::size_t from = 0; from < places.size();) {
    const std::uint32_t owner = places[from].owner;
    std::size_t to = from;
    while (to < places.size() && places[to].owner == owner) ++to;
    const auto own = std::span<const Automaton::Place>(places).subspan(from, to - from);
    from = to;
    const Pattern& pattern = patterns[owner];
    if (!Applies(pattern.policy, input)) continue;
    if (pattern.tail != nullptr || !pattern.opening.known) {
      Report(pattern, input, findings);
      continue;
    }
    Finding finding{.policy = pattern.policy, .count = 0, .spans = {}, .confidence = 1.0F};
    WalkPlaces(pattern, input.text, own, [&](Span span) {
      ++finding.count;
      AddSpan(finding, PlaceOf(policies[pattern.policy], input.text, span));
      return true;
    });
    finding.count = std::max(finding.count, 1U);
    findings.push_back(std::move(finding));
  }
}

Status PolicySet::Impl::MatchFamily(const Family& family, const DetectInput& input,
                                    std::vector<Finding>& findings) const {
  thread_local std::vector<int> hits;
  if (!MatchSet(*family.set, input.text, hits)) return OutOfMemory();
  for (const int hit : hits) {
    const Pattern& pattern = family.patterns[static_cast<std::size_t>(hit)];
    if (Applies(pattern.policy, input)) Report(pattern, input, findings);
  }
  return {};
}

void PolicySet::Impl::MatchSql(const DetectInput& input, std::vector<Finding>& findings) const {
  if (!has_sql) return;
  sql::Hits hits;
  sql::Detect(input.text, hits);
  if (hits.rules.none()) return;
  for (std::size_t rule = 0; rule < sql::kRuleCount; ++rule) {
    const std::uint32_t index = sql_policies[rule];
    if (!hits.rules.test(rule) || index == kNone || !Applies(index, input)) continue;
    Finding finding{.policy = index, .count = 1, .spans = {}, .confidence = 1.0F};
    if (input.want_spans) AddSpan(finding, {hits.places[rule].begin, hits.places[rule].end});
    findings.push_back(std::move(finding));
  }
}

void PolicySet::Impl::MatchPii(const DetectInput& input, std::vector<Finding>& findings) const {
  if (!has_pii) return;
  thread_local pii::Hits hits;
  hits.clear();
  pii::Detect(input.text, hits);
  std::array<std::uint32_t, static_cast<std::size_t>(pii::Rule::kCount)> places;
  places.fill(kNone);  // of each rule's finding in `findings`
  for (const pii::Hit& hit : hits.hits) {
    const auto rule = static_cast<std::size_t>(hit.rule);
    const std::uint32_t index = pii_policies[rule];
    if (index == kNone || !Applies(index, input)) continue;
    if (places[rule] == kNone) {
      places[rule] = static_cast<std::uint32_t>(findings.size());
      findings.push_back({.policy = index, .count = 0, .spans = {}, .confidence = 0.0F});
    }
    Finding& finding = findings[places[rule]];
    ++finding.count;
    finding.confidence = std::max(finding.confidence, hit.confidence);
    if (input.want_spans) AddSpan(finding, {hit.begin, hit.end});
  }
  // A truncated list says "more than placed", which the redactor must be able to see.
  if (!hits.truncated) return;
  for (const std::uint32_t place : places) {
    if (place != kNone && findings[place].count >= pii::kHitsPerRuleMax) ++findings[place].count;
  }
}

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::~PolicySet() = default;

Result<std::shared_ptr<const PolicySet>> PolicySet::Compile(std::vector<Policy> policies) {
  auto impl = std::make_unique<Impl>();
  impl->policies = std::move(policies);
  auto& all = impl->policies;
  std::sort(all.begin(), all.end(), [](const Policy& a, const Policy& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.id < b.id;
  });
  // Without system policies something went wrong while loading: such a set would allow everything.
  const bool has_system =
      std::any_of(all.begin(), all.end(), [](const Policy& p) { return p.tier == Tier::kSystem; });
  if (!has_system) {
    return Error{ErrorCode::kInvalidArgument, "the policy set holds no system policy"};
  }
  std::vector<std::string_view> ids;
  ids.reserve(all.size());
  for (const Policy& policy : all) ids.push_back(policy.id);
  std::sort(ids.begin(), ids.end());
  if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "the policy id " + std::string(*twice) + " stands twice in the set"};
  }
  impl->sql_policies.fill(kNone);
  impl->pii_policies.fill(kNone);
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (auto status = impl->Add(i); !status) return status.error();
  }
  impl->CompileAutomaton();
  if (auto status = impl->CompileFamilies(); !status) return status.error();
  impl->version = DigestOf(all).substr(0, kVersionDigits);
  return std::shared_ptr<const PolicySet>(new PolicySet(std::move(impl)));
}

std::span<const Policy> PolicySet::policies() const { return impl_->policies; }

const Policy* PolicySet::Find(std::string_view id) const {
  const auto found = std::find_if(impl_->policies.begin(), impl_->policies.end(),
                                  [&](const Policy& policy) { return policy.id == id; });
  return found == impl_->policies.end() ? nullptr : &*found;
}

const std::string& PolicySet::version() const { return impl_->version; }

Result<std::vector<Finding>> PolicySet::Detect(const DetectInput& input) const {
  if (input.text.size() > kTextBytesMax) {
    return Error{ErrorCode::kTooLarge, "a text of more than 64 MiB is not evaluated"};
  }
  std::vector<Finding> findings;
  if (input.want_spans) {
    impl_->PlacePatterns(input, findings);
  } else {
    impl_->MatchPatterns(input, findings);
  }
  for (const Family& family : impl_->families) {
    if (input.phase == Phase::kResponse && !input.every_phase && !family.on_response) continue;
    if (auto status = impl_->MatchFamily(family, input, findings); !status) return status.error();
  }
  if (!input.without_sql) impl_->MatchSql(input, findings);
  impl_->MatchPii(input, findings);
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.policy < b.policy; });
  return findings;
}

}  // namespace axonflow::policy

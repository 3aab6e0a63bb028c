#include "policy/policy_set.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "policy/catalogue.h"
#include "policy/code_detectors.h"
#include "policy/hidden_text.h"
#include "policy/pattern.h"
#include "policy/pattern_matcher.h"

namespace axonflow::policy {
namespace {

constexpr std::size_t kTextBytesMax = 64U << 20U;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

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
          std::string_view(policy.detector), std::string_view(policy.tail),
          std::string_view(policy.segment), ToString(policy.mode),
          policy.strategy ? ToString(*policy.strategy) : std::string_view()}) {
      AppendField(canonical, field);
    }
    for (const auto& action : {policy.action_request, policy.action_response}) {
      AppendField(canonical, action ? ToString(*action) : std::string_view());
    }
    for (const std::int64_t number :
         {std::int64_t{policy.priority}, std::int64_t{policy.version}, std::int64_t{policy.gap_max},
          static_cast<std::int64_t>(policy.span_to), std::int64_t{policy.planes.bits()},
          std::int64_t{policy.on_request}, std::int64_t{policy.on_response},
          std::int64_t{policy.allow_override}, std::int64_t{policy.enabled}}) {
      AppendField(canonical, std::to_string(number));
    }
  }
  return HexEncode(Sha256(canonical));
}

// Adds to `findings` what was found in the hidden text and does not stand in the original as it is.
void AddHidden(Finding& finding, const HiddenText& hidden, std::vector<Finding>& findings) {
  for (Span& span : finding.spans) span = hidden.ToOriginal(span);
  const auto known = std::ranges::find(findings, finding.policy, &Finding::policy);
  if (known == findings.end()) {
    findings.push_back(std::move(finding));
    return;
  }
  known->count = std::max(known->count, finding.count);
  const std::vector<Span> plain = known->spans;  // in order of text
  for (const Span span : finding.spans) {
    const auto near =
        std::ranges::partition_point(plain, [&](Span each) { return each.end <= span.begin; });
    const bool seen = near != plain.end() && near->begin < span.end;
    if (!seen && known->spans.size() < kSpansMax) known->spans.push_back(span);
  }
  known->count = std::max(known->count, static_cast<std::uint32_t>(known->spans.size()));
  std::ranges::sort(known->spans, {}, &Span::begin);
}

// A room of detectors of which the set has policies.
struct OwnedDetector {
  const CodeDetector* detector = nullptr;
  std::vector<std::uint32_t> policies;  // of each rule, else kNone
};

}  // namespace

struct PolicySet::Impl {
  std::vector<Policy> policies;
  std::string version;
  std::optional<PatternMatcher> patterns;
  std::vector<OwnedDetector> detectors;

  Status Check(const Policy& policy) const;
  Status Own(std::uint32_t index);
  Status DetectAsItStands(const DetectInput& input, std::vector<Finding>& findings) const;
  void MatchDetector(const OwnedDetector& owned, const DetectInput& input,
                     std::vector<Finding>& findings) const;
};

Status PolicySet::Impl::Check(const Policy& policy) const {
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
  return {};
}

// Gives the rule that a policy names to this policy.
Status PolicySet::Impl::Own(std::uint32_t index) {
  const Policy& policy = policies[index];
  const auto rooms = CodeDetectors();
  const auto room = std::ranges::find_if(rooms, [&](const CodeDetector& detector) {
    return policy.detector.starts_with(detector.prefix);
  });
  const std::size_t rule =
      room == rooms.end()
          ? 0
          : room->parse(std::string_view(policy.detector).substr(room->prefix.size()));
  if (room == rooms.end() || rule == room->rule_count) {
    return Malformed(policy, "unknown detector \"" + policy.detector + "\"");
  }
  auto owned = std::ranges::find(detectors, &*room, &OwnedDetector::detector);
  if (owned == detectors.end()) {
    detectors.push_back({&*room, std::vector<std::uint32_t>(room->rule_count, kNone)});
    owned = detectors.end() - 1;
  }
  std::uint32_t& owner = owned->policies[rule];
  if (owner != kNone && policies[owner].enabled && policy.enabled) {
    return Malformed(policy, "the detector \"" + policy.detector + "\" belongs to " +
                                 policies[owner].id + " already");
  }
  if (owner == kNone || policy.enabled) owner = index;
  return {};
}

void PolicySet::Impl::MatchDetector(const OwnedDetector& owned, const DetectInput& input,
                                    std::vector<Finding>& findings) const {
  thread_local CodeHits found;
  found.hits.clear();
  found.truncated = false;
  owned.detector->detect(input.text, found);
  if (found.hits.empty()) return;
  thread_local std::vector<std::uint32_t> places;  // of each rule's finding in `findings`
  places.assign(owned.policies.size(), kNone);
  for (const CodeHit& hit : found.hits) {
    const std::uint32_t index = owned.policies[hit.rule];
    if (index == kNone || !Applies(policies[index], input)) continue;
    std::uint32_t& place = places[hit.rule];
    if (place == kNone) {
      place = static_cast<std::uint32_t>(findings.size());
      findings.push_back({.policy = index, .count = 0, .spans = {}, .confidence = 0.0F});
    }
    Finding& finding = findings[place];
    ++finding.count;
    finding.confidence = std::max(finding.confidence, hit.confidence);
    if (finding.spans.size() < kSpansMax) finding.spans.push_back({hit.begin, hit.end});
  }
  // A truncated list says "more than placed", which the redactor must be able to see.
  if (!found.truncated) return;
  for (const std::uint32_t place : places) {
    if (place != kNone && findings[place].count >= owned.detector->hits_per_rule_max) {
      ++findings[place].count;
    }
  }
}

Status PolicySet::Impl::DetectAsItStands(const DetectInput& input,
                                         std::vector<Finding>& findings) const {
  if (auto status = patterns->Match(input, findings); !status) return status;
  if (input.patterns_only) return {};
  for (const OwnedDetector& owned : detectors) {
    if (input.redactable_only && !owned.detector->redactable) continue;
    MatchDetector(owned, input, findings);
  }
  return {};
}

PolicySet::PolicySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PolicySet::~PolicySet() = default;

Result<std::shared_ptr<const PolicySet>> PolicySet::Compile(std::vector<Policy> policies,
                                                            Kind kind) {
  auto impl = std::make_unique<Impl>();
  impl->policies = std::move(policies);
  auto& all = impl->policies;
  std::ranges::sort(all, [](const Policy& a, const Policy& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.id < b.id;
  });
  // Without system policies something went wrong while loading: such a set would allow everything.
  const auto is_system = [](const Policy& policy) { return policy.tier == Tier::kSystem; };
  if (kind == Kind::kSystem && std::ranges::none_of(all, is_system)) {
    return Error{ErrorCode::kInvalidArgument, "the policy set holds no system policy"};
  }
  std::vector<std::string_view> ids;
  ids.reserve(all.size());
  for (const Policy& policy : all) ids.push_back(policy.id);
  std::ranges::sort(ids);
  if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "the policy id " + std::string(*twice) + " stands twice in the set"};
  }
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (auto status = impl->Check(all[i]); !status) return status.error();
    if (all[i].detector.empty()) continue;
    if (auto status = impl->Own(i); !status) return status.error();
  }
  auto patterns = PatternMatcher::Make(
      all, kind == Kind::kSystem ? PatternMatcher::Kind::kTable : PatternMatcher::Kind::kSets);
  if (!patterns) return patterns.error();
  impl->patterns.emplace(std::move(*patterns));
  impl->version = DigestOf(all).substr(0, kVersionDigits);
  return std::shared_ptr<const PolicySet>(new PolicySet(std::move(impl)));
}

std::span<const Policy> PolicySet::policies() const { return impl_->policies; }

const Policy* PolicySet::Find(std::string_view id) const {
  const auto found = std::ranges::find(impl_->policies, id, &Policy::id);
  return found == impl_->policies.end() ? nullptr : &*found;
}

const std::string& PolicySet::version() const { return impl_->version; }

Result<std::vector<Finding>> PolicySet::Detect(const DetectInput& input) const {
  if (input.text.size() > kTextBytesMax) {
    return Error{ErrorCode::kTooLarge, "a text of more than 64 MiB is not evaluated"};
  }
  std::vector<Finding> findings;
  if (auto status = impl_->DetectAsItStands(input, findings); !status) return status.error();
  thread_local HiddenText hidden;
  if (hidden.Read(input.text)) {
    DetectInput second = input;
    second.text = hidden.text();
    std::vector<Finding> more;
    if (auto status = impl_->DetectAsItStands(second, more); !status) return status.error();
    for (Finding& finding : more) AddHidden(finding, hidden, findings);
  }
  std::ranges::sort(findings, {}, &Finding::policy);
  return findings;
}

}  // namespace axonflow::policy

#include "policy/policy_view.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/crypto.h"

namespace axonflow::policy {
namespace {

constexpr std::size_t kVersionDigits = 16;
constexpr Plane kPlanes[] = {Plane::kGateway, Plane::kDecision, Plane::kMcp, Plane::kProxy};

// Where a policy of the view comes from.
struct Source {
  const Policy* policy = nullptr;
  const DynamicPolicy* dynamic = nullptr;
  std::size_t set = 0;      // among the static or the dynamic sets
  std::uint32_t place = 0;  // in the set
};

bool Before(const Source& a, const Source& b) {
  if (a.policy->priority != b.policy->priority) return a.policy->priority > b.policy->priority;
  if (a.policy->tier != b.policy->tier) return a.policy->tier < b.policy->tier;
  return a.policy->id < b.policy->id;
}

std::string_view OptionalWord(const std::optional<Action>& action) {
  return action ? ToString(*action) : std::string_view("-");
}

}  // namespace

Result<std::shared_ptr<const PolicyView>> PolicyView::Make(Parts parts) {
  if (parts.system == nullptr || parts.posture == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "a view needs the system's policies and a posture"};
  }
  std::shared_ptr<PolicyView> view(new PolicyView(std::move(parts)));
  if (auto arranged = view->Arrange(); !arranged) return arranged.error();
  view->SortOverrides();
  view->version_ = view->Digest();
  return std::shared_ptr<const PolicyView>(std::move(view));
}

// Gives every policy its index.
Status PolicyView::Arrange() {
  static_sets_.push_back(parts_.system.get());
  for (const auto& set : parts_.own) static_sets_.push_back(set.get());
  std::vector<Source> sources;
  for (std::size_t set = 0; set < static_sets_.size(); ++set) {
    const auto policies = static_sets_[set]->policies();
    static_index_.emplace_back(policies.size());
    for (std::uint32_t place = 0; place < policies.size(); ++place) {
      sources.push_back({&policies[place], nullptr, set, place});
    }
  }
  for (std::size_t set = 0; set < parts_.dynamic.size(); ++set) {
    const auto policies = parts_.dynamic[set]->policies();
    dynamic_index_.emplace_back(policies.size());
    for (std::uint32_t place = 0; place < policies.size(); ++place) {
      sources.push_back({&policies[place].policy, &policies[place], set, place});
      for (const Plane plane : kPlanes) {
        if (policies[place].policy.planes.Has(plane)) dynamic_planes_ = dynamic_planes_.With(plane);
      }
    }
  }
  std::ranges::stable_sort(sources, Before);
  for (std::uint32_t index = 0; index < sources.size(); ++index) {
    const Source& source = sources[index];
    order_.push_back(source.policy);
    dynamic_.push_back(source.dynamic);
    auto& places = source.dynamic == nullptr ? static_index_ : dynamic_index_;
    places[source.set][source.place] = index;
  }
  std::vector<std::string_view> ids;
  ids.reserve(order_.size());
  for (const Policy* policy : order_) ids.push_back(policy->id);
  std::ranges::sort(ids);
  if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "the policy id " + std::string(*twice) + " stands in two sets of the view"};
  }
  return {};
}

void PolicyView::SortOverrides() {
  if (parts_.overrides.empty()) return;
  std::map<std::string_view, std::uint32_t> index_of;
  for (std::uint32_t i = 0; i < order_.size(); ++i) index_of.emplace(order_[i]->id, i);
  // Overrides of policies that are no more say nothing.
  std::erase_if(parts_.overrides,
                [&](const AdminOverride& each) { return !index_of.contains(each.policy_id); });
  const auto place = [&](const AdminOverride& each) {
    return std::pair(index_of.find(each.policy_id)->second, each.tier);
  };
  std::ranges::stable_sort(parts_.overrides, {}, place);
  overrides_.resize(order_.size());
  for (std::uint32_t i = 0; i < parts_.overrides.size(); ++i) {
    const std::uint32_t index = place(parts_.overrides[i]).first;
    Range& range = overrides_[index];
    if (range.first == range.last) range.first = i;
    range.last = i + 1;
    if (parts_.overrides[i].enabled.value_or(false) && !order_[index]->enabled) {
      enables_disabled_ = true;
    }
  }
}

std::string PolicyView::Digest() const {
  std::string all;
  for (const PolicySet* set : static_sets_) all += set->version() + "\n";
  for (const auto& set : parts_.dynamic) all += set->version() + "\n";
  for (const AdminOverride& each : parts_.overrides) {
    all += each.policy_id + "\t" + std::string(ToString(each.tier)) + "\t" +
           std::string(OptionalWord(each.action)) + "\t" +
           (each.enabled ? (*each.enabled ? "on" : "off") : "-") + "\t" +
           (each.expires_at ? FormatRfc3339(*each.expires_at) : "-") + "\n";
  }
  for (const SessionOverride& each : parts_.session_overrides) all += each.id + "\n";
  for (std::size_t group = 0; group < static_cast<std::size_t>(PostureGroup::kCount); ++group) {
    for (const Plane plane : kPlanes) {
      all += ToString(parts_.posture->Choice(static_cast<PostureGroup>(group), plane).action);
    }
  }
  return HexEncode(Sha256(all)).substr(0, kVersionDigits);
}

const Policy* PolicyView::Find(std::string_view id) const {
  const auto found =
      std::ranges::find(order_, id, [](const Policy* each) { return std::string_view(each->id); });
  return found == order_.end() ? nullptr : *found;
}

std::span<const AdminOverride> PolicyView::OverridesOf(std::uint32_t index) const {
  if (overrides_.empty()) return {};
  const Range range = overrides_[index];
  return std::span(parts_.overrides).subspan(range.first, range.last - range.first);
}

Status PolicyView::DetectOne(std::size_t set, const DetectInput& input,
                             std::vector<Finding>& findings) const {
  auto found = static_sets_[set]->Detect(input);
  if (!found) return found.error();
  for (Finding& finding : *found) finding.policy = static_index_[set][finding.policy];
  if (findings.empty()) {
    findings = std::move(*found);
  } else {
    std::ranges::move(*found, std::back_inserter(findings));
  }
  return {};
}

Result<std::vector<Finding>> PolicyView::Detect(const DetectInput& input) const {
  DetectInput asked = input;
  asked.disabled_too = asked.disabled_too || enables_disabled_;
  std::vector<Finding> findings;
  for (std::size_t set = 0; set < static_sets_.size(); ++set) {
    if (auto status = DetectOne(set, asked, findings); !status) return status.error();
  }
  std::ranges::sort(findings, {}, &Finding::policy);
  return findings;
}

void PolicyView::Evaluate(const Facts& facts, std::vector<Finding>& findings) const {
  thread_local std::vector<std::uint32_t> matched;
  for (std::size_t set = 0; set < parts_.dynamic.size(); ++set) {
    matched.clear();
    parts_.dynamic[set]->Match(facts, matched);
    for (const std::uint32_t place : matched) {
      findings.push_back({.policy = dynamic_index_[set][place], .spans = {}});
    }
  }
  std::ranges::sort(findings, {}, &Finding::policy);
}

}  // namespace axonflow::policy

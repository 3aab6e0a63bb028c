#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/dynamic/dynamic_set.h"
#include "policy/override.h"
#include "policy/policy_set.h"
#include "policy/posture.h"
#include "policy/types.h"

namespace axonflow::policy {

// Everything that judges the exchanges of one tenant: the policies of the three tiers, what
// administrators and users decided about them, and the posture of the organization. Immutable; a
// change makes another view. Policies have an index here, which is their place in the order of
// evaluation: priority descending, then tier (system first), then id. Findings and verdicts speak
// of policies by this index.
class PolicyView {
 public:
  struct Parts {
    std::shared_ptr<const PolicySet> system;                 // required
    std::vector<std::shared_ptr<const PolicySet>> own;       // of the organization and the tenant
    std::vector<std::shared_ptr<const DynamicSet>> dynamic;  // of every tier
    std::vector<AdminOverride> overrides;
    std::vector<SessionOverride> session_overrides;
    std::shared_ptr<const Posture> posture;  // required
  };

  // Fails when a required part is absent or a policy id stands in two parts.
  static Result<std::shared_ptr<const PolicyView>> Make(Parts parts);

  std::size_t size() const { return order_.size(); }
  const Policy& policy(std::uint32_t index) const { return *order_[index]; }
  const Policy* Find(std::string_view id) const;
  const Posture& posture() const { return *parts_.posture; }
  const Parts& parts() const { return parts_; }
  const std::string& version() const { return version_; }  // 16 hex digits over all parts

  // Static policies: as PolicySet::Detect, over all tiers.
  Result<std::vector<Finding>> Detect(const DetectInput& input) const;

  // Dynamic policies: appends one finding (without a span) for each whose conditions hold.
  void Evaluate(const Facts& facts, std::vector<Finding>& findings) const;

  // Whether a dynamic policy judges on this plane.
  bool HasDynamic(Plane plane) const { return dynamic_planes_.Has(plane); }

  // The dynamic policy behind an index; null for a static one.
  const DynamicPolicy* Dynamic(std::uint32_t index) const { return dynamic_[index]; }

  // What administrators decided about a policy: the organization's before the tenant's.
  std::span<const AdminOverride> OverridesOf(std::uint32_t index) const;

 private:
  explicit PolicyView(Parts parts) : parts_(std::move(parts)) {}
  Status Arrange();
  void SortOverrides();
  std::string Digest() const;
  Status DetectOne(std::size_t set, const DetectInput& input, std::vector<Finding>& findings) const;

  Parts parts_;
  std::vector<const PolicySet*> static_sets_;  // system, then Parts::own
  std::vector<const Policy*> order_;
  std::vector<const DynamicPolicy*> dynamic_;              // by index
  std::vector<std::vector<std::uint32_t>> static_index_;   // of each policy of static_sets_
  std::vector<std::vector<std::uint32_t>> dynamic_index_;  // of each policy of Parts::dynamic
  // Of each index the overrides [first, last) in Parts::overrides; empty without overrides.
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  std::vector<Range> overrides_;
  PlaneSet dynamic_planes_ = PlaneSet::None();
  bool enables_disabled_ = false;  // an override turns a disabled policy on
  std::string version_;
};

}  // namespace axonflow::policy

#include "policy/dynamic/conflicts.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy/dynamic/words.h"

namespace axonflow::policy {
namespace {

constexpr WordTable<ConflictType, 3> kTypes{
    {{ConflictType::kContradictoryAction, "contradictory_action"},
     {ConflictType::kShadow, "shadow"},
     {ConflictType::kRedundant, "redundant"}}};

// Gives equal texts equal numbers, so that comparing policies compares numbers.
class Numbers {
 public:
  std::uint32_t Of(std::string text) {
    const auto next = static_cast<std::uint32_t>(numbers_.size());
    return numbers_.emplace(std::move(text), next).first->second;
  }

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

using NumberSet = std::vector<std::uint32_t>;  // sorted

void SortOnce(NumberSet& set) {
  std::ranges::sort(set);
  set.erase(std::ranges::unique(set).begin(), set.end());
}

bool Overlap(const NumberSet& a, const NumberSet& b) {
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (*x == *y) return true;
    if (*x < *y) {
      ++x;
    } else {
      ++y;
    }
  }
  return false;
}

// One policy, as far as conflicts go.
struct Profile {
  std::uint32_t index = 0;
  NumberSet fields;
  std::uint64_t field_bits = 0;  // a filter: no common bit, no common field
  NumberSet conditions;
  NumberSet actions;
  bool blocks = false;
  bool notes = false;  // logs or alerts
};

// The same JSON value with the members of every object in order of their names.
void WriteOrdered(const JsonValue& value, JsonWriter& json) {
  if (value.type() == JsonType::kArray) {
    json.BeginArray();
    value.ForEachElement([&](JsonValue element) { WriteOrdered(element, json); });
    json.EndArray();
  } else if (value.type() == JsonType::kObject) {
    std::map<std::string_view, JsonValue> members;
    value.ForEachMember(
        [&](std::string_view name, JsonValue member) { members.emplace(name, member); });
    json.BeginObject();
    for (const auto& [name, member] : members) WriteOrdered(member, json.Key(name));
    json.EndObject();
  } else {
    json.Raw(value.ToString());
  }
}

std::string Ordered(const std::string& text) {
  JsonDocument document;
  const auto root = document.Parse(text);
  if (!root) return text;
  JsonWriter json;
  WriteOrdered(*root, json);
  return std::move(json).Take();
}

Profile ProfileOf(const DynamicPolicy& policy, std::uint32_t index, Numbers& numbers) {
  Profile profile;
  profile.index = index;
  for (const Condition& condition : policy.conditions) {
    const std::uint32_t field = numbers.Of("field " + condition.field);
    profile.fields.push_back(field);
    profile.field_bits |= std::uint64_t{1} << (field % 64);
    JsonWriter json;
    WriteConditions({condition}, json);
    profile.conditions.push_back(numbers.Of("condition " + std::move(json).Take()));
  }
  for (const ActionStep& step : policy.actions) {
    profile.actions.push_back(
        numbers.Of("action " + std::string(ToString(step.type)) + " " + Ordered(step.config)));
    profile.blocks = profile.blocks || step.type == DynamicAction::kBlock;
    profile.notes =
        profile.notes || step.type == DynamicAction::kLog || step.type == DynamicAction::kAlert;
  }
  SortOnce(profile.fields);
  SortOnce(profile.conditions);
  SortOnce(profile.actions);
  return profile;
}

bool JudgeTheSameCaller(const Policy& a, const Policy& b) {
  return a.segment.empty() || b.segment.empty() || a.segment == b.segment;
}

// A policy shadows only those whose callers it judges too.
bool Shadows(const Profile& strong, const Policy& its, const Profile& weak, const Policy& other) {
  return its.priority > other.priority && (its.segment.empty() || its.segment == other.segment) &&
         strong.conditions.size() < weak.conditions.size() &&
         std::ranges::includes(weak.conditions, strong.conditions);
}

std::string Sentence(ConflictType type, const Policy& a, const Policy& b) {
  const std::string first = "\"" + a.name + "\"";
  const std::string second = "\"" + b.name + "\"";
  switch (type) {
    case ConflictType::kContradictoryAction:
      return first + " and " + second +
             " share a condition, but only one of them blocks; the other lets pass.";
    case ConflictType::kShadow:
      return first + " has the higher priority and holds whenever " + second + " does.";
    case ConflictType::kRedundant:
      return first + " and " + second + " have the same conditions and actions.";
  }
  return {};
}

class Comparison {
 public:
  explicit Comparison(std::span<const DynamicPolicy> policies) : policies_(policies) {}

  void Compare(const Profile& x, const Profile& y) {
    if ((x.field_bits & y.field_bits) == 0 || !Overlap(x.fields, y.fields)) return;
    const Policy& a = policies_[x.index].policy;
    const Policy& b = policies_[y.index].policy;
    if (!JudgeTheSameCaller(a, b)) return;
    const bool contradict =
        (x.blocks && !y.blocks && y.notes) || (y.blocks && !x.blocks && x.notes);
    if (contradict && Overlap(x.conditions, y.conditions)) {
      Add(x, y, ConflictType::kContradictoryAction);
    } else if (x.conditions == y.conditions && x.actions == y.actions && a.segment == b.segment) {
      Add(x, y, ConflictType::kRedundant);
    } else if (Shadows(x, a, y, b)) {
      Add(x, y, ConflictType::kShadow);
    } else if (Shadows(y, b, x, a)) {
      Add(y, x, ConflictType::kShadow);
    }
  }

  // The texts are made for those that are reported only.
  ConflictReport Report() && {
    ConflictReport report;
    report.conflict_count = found_.size();
    std::ranges::sort(found_);
    found_.resize(std::min(found_.size(), kConflictsMax));
    for (const auto& [type, a, b] : found_) {
      const DynamicPolicy& first = policies_[a];
      const DynamicPolicy& second = policies_[b];
      report.conflicts.push_back(
          {a, b, type, Sentence(type, first.policy, second.policy), CommonField(first, second)});
    }
    return report;
  }

 private:
  void Add(const Profile& a, const Profile& b, ConflictType type) {
    found_.emplace_back(type, a.index, b.index);
  }

  static std::string CommonField(const DynamicPolicy& a, const DynamicPolicy& b) {
    for (const Condition& condition : a.conditions) {
      const bool common = std::ranges::any_of(
          b.conditions, [&](const Condition& other) { return other.field == condition.field; });
      if (common) return condition.field;
    }
    return {};
  }

  std::span<const DynamicPolicy> policies_;
  std::vector<std::tuple<ConflictType, std::uint32_t, std::uint32_t>> found_;
};

}  // namespace

std::string_view ToString(ConflictType type) { return WordIn(kTypes, type); }

Severity SeverityOf(ConflictType type) {
  switch (type) {
    case ConflictType::kContradictoryAction:
      return Severity::kHigh;
    case ConflictType::kShadow:
      return Severity::kMedium;
    case ConflictType::kRedundant:
      return Severity::kLow;
  }
  return Severity::kLow;
}

ConflictReport FindConflicts(std::span<const DynamicPolicy> policies,
                             std::optional<std::string_view> id) {
  Numbers numbers;
  std::vector<Profile> profiles;
  std::optional<std::size_t> wanted;
  for (std::uint32_t i = 0; i < policies.size() && profiles.size() < kConflictPoliciesMax; ++i) {
    if (!policies[i].policy.enabled) continue;
    if (id && policies[i].policy.id == *id) wanted = profiles.size();
    profiles.push_back(ProfileOf(policies[i], i, numbers));
  }
  Comparison comparison(policies);
  for (std::size_t x = 0; x < profiles.size(); ++x) {
    for (std::size_t y = x + 1; y < profiles.size(); ++y) {
      if (!id || x == wanted || y == wanted) comparison.Compare(profiles[x], profiles[y]);
    }
  }
  ConflictReport report = std::move(comparison).Report();
  report.policy_count = profiles.size();
  return report;
}

}  // namespace axonflow::policy

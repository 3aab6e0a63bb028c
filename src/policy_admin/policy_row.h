#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy_admin/records.h"
#include "policy_admin/requests.h"

namespace axonflow::policy_admin {

// A policy of either kind as the store holds it. Changes, versions and differences work on rows, so
// that they are written once.
struct PolicyRow : RowFacts {
  PolicyKind kind = PolicyKind::kStatic;
  policy::Policy policy;
  std::string type;        // dynamic policies only, as the two below
  std::string conditions;  // a JSON array
  std::string actions;     // a JSON array
};

StaticRecord ToStaticRecord(PolicyRow row);
// Fails when the conditions or actions cannot be read, which the store's writer has made sure of.
Result<DynamicRecord> ToDynamicRecord(PolicyRow row);
PolicyRow ToRow(const DynamicRecord& record);
PolicyRow ToRow(const StaticRecord& record);

// What its owner says about the policy, by the names of the wire, each value as JSON.
using Fields = std::vector<std::pair<std::string, std::string>>;
Fields FieldsOf(const PolicyRow& row);

// The whole row as a JSON object.
std::string SnapshotOf(const PolicyRow& row);

std::vector<FieldDifference> DifferencesOf(const PolicyRow& before, const PolicyRow& after);

// "action: log -> block; priority: 50 -> 90"; long values are cut.
std::string SummaryOf(const std::vector<FieldDifference>& differences);

// What a change with these differences is called: kEnabled or kDisabled when nothing else changed.
ChangeType ChangeTypeOf(const std::vector<FieldDifference>& differences);

// The action by which verdicts rank a dynamic policy: the strictest of its steps.
policy::Action StrictestOf(const std::vector<policy::ActionStep>& steps);

// ["a","b"] and back; the second is for texts that the first wrote.
std::string ToJson(const std::vector<std::string>& texts);
std::vector<std::string> TextsOf(std::string_view json);

}  // namespace axonflow::policy_admin

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "policy/dynamic/condition_check.h"
#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// What is wrong with one field of a body; `field` is a path like "conditions[0].operator".
struct FieldProblem {
  std::string field;
  std::string message;
  bool operator==(const FieldProblem&) const = default;
};

// The wire shape: [{"field", "operator", "value"}]. Reads what is right and reports every problem;
// the result may be used only when none was added. Patterns are checked as `patterns`
// says: with their trial where a tenant writes, without it where stored ones are read.
std::vector<Condition> ReadConditions(JsonValue list, PatternCheck patterns,
                                      std::vector<FieldProblem>& problems);

// The wire shape: [{"type", "config"}]; config may be absent.
std::vector<ActionStep> ReadActions(JsonValue list, std::vector<FieldProblem>& problems);

// As above, from stored text; fails with the first problem. Patterns are not tried again.
Result<std::vector<Condition>> ParseConditions(std::string_view json);
Result<std::vector<ActionStep>> ParseActions(std::string_view json);

// Which fields a body must have: those that a creation needs, or any.
enum class Completeness { kCreate, kUpdate };

// Reads the fields of a policy that `body` has into `policy` and leaves the others: name (3 to 100
// characters), description (at most 500), type, category (dynamic-* or media-*), tier
// (organization, tenant), priority (0 to 1000), enabled, conditions, actions, and ours: mode,
// segment_id, risk_level, allow_override. Other fields are not looked at. A creation begins with
// priority 0 and allow_override false. Reports every problem.
void ReadDynamicPolicy(JsonValue body, Completeness completeness, PatternCheck patterns,
                       DynamicPolicy& policy, std::vector<FieldProblem>& problems);

// The same shapes back, each as one JSON value. The elements of list values come as texts.
void WriteConditions(const std::vector<Condition>& conditions, JsonWriter& json);
void WriteActions(const std::vector<ActionStep>& actions, JsonWriter& json);

// Whether a policy by conditions may carry `category`: dynamic-* and media-* of the closed set.
bool IsDynamicCategory(std::string_view category);

// Whether `type` is one of content, user, risk, cost, media.
bool IsDynamicType(std::string_view type);

}  // namespace axonflow::policy

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "policy_admin/outcome.h"

namespace axonflow::api {

enum class VariableType { kString, kNumber, kBoolean, kArray };
std::string_view ToString(VariableType type);

// What may be filled into a template.
struct TemplateVariable {
  std::string name;
  VariableType type = VariableType::kString;
  bool required = false;
  std::string default_json;  // empty: none
  std::string description;
  std::string pattern;  // RE2, for the whole of a string; empty: any
  std::optional<double> min, max;
};

// A dynamic policy with places to fill in; the format is in policies/templates/README.md.
struct PolicyTemplate {
  std::string id, name, display_name, description, category, subcategory;
  std::string type;             // of the policy that it makes
  std::string policy_category;  // the same
  std::string conditions_json, actions_json;
  std::int64_t priority = 0;
  std::vector<TemplateVariable> variables;
  std::vector<std::string> tags;
};

inline constexpr std::string_view kTemplateCategories[] = {
    "general",       "security",       "compliance",      "content_safety",
    "rate_limiting", "access_control", "data_protection", "custom"};

// Reads a file of templates. Fails on anything that is missing or not as it should be.
Result<std::vector<PolicyTemplate>> ParseTemplates(std::string_view json);

// Those that are built into the binary, in order of id. Read once.
const Result<std::vector<PolicyTemplate>>& BuiltinTemplates();

// The value of each variable as JSON text: from `given` (an object, or nothing), else the default.
// Adds a problem "variables.<name>" for each that is required and missing, has another type or does
// not fit its bounds.
std::map<std::string, std::string> BindVariables(const PolicyTemplate& policy_template,
                                                 const std::optional<JsonValue>& given,
                                                 std::vector<policy_admin::FieldProblem>& problems);

// `json` with its places filled.
Result<std::string> FillPlaces(std::string_view json,
                               const std::map<std::string, std::string>& values);

}  // namespace axonflow::api

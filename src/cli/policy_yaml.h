#pragma once

#include <string>
#include <string_view>

#include "policy_admin/requests.h"

// The values of policy files as text.
namespace axonflow::cli {

// A YAML scalar as JSON: without quotes, what JSON would read as a number, true, false or null is
// that; everything else is a text.
std::string ScalarAsJson(std::string_view scalar, bool quoted);

// A text as a YAML scalar that ScalarAsJson reads as the same text: plain where that is possible,
// else in quotes.
std::string TextAsYaml(std::string_view text);

// A JSON value as the YAML value of a key, from after the colon to the line end: containers begin
// on the next line, `indent` blanks deep. Empty for text that is not JSON.
std::string JsonAsYaml(std::string_view json, int indent);

// The policies as one file that ReadPolicyFiles reads back to the same ones. What is at its default
// is left out. `heading` becomes comment lines.
std::string PolicyFileText(const policy_admin::OwnedPolicies& owned, std::string_view heading);

}  // namespace axonflow::cli

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/dynamic/dynamic_policy.h"

namespace axonflow::policy {

// The text that a number is compared by: the shortest plain decimal that reads back as the same
// number ("1" for 1.0, "0.1", "1000000"); with an exponent only at or above 1e21 and below 1e-6.
std::string NumberText(double number);

// The number that the whole of `text` is, in JSON's notation except that leading zeros may stand;
// nothing for anything else, an empty text and infinities included.
std::optional<double> ParseNumber(std::string_view text);

// The text that `value` is compared by; nothing for a list.
std::optional<std::string> TextForm(const ConditionValue& value);

}  // namespace axonflow::policy

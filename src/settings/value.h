#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"

namespace axonflow::settings {

// "true" and "false", in no other spelling.
std::optional<bool> ParseBool(std::string_view text);

// Decimal digits with an optional minus. Nothing when it does not fit.
std::optional<std::int64_t> ParseInteger(std::string_view text);

// A duration as Go writes them: "5m", "1h30m", "1.5s", "500ms"; units ns, us, ms, s, m, h; "0"
// alone needs none. Not negative, at most 10 years; a rest below a millisecond is cut off.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The items between commas without surrounding white space; empty ones are left out.
std::vector<std::string> ParseList(std::string_view text);

// Without white space at both ends.
std::string_view Trimmed(std::string_view text);

// Whether `text` is a value of `setting`; else what it must be ("must be an integer from 0 to
// 65535"). Repeats nothing of the text.
std::optional<std::string> Complaint(const Setting& setting, std::string_view text);

// Whether the value of a secret setting says where the secret is kept instead (docs/secrets.md).
bool IsSecretReference(std::string_view text);

// Whether `text` will do as the secret of `variable`; else what it must be. Repeats nothing of it.
std::optional<std::string> SecretComplaint(std::string_view variable, std::string_view text);

}  // namespace axonflow::settings

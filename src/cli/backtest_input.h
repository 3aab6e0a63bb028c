#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "governance/backtest.h"

namespace axonflow::cli {

inline constexpr std::size_t kBacktestLineBytesMax = 1U << 20U;

// One line of a file of decisions (JSON Lines): text, and as far as the line says it id, was,
// plane, tenant, connector, tool_signature, user_email, user_role. Other members are not looked at.
// Without `id` it is "line 7"; without `was`, PastDecision::was is empty; without `tenant` it is
// `tenant_default`. Fails with a sentence that says what is wrong.
Result<governance::PastDecision> ParseBacktestLine(std::string_view line, std::size_t number,
                                                   std::string_view tenant_default);

// Calls `take` for each line that is not blank, with its number from 1. Fails (kUnavailable) when
// the file cannot be read, and with whatever `take` fails with. "-" is standard input.
Status ForEachLine(const std::string& file,
                   const std::function<Status(std::string_view line, std::size_t number)>& take);

// The moment that "24h", "90m", "7d" or an RFC 3339 time means; nothing for anything else.
std::optional<Time> ParseSince(std::string_view text, Time now);

}  // namespace axonflow::cli

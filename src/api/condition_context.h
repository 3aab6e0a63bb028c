#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace axonflow::api {

inline constexpr std::size_t kConditionValuesMax = 1'000;
inline constexpr std::size_t kConditionDepthMax = 8;

// A caller's `context` as the conditions of policies read it: {"a": {"b": 1}} is the pair ("a.b",
// "1"). Sorted by key. Texts stand as they are, arrays as compact JSON, nulls not at all. Fails
// (kInvalidArgument) above the two bounds: a condition must not go by a part.
Result<std::vector<std::pair<std::string, std::string>>> ReadConditionContext(
    const JsonValue& object);

}  // namespace axonflow::api

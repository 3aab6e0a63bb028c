#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace axonflow::api {

// What of a caller's `context` is kept with the decision.
struct DecisionContext {
  std::vector<std::pair<std::string, std::string>> entries;  // sorted by key
  bool truncated = false;  // something was cut or left out for its size
};

inline constexpr std::size_t kContextKeysMax = 10;
inline constexpr std::size_t kContextValueBytesMax = 256;

// "X-AI-Agent" -> "x_ai_agent".
std::string CanonicalContextKey(std::string_view key);

// Keeps string members whose canonical key is on the allow-list (an entry that ends in '*' is a
// prefix), at most kContextKeysMax of them, values cut to kContextValueBytesMax.
DecisionContext ReadDecisionContext(const JsonValue& object,
                                    const std::vector<std::string>& allowlist);

}  // namespace axonflow::api

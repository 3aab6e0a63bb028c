#include "api/condition_context.h"

#include <algorithm>
#include <string_view>

namespace axonflow::api {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// False when a bound was met.
bool Append(const JsonValue& object, const std::string& prefix, std::size_t depth, Pairs& out) {
  if (depth > kConditionDepthMax) return false;
  bool within = true;
  object.ForEachMember([&](std::string_view name, JsonValue value) {
    if (!within || value.IsNull()) return;
    std::string key = prefix + std::string(name);
    if (value.type() == JsonType::kObject) {
      within = Append(value, key + ".", depth + 1, out);
      return;
    }
    within = out.size() < kConditionValuesMax;
    if (!within) return;
    const auto text = value.AsString();
    out.emplace_back(std::move(key), text ? std::string(*text) : value.ToString());
  });
  return within;
}

}  // namespace

Result<Pairs> ReadConditionContext(const JsonValue& object) {
  Pairs pairs;
  if (!Append(object, "", 1, pairs)) {
    return Error{ErrorCode::kInvalidArgument,
                 "context holds more than " + std::to_string(kConditionValuesMax) +
                     " values or is nested deeper than " + std::to_string(kConditionDepthMax)};
  }
  std::ranges::sort(pairs);
  return pairs;
}

}  // namespace axonflow::api

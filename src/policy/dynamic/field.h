#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "policy/dynamic/dynamic_set.h"

namespace axonflow::policy {

inline constexpr std::size_t kFieldKeyBytesMax = 128;

enum class Field : std::uint8_t {
  kQuery,
  kResponse,
  kRequestType,
  kRequestId,
  kUserId,
  kUserEmail,
  kUserRole,
  kUserDepartment,
  kUserRegion,
  kUserTenant,
  kUserPermissions,
  kClientId,
  kClientName,
  kClientOrg,
  kClientTenant,
  kConnector,
  kEnvironment,
  kRiskScore,
  kCostEstimate,
  kContext,  // by `key`
  kSignal,   // by `key`
};

// A field that a condition names, resolved once.
struct FieldRef {
  Field field = Field::kQuery;
  std::string key;
  auto operator<=>(const FieldRef&) const = default;
};

// Nothing for an unknown field.
std::optional<FieldRef> ResolveField(std::string_view name);

// What a fact is: absent, a text, a number, or a list of texts. Texts stay where they are.
using FactValue =
    std::variant<std::monostate, std::string_view, double, std::span<const std::string>>;

FactValue ReadFact(const FieldRef& ref, const Facts& facts);

}  // namespace axonflow::policy

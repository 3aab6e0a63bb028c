#include "policy/dynamic/field.h"

#include <algorithm>
#include <array>
#include <utility>

namespace axonflow::policy {
namespace {

constexpr auto kFields = std::to_array<std::pair<std::string_view, Field>>({
    {"query", Field::kQuery},
    {"response", Field::kResponse},
    {"request_type", Field::kRequestType},
    {"request_id", Field::kRequestId},
    {"user.id", Field::kUserId},
    {"user.email", Field::kUserEmail},
    {"user.role", Field::kUserRole},
    {"user.department", Field::kUserDepartment},
    {"user.region", Field::kUserRegion},
    {"user.tenant_id", Field::kUserTenant},
    {"user.permissions", Field::kUserPermissions},
    {"client.id", Field::kClientId},
    {"client.name", Field::kClientName},
    {"client.org_id", Field::kClientOrg},
    {"client.tenant_id", Field::kClientTenant},
    {"connector", Field::kConnector},
    {"environment", Field::kEnvironment},
    {"risk_score", Field::kRiskScore},
    {"cost_estimate", Field::kCostEstimate},
});

constexpr std::string_view kContextPrefix = "context.";
constexpr std::string_view kStepInputPrefix = "step_input.";
constexpr auto kSignalPrefixes = std::to_array<std::string_view>({"media.", "step."});
constexpr auto kSignals =
    std::to_array<std::string_view>({"user.access_pattern", "user.monthly_llm_usage"});

// Words of letters, digits, '_' and '-' with dots between them.
bool IsKey(std::string_view key) {
  if (key.empty() || key.size() > kFieldKeyBytesMax) return false;
  bool in_word = false;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!letter && (c != '.' || !in_word)) return false;
    in_word = letter;
  }
  return in_word;
}

FactValue Text(const std::optional<std::string_view>& text) {
  if (!text) return {};
  return *text;
}

FactValue Number(const std::optional<double>& number) {
  if (!number) return {};
  return *number;
}

FactValue Lookup(std::span<const std::pair<std::string, std::string>> entries,
                 std::string_view key) {
  const auto place = std::ranges::lower_bound(
      entries, key, {}, [](const auto& entry) { return std::string_view(entry.first); });
  if (place == entries.end() || place->first != key) return {};
  return std::string_view(place->second);
}

}  // namespace

std::optional<FieldRef> ResolveField(std::string_view name) {
  for (const auto& [word, field] : kFields) {
    if (word == name) return FieldRef{field, {}};
  }
  for (const auto word : kSignals) {
    if (word == name) return FieldRef{Field::kSignal, std::string(name)};
  }
  if (name.starts_with(kContextPrefix)) {
    const auto key = name.substr(kContextPrefix.size());
    if (IsKey(key)) return FieldRef{Field::kContext, std::string(key)};
  }
  if (name.starts_with(kStepInputPrefix) && IsKey(name.substr(kStepInputPrefix.size()))) {
    return FieldRef{Field::kContext, std::string(name)};
  }
  for (const auto prefix : kSignalPrefixes) {
    if (name.starts_with(prefix) && IsKey(name.substr(prefix.size()))) {
      return FieldRef{Field::kSignal, std::string(name)};
    }
  }
  return std::nullopt;
}

FactValue ReadFact(const FieldRef& ref, const Facts& facts) {
  switch (ref.field) {
    case Field::kQuery:
      return Text(facts.query);
    case Field::kResponse:
      return Text(facts.response);
    case Field::kRequestType:
      return Text(facts.request_type);
    case Field::kRequestId:
      return Text(facts.request_id);
    case Field::kUserId:
      return Text(facts.user_id);
    case Field::kUserEmail:
      return Text(facts.user_email);
    case Field::kUserRole:
      return Text(facts.user_role);
    case Field::kUserDepartment:
      return Text(facts.user_department);
    case Field::kUserRegion:
      return Text(facts.user_region);
    case Field::kUserTenant:
      return Text(facts.user_tenant);
    case Field::kUserPermissions:
      if (!facts.user_permissions) return {};
      return *facts.user_permissions;
    case Field::kClientId:
      return Text(facts.client_id);
    case Field::kClientName:
      return Text(facts.client_name);
    case Field::kClientOrg:
      return Text(facts.client_org);
    case Field::kClientTenant:
      return Text(facts.client_tenant);
    case Field::kConnector:
      return Text(facts.connector);
    case Field::kEnvironment:
      return Text(facts.environment);
    case Field::kRiskScore:
      return Number(facts.risk_score);
    case Field::kCostEstimate:
      return Number(facts.cost_estimate);
    case Field::kContext:
      return Lookup(facts.context, ref.key);
    case Field::kSignal:
      return Lookup(facts.signals, ref.key);
  }
  return {};
}

}  // namespace axonflow::policy

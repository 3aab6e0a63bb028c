#include "policy/types.h"

#include <utility>

namespace axonflow::policy {
namespace {

template <typename Enum, std::size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Words<Action, 6> kActions{{{Action::kAllow, "allow"},
                                     {Action::kLog, "log"},
                                     {Action::kWarn, "warn"},
                                     {Action::kRedact, "redact"},
                                     {Action::kRequireApproval, "require_approval"},
                                     {Action::kBlock, "block"}}};
constexpr Words<Severity, 4> kSeverities{{{Severity::kLow, "low"},
                                          {Severity::kMedium, "medium"},
                                          {Severity::kHigh, "high"},
                                          {Severity::kCritical, "critical"}}};
constexpr Words<Tier, 3> kTiers{
    {{Tier::kSystem, "system"}, {Tier::kOrganization, "organization"}, {Tier::kTenant, "tenant"}}};
constexpr Words<Mode, 2> kModes{{{Mode::kEnforce, "enforce"}, {Mode::kShadow, "shadow"}}};
constexpr Words<Plane, 4> kPlanes{{{Plane::kGateway, "gateway"},
                                   {Plane::kDecision, "decision"},
                                   {Plane::kMcp, "mcp"},
                                   {Plane::kProxy, "proxy"}}};
constexpr Words<Strategy, 7> kStrategies{{{Strategy::kNone, "none"},
                                          {Strategy::kPartial, "partial"},
                                          {Strategy::kMask, "mask"},
                                          {Strategy::kTokenize, "tokenize"},
                                          {Strategy::kHash, "hash"},
                                          {Strategy::kRemove, "remove"},
                                          {Strategy::kRemoveStatement, "remove_statement"}}};

template <typename Enum, std::size_t N>
std::string_view WordOf(const Words<Enum, N>& words, Enum value) {
  for (const auto& [candidate, word] : words) {
    if (candidate == value) return word;
  }
  return "unknown";
}

template <typename Enum, std::size_t N>
std::optional<Enum> ValueOf(const Words<Enum, N>& words, std::string_view text) {
  for (const auto& [value, word] : words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(Action action) { return WordOf(kActions, action); }
std::string_view ToString(Severity severity) { return WordOf(kSeverities, severity); }
std::string_view ToString(Tier tier) { return WordOf(kTiers, tier); }
std::string_view ToString(Plane plane) { return WordOf(kPlanes, plane); }

std::string_view ToString(Mode mode) { return WordOf(kModes, mode); }

std::optional<Action> ParseAction(std::string_view text) { return ValueOf(kActions, text); }
std::optional<Severity> ParseSeverity(std::string_view text) { return ValueOf(kSeverities, text); }
std::optional<Tier> ParseTier(std::string_view text) { return ValueOf(kTiers, text); }
std::optional<Mode> ParseMode(std::string_view text) { return ValueOf(kModes, text); }
std::optional<Plane> ParsePlane(std::string_view text) { return ValueOf(kPlanes, text); }

std::string_view ToString(Strategy strategy) { return WordOf(kStrategies, strategy); }
std::optional<Strategy> ParseStrategy(std::string_view text) { return ValueOf(kStrategies, text); }

}  // namespace axonflow::policy

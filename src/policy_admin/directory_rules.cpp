#include "policy_admin/directory_rules.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

constexpr std::size_t kReasonCharactersMin = 10;
constexpr std::size_t kReasonCharactersMax = 500;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ContainsFolded(std::string_view text, std::string_view part) {
  const auto found = std::ranges::search(text, part, {}, Lower, Lower);
  return !found.empty() || part.empty();
}

std::size_t CharacterCount(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

Refusal Denied(Reason reason, std::string message) {
  return {Error{ErrorCode::kPermissionDenied, std::move(message)}, reason, {}};
}

Refusal NoSuchPolicy() {
  return {Error{ErrorCode::kNotFound, "no such policy"}, Reason::kNone, {}};
}

std::optional<Refusal> WhyNotWritable(const Actor& actor, policy::Tier tier) {
  if (tier == policy::Tier::kSystem) {
    return Denied(Reason::kSystemTier,
                  "system policies cannot be created, changed, disabled or deleted");
  }
  if (tier == policy::Tier::kOrganization && !actor.organization_authority) {
    return Denied(Reason::kForeignTier,
                  "what belongs to the organization is written with authority over it");
  }
  // Rows without a tenant are the organization's: nobody may come by them for want of a name.
  const bool named = actor.tenant.str().find_first_not_of(" \t\r\n") != std::string::npos &&
                     OwnerOf(actor.tenant) != kOrganizationOwner;
  if (tier == policy::Tier::kTenant && !named) {
    return Refusal{Error{ErrorCode::kInvalidArgument, "a tenant is required"}, Reason::kNone, {}};
  }
  return std::nullopt;
}

TenantId OwnerFor(const Actor& actor, policy::Tier tier) {
  return tier == policy::Tier::kTenant ? actor.tenant : TenantId();
}

bool Fits(const PolicyRow& row, const ListQuery& query) {
  const policy::Policy& policy = row.policy;
  if (!query.category.empty() && policy.category != CurrentCategory(query.category)) return false;
  if (!query.category_prefixes.empty() &&
      std::ranges::none_of(query.category_prefixes, [&](const std::string& prefix) {
        return policy.category.starts_with(prefix);
      })) {
    return false;
  }
  if (!query.type.empty() && row.type != query.type) return false;
  if (query.tier && policy.tier != *query.tier) return false;
  if (query.severity && policy.severity != *query.severity) return false;
  if (query.enabled && policy.enabled != *query.enabled) return false;
  return ContainsFolded(policy.name, query.search) ||
         ContainsFolded(policy.description, query.search);
}

bool ComesBefore(const PolicyRow& a, const PolicyRow& b, const ListQuery& query) {
  // The slug settles what is equal, in one direction, so that pages never overlap.
  const auto before = [&](const auto& left, const auto& right) {
    if (left != right) return query.descending ? right < left : left < right;
    return a.policy.id < b.policy.id;
  };
  switch (query.sort_by) {
    case SortBy::kName:
      return before(a.policy.name, b.policy.name);
    case SortBy::kUpdatedAt:
      return before(a.updated_at, b.updated_at);
    case SortBy::kPriority:
      return before(a.policy.priority, b.policy.priority);
    case SortBy::kCreatedAt:
      break;
  }
  return before(a.created_at, b.created_at);
}

bool MayBeWeakened(const policy::Policy& policy) {
  return policy.allow_override && policy.risk_level != policy::Severity::kCritical;
}

OverrideState Combine(const policy::Policy& policy, std::optional<OverrideRecord> of_tenant,
                      std::optional<OverrideRecord> of_organization, Time now) {
  if (of_tenant && of_tenant->ExpiredAt(now)) of_tenant.reset();
  if (of_organization && of_organization->ExpiredAt(now)) of_organization.reset();
  OverrideState state;
  for (const auto* each : {&of_organization, &of_tenant}) {
    if (!*each) continue;
    const policy::AdminOverride& rule = (*each)->rule;
    if (rule.action) state.action = std::max(state.action.value_or(*rule.action), *rule.action);
    if (rule.enabled) state.enabled = state.enabled.value_or(false) || *rule.enabled;
    state.expires_at = rule.expires_at;
    state.reason = (*each)->reason;
  }
  if (!MayBeWeakened(policy)) {
    if (state.action) state.action = std::max(*state.action, policy.action);
    if (state.enabled) state.enabled = *state.enabled || policy.enabled;
  }
  state.of_tenant = std::move(of_tenant);
  state.of_organization = std::move(of_organization);
  return state;
}

std::vector<FieldProblem> ReadOverrideChange(const OverrideChange& change, Time now,
                                             policy::AdminOverride& rule) {
  std::vector<FieldProblem> problems;
  const std::size_t characters = CharacterCount(change.reason);
  if (characters < kReasonCharactersMin || characters > kReasonCharactersMax) {
    problems.push_back({"override_reason", "override_reason must have 10 to 500 characters"});
  }
  if (change.action) {
    rule.action = policy::ParseAction(*change.action);
    if (!rule.action || *rule.action == policy::Action::kAllow) {
      problems.push_back(
          {"action_override", "unknown action \"" + *change.action +
                                  "\"; accepted: log, warn, redact, require_approval, block"});
    }
  }
  rule.enabled = change.enabled;
  if (!change.action && !change.enabled) {
    problems.push_back(
        {"action_override", "one of action_override and enabled_override is required"});
  }
  if (change.expires_at && *change.expires_at <= now) {
    problems.push_back({"expires_at", "expires_at must be in the future"});
  }
  rule.expires_at = change.expires_at;
  return problems;
}

}  // namespace axonflow::policy_admin

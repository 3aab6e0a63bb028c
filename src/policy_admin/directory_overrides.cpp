// Overrides by administrators, and the listing of everything that applies.

#include <algorithm>
#include <map>
#include <utility>

#include "base/crypto.h"
#include "policy_admin/directory_rules.h"
#include "policy_admin/overrides_store.h"
#include "policy_admin/policies_store.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

// How long an override that has expired can still be listed.
constexpr std::chrono::hours kExpiredKept{24 * 30};

// Why a policy takes no such override of that tier; nothing when it does.
std::optional<Refusal> WhyNotOverridable(const PolicyRow& row, const policy::AdminOverride& rule) {
  const policy::Policy& policy = row.policy;
  if (rule.tier <= policy.tier && policy.tier != policy::Tier::kSystem) {
    return Denied(Reason::kOwnPolicy, "an override is for the policies of others; change this one");
  }
  if (!policy.segment.empty()) {
    return Denied(Reason::kSegmentPolicy, "a policy of a segment cannot be overridden");
  }
  const bool weaker = (rule.action && *rule.action < policy.action) ||
                      (rule.enabled && !*rule.enabled && policy.enabled);
  if (weaker && !MayBeWeakened(policy)) {
    return Denied(Reason::kNotOverridable,
                  "this policy may be made stricter only: its risk is critical, or it allows no "
                  "override");
  }
  return std::nullopt;
}

// Overrides by slug, the tenant's and the organization's.
struct Pair {
  std::optional<OverrideRecord> of_tenant;
  std::optional<OverrideRecord> of_organization;
};

std::map<std::string, Pair, std::less<>> BySlug(std::vector<OverrideRecord> records) {
  std::map<std::string, Pair, std::less<>> pairs;
  for (OverrideRecord& record : records) {
    Pair& pair = pairs[record.rule.policy_id];
    auto& place = record.tenant.empty() ? pair.of_organization : pair.of_tenant;
    place = std::move(record);
  }
  return pairs;
}

Result<std::vector<OverrideRecord>> ReadVisibleOverrides(store::Database& database,
                                                         const Actor& actor) {
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::vector<OverrideRecord> records;
  const Status read = database.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectVisibleOverrides(transaction, actor.org, actor.tenant);
    if (!selected) return selected.error();
    records = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return records;
}

bool ComesFirst(const policy::Policy& a, const policy::Policy& b) {
  if (a.tier != b.tier) return a.tier < b.tier;
  if (a.priority != b.priority) return a.priority > b.priority;
  return a.id < b.id;
}

}  // namespace

Outcome<PolicyDirectory::OverrideSet> PolicyDirectory::SetOverride(const Actor& actor,
                                                                   PolicyKind kind,
                                                                   std::string_view policy,
                                                                   policy::Tier tier,
                                                                   const OverrideChange& change) {
  if (auto why = WhyNotWritable(actor, tier)) return std::move(*why);
  const auto target = Get(actor, kind, policy);
  if (!target) return target.refusal();
  OverrideSet set;
  OverrideRecord& record = set.record;
  const Time now = Now();
  record.rule.tier = tier;
  if (auto problems = ReadOverrideChange(change, now, record.rule); !problems.empty()) {
    return Invalid(std::move(problems));
  }
  if (auto why = WhyNotOverridable(*target, record.rule)) return std::move(*why);
  record.org = actor.org;
  record.tenant = OwnerFor(actor, tier);
  record.kind = kind;
  record.rule.policy_id = target->policy.id;
  record.policy_uuid = target->uuid;
  record.reason = change.reason;
  record.updated_at = now;
  record.updated_by = actor.user;
  auto refused = Commit(
      actor.org, record.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        const auto swept =
            DeleteOverridesExpiredBefore(transaction, actor.org, record.tenant, now - kExpiredKept);
        if (!swept) return swept;
        const auto own = SelectOwnOverrides(transaction, actor.org, record.tenant);
        if (!own) return own.error();
        const auto old = std::ranges::find_if(*own, [&](const OverrideRecord& each) {
          return each.rule.policy_id == record.rule.policy_id;
        });
        // One that has expired is over: what follows is another.
        set.created = old == own->end() || old->ExpiredAt(now);
        record.rule.id = set.created ? NewUuid() : old->rule.id;
        record.rule.version = set.created ? 1 : old->rule.version + 1;
        record.created_at = set.created ? now : old->created_at;
        record.created_by = set.created ? actor.user : old->created_by;
        changes.Touch(record.tenant);
        return UpsertOverride(transaction, record);
      });
  if (refused) return std::move(*refused);
  return set;
}

Outcome<OverrideState> PolicyDirectory::OverridesOf(const Actor& actor, PolicyKind kind,
                                                    std::string_view slug) {
  const auto row = Get(actor, kind, slug);
  if (!row) {
    if (row.error().code == ErrorCode::kNotFound) return OverrideState{};
    return row.refusal();
  }
  auto records = ReadVisibleOverrides(database_, actor);
  if (!records) return records.error();
  auto pairs = BySlug(std::move(*records));
  auto& pair = pairs[row->policy.id];
  return Combine(row->policy, std::move(pair.of_tenant), std::move(pair.of_organization), Now());
}

Outcome<OverrideRecord> PolicyDirectory::GetOverride(const Actor& actor, PolicyKind kind,
                                                     std::string_view policy) {
  auto state = OverridesOf(actor, kind, policy);
  if (!state) return state.refusal();
  if (state->of_tenant) return std::move(*state->of_tenant);
  if (state->of_organization) return std::move(*state->of_organization);
  return Error{ErrorCode::kNotFound, "no override"};
}

Outcome<OverrideRecord> PolicyDirectory::DeleteOverride(const Actor& actor, PolicyKind kind,
                                                        std::string_view policy,
                                                        policy::Tier tier) {
  if (auto why = WhyNotWritable(actor, tier)) return std::move(*why);
  const auto target = Get(actor, kind, policy);
  if (!target) return target.refusal();
  const TenantId owner = OwnerFor(actor, tier);
  OverrideRecord removed;
  auto refused =
      Commit(actor.org, owner, [&](store::Transaction& transaction, Changes& changes) -> Status {
        auto own = SelectOwnOverrides(transaction, actor.org, owner);
        if (!own) return own.error();
        const auto found = std::ranges::find_if(*own, [&](const OverrideRecord& each) {
          return each.rule.policy_id == target->policy.id;
        });
        if (found == own->end()) return Error{ErrorCode::kNotFound, "no override"};
        removed = std::move(*found);
        changes.Touch(owner);
        const auto deleted = DeleteOverrideRow(transaction, actor.org, owner, target->policy.id);
        if (!deleted) return deleted.error();
        return {};
      });
  if (refused) return std::move(*refused);
  return removed;
}

Outcome<std::vector<OverrideRecord>> PolicyDirectory::ListOverrides(const Actor& actor,
                                                                    bool include_expired) {
  auto records = ReadVisibleOverrides(database_, actor);
  if (!records) return records.error();
  const Time now = Now();
  if (!include_expired) {
    std::erase_if(*records, [&](const OverrideRecord& each) { return each.ExpiredAt(now); });
  }
  return std::move(*records);
}

Outcome<EffectiveView> PolicyDirectory::Effective(const Actor& actor) {
  auto static_rows = Rows(actor, PolicyKind::kStatic, true);
  if (!static_rows) return static_rows.refusal();
  auto dynamic_rows = Rows(actor, PolicyKind::kDynamic, true);
  if (!dynamic_rows) return dynamic_rows.refusal();
  auto records = ReadVisibleOverrides(database_, actor);
  if (!records) return records.error();
  auto pairs = BySlug(std::move(*records));
  EffectiveView view;
  view.computed_at = Now();
  const auto state_of = [&](const policy::Policy& policy) {
    const auto found = pairs.find(policy.id);
    if (found == pairs.end()) return OverrideState{};
    return Combine(policy, found->second.of_tenant, found->second.of_organization,
                   view.computed_at);
  };
  const auto first = [](const PolicyRow& a, const PolicyRow& b) {
    return ComesFirst(a.policy, b.policy);
  };
  std::ranges::sort(*static_rows, first);
  std::ranges::sort(*dynamic_rows, first);
  for (PolicyRow& row : *static_rows) {
    EffectiveStatic each{
        .record = {}, .overrides = state_of(row.policy), .action = {}, .enabled = {}};
    each.action = each.overrides.action.value_or(row.policy.action);
    each.enabled = each.overrides.enabled.value_or(row.policy.enabled);
    each.record = ToStaticRecord(std::move(row));
    view.static_policies.push_back(std::move(each));
  }
  for (PolicyRow& row : *dynamic_rows) {
    EffectiveDynamic each{
        .record = {}, .overrides = state_of(row.policy), .action = {}, .enabled = {}};
    each.action = each.overrides.action.value_or(row.policy.action);
    each.enabled = each.overrides.enabled.value_or(row.policy.enabled);
    auto record = ToDynamicRecord(std::move(row));
    if (!record) return record.error();
    each.record = std::move(*record);
    view.dynamic_policies.push_back(std::move(each));
  }
  return view;
}

}  // namespace axonflow::policy_admin

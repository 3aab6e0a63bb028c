// Overrides that users take for themselves, for a while.

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "policy_admin/directory_rules.h"
#include "policy_admin/overrides_store.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"

namespace axonflow::policy_admin {
namespace {

constexpr std::int64_t kTtlDefaultSeconds = 3'600;
constexpr std::int64_t kTtlMinSeconds = 60;
constexpr std::int64_t kTtlMaxSeconds = 86'400;
constexpr std::size_t kReasonBytesMax = 2'000;  // 500 characters of four bytes
constexpr std::size_t kReasonCharactersMax = 500;
constexpr std::size_t kToolBytesMax = 512;
// How long one that has expired can still be listed.
constexpr std::chrono::hours kExpiredKept{24 * 30};

std::vector<FieldProblem> ProblemsOf(const SessionOverrideRequest& request) {
  std::vector<FieldProblem> problems;
  if (request.policy.empty()) problems.push_back({"policy_id", "policy_id is required"});
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(
      request.reason, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  const bool blank = request.reason.find_first_not_of(" \t\r\n") == std::string::npos;
  if (blank || characters > kReasonCharactersMax || request.reason.size() > kReasonBytesMax) {
    problems.push_back({"override_reason", "override_reason must have 1 to 500 characters"});
  }
  if (request.tool_signature.size() > kToolBytesMax) {
    problems.push_back({"tool_signature", "tool_signature has at most 512 bytes"});
  }
  return problems;
}

Refusal NoSuchOverride() {
  return {Error{ErrorCode::kNotFound, "no such override"}, Reason::kNone, {}};
}

Refusal NoUser() {
  return {Error{ErrorCode::kUnauthenticated, "a session override needs a known user"},
          Reason::kNone,
          {}};
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Outcome<PolicyRow> PolicyDirectory::FindByAnyName(const Actor& actor, PolicyKind kind,
                                                  std::string_view name) {
  auto row = Get(actor, kind, name);
  if (row || row.error().code != ErrorCode::kNotFound) return row;
  auto rows = Rows(actor, kind, true);
  if (!rows) return rows.refusal();
  const auto found =
      std::ranges::find_if(*rows, [&](const PolicyRow& each) { return each.policy.name == name; });
  if (found == rows->end()) return NoSuchPolicy();
  return std::move(*found);
}

Outcome<SessionOverrideGrant> PolicyDirectory::CreateSessionOverride(
    const Actor& actor, const SessionOverrideRequest& request) {
  if (IsBlank(actor.user)) return NoUser();
  if (auto why = WhyNotWritable(actor, policy::Tier::kTenant)) return std::move(*why);
  if (auto problems = ProblemsOf(request); !problems.empty()) return Invalid(std::move(problems));
  const auto target = FindByAnyName(actor, request.kind, request.policy);
  if (!target) return target.refusal();
  if (!MayBeWeakened(target->policy)) {
    return Denied(Reason::kNotOverridable,
                  "this policy cannot be overridden: its risk is critical, or it allows no "
                  "override");
  }
  SessionOverrideGrant grant;
  const std::int64_t asked = request.ttl_seconds.value_or(0);
  const std::int64_t ttl = asked == 0 ? kTtlDefaultSeconds : asked;
  grant.requested_ttl_seconds = ttl;
  if (ttl > kTtlMaxSeconds) grant.clamp = Clamp::kExceedsHardCap;
  if (ttl < kTtlMinSeconds) grant.clamp = Clamp::kBelowMinimum;
  SessionOverrideRecord& record = grant.record;
  record.ttl_seconds = std::clamp(ttl, kTtlMinSeconds, kTtlMaxSeconds);
  record.kind = request.kind;
  record.policy_uuid = target->uuid;
  record.requested_policy = request.policy;
  record.org = actor.org;
  record.tenant = actor.tenant;
  record.reason = request.reason;
  record.created_by = actor.user;
  record.rule.id = NewUuid();
  record.rule.policy_id = target->policy.id;
  record.rule.user_email = actor.user;
  record.rule.tool_signature = request.tool_signature;
  record.rule.created_at = Now();
  record.rule.expires_at = record.rule.created_at + std::chrono::seconds(record.ttl_seconds);
  auto refused = Commit(
      actor.org, actor.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        const Time now = record.rule.created_at;
        const auto swept = DeleteSessionOverridesExpiredBefore(transaction, actor.org, actor.tenant,
                                                               now - kExpiredKept);
        if (!swept) return swept;
        const auto living = CountLivingSessionOverrides(transaction, actor.org, actor.tenant, now);
        if (!living) return living.error();
        if (static_cast<std::size_t>(*living) >= kLiveSessionOverridesMax) {
          return Error{ErrorCode::kResourceExhausted, "too many session overrides are living"};
        }
        changes.Touch(actor.tenant);
        return InsertSessionOverride(transaction, record);
      });
  if (refused) return std::move(*refused);
  return grant;
}

Outcome<std::vector<SessionOverrideRecord>> PolicyDirectory::ListSessionOverrides(
    const Actor& actor, const SessionOverrideQuery& query) {
  if (IsBlank(actor.user)) return NoUser();
  SessionOverrideFilter filter;
  filter.include_revoked = query.include_revoked;
  filter.limit = kSessionOverridesMax;
  if (!actor.is_admin) filter.user = actor.user;
  if (!query.policy.empty()) {
    filter.policy_slug = query.policy;
    for (const PolicyKind kind : {PolicyKind::kStatic, PolicyKind::kDynamic}) {
      const auto row = FindByAnyName(actor, kind, query.policy);
      if (row) filter.policy_slug = row->policy.id;
      if (!row && row.error().code != ErrorCode::kNotFound) return row.refusal();
    }
  }
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::vector<SessionOverrideRecord> records;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectSessionOverrides(transaction, actor.org, actor.tenant, filter);
    if (!selected) return selected.error();
    records = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return records;
}

Outcome<SessionOverrideRecord> PolicyDirectory::GetSessionOverride(const Actor& actor,
                                                                   std::string_view id) {
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::optional<SessionOverrideRecord> found;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto record = FindSessionOverride(transaction, actor.org, actor.tenant, id);
    if (!record) return record.error();
    found = std::move(*record);
    return {};
  });
  if (!read) return read.error();
  const bool visible = found && (actor.is_admin || found->rule.user_email == actor.user);
  if (!visible) return NoSuchOverride();
  return std::move(*found);
}

Outcome<SessionOverrideRecord> PolicyDirectory::RevokeSessionOverride(const Actor& actor,
                                                                      std::string_view id) {
  if (IsBlank(actor.user)) return NoUser();
  auto record = GetSessionOverride(actor, id);
  if (!record) return record;
  record->revoked_at = Now();
  record->revoked_by = actor.user;
  auto refused = Commit(
      actor.org, actor.tenant, [&](store::Transaction& transaction, Changes& changes) -> Status {
        const auto revoked = MarkSessionOverrideRevoked(transaction, actor.org, actor.tenant, id,
                                                        *record->revoked_at, actor.user);
        if (!revoked) return revoked.error();
        if (!*revoked) return changes.Refuse(NoSuchOverride());
        changes.Touch(actor.tenant);
        return {};
      });
  if (refused) return std::move(*refused);
  return record;
}

}  // namespace axonflow::policy_admin

// The posture of organizations, and uses of templates.

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "policy_admin/directory_rules.h"
#include "policy_admin/policy_directory.h"
#include "policy_admin/policy_fields.h"
#include "policy_admin/scopes_store.h"

namespace axonflow::policy_admin {
namespace {

constexpr std::size_t kReasonBytesMax = 2'000;
constexpr std::size_t kTemplateBytesMax = 255;

Refusal UnknownGroup(std::string_view group) {
  std::string accepted;
  for (std::size_t i = 0; i < static_cast<std::size_t>(policy::PostureGroup::kCount); ++i) {
    if (!accepted.empty()) accepted += ", ";
    accepted += policy::ToString(static_cast<policy::PostureGroup>(i));
  }
  return Invalid({{"group", "unknown group \"" + std::string(group.substr(0, 64)) +
                                "\"; accepted: " + accepted}});
}

}  // namespace

Outcome<std::vector<PostureEntry>> PolicyDirectory::GetPosture(const Actor& actor) {
  const auto scope = store::OrgScope::OrgWide(actor.org);
  if (!scope) return scope.error();
  std::vector<PostureEntry> entries;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectPosture(transaction, actor.org);
    if (!selected) return selected.error();
    entries = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return entries;
}

Outcome<PostureEntry> PolicyDirectory::SetPosture(const Actor& actor, std::string_view group,
                                                  std::string_view action,
                                                  std::string_view reason) {
  if (auto why = WhyNotWritable(actor, policy::Tier::kOrganization)) return std::move(*why);
  const auto known = policy::ParsePostureGroup(group);
  if (!known) return UnknownGroup(group);
  const auto word = policy::ParseAction(action);
  if (!word || !policy::Takes(*known, *word)) {
    return Invalid(
        {{"action", "the group " + std::string(group) + " does not take \"" +
                        std::string(action.substr(0, 64)) + "\"; accepted: block, " +
                        (policy::Takes(*known, policy::Action::kRedact) ? "redact, " : "") +
                        "warn, log"}});
  }
  if (reason.size() > kReasonBytesMax) {
    return Invalid({{"reason", "reason has at most 2000 bytes"}});
  }
  const PostureEntry entry{*known, *word, std::string(reason), actor.user, Now()};
  auto refused = Commit(actor.org, TenantId(),
                        [&](store::Transaction& transaction, Changes& changes) -> Status {
                          changes.Touch(TenantId());
                          return UpsertPosture(transaction, actor.org, entry);
                        });
  if (refused) return std::move(*refused);
  return entry;
}

Outcome<PostureEntry> PolicyDirectory::DeletePosture(const Actor& actor, std::string_view group) {
  if (auto why = WhyNotWritable(actor, policy::Tier::kOrganization)) return std::move(*why);
  const auto known = policy::ParsePostureGroup(group);
  if (!known) return UnknownGroup(group);
  PostureEntry removed;
  auto refused = Commit(
      actor.org, TenantId(), [&](store::Transaction& transaction, Changes& changes) -> Status {
        const auto entries = SelectPosture(transaction, actor.org);
        if (!entries) return entries.error();
        const auto found = std::ranges::find(*entries, *known, &PostureEntry::group);
        if (found == entries->end()) {
          return Error{ErrorCode::kNotFound, "the organization has no action for this group"};
        }
        removed = *found;
        changes.Touch(TenantId());
        const auto deleted = DeletePostureRow(transaction, actor.org, *known);
        if (!deleted) return deleted.error();
        return {};
      });
  if (refused) return std::move(*refused);
  return removed;
}

Outcome<TemplateUse> PolicyDirectory::RecordTemplateUse(const Actor& actor,
                                                        std::string_view template_id,
                                                        std::string_view template_name,
                                                        std::string_view policy_uuid) {
  if (auto why = WhyNotWritable(actor, policy::Tier::kTenant)) return std::move(*why);
  if (template_id.empty() || template_id.size() > kTemplateBytesMax ||
      template_name.size() > kTemplateBytesMax) {
    return Invalid({{"template_id", "template id and name have 1 to 255 bytes"}});
  }
  const TemplateUse use{NewUuid(),
                        std::string(template_id),
                        std::string(template_name),
                        std::string(policy_uuid),
                        actor.user,
                        Now()};
  auto refused =
      Commit(actor.org, actor.tenant, [&](store::Transaction& transaction, Changes&) -> Status {
        return InsertTemplateUse(transaction, actor.org, actor.tenant, use);
      });
  if (refused) return std::move(*refused);
  return use;
}

Outcome<std::vector<TemplateStatistic>> PolicyDirectory::TemplateStatistics(const Actor& actor) {
  const auto scope = store::OrgScope::ForTenant(actor.org, actor.tenant);
  if (!scope) return scope.error();
  std::vector<TemplateStatistic> statistics;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectTemplateStatistics(transaction, actor.org, actor.tenant);
    if (!selected) return selected.error();
    statistics = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return statistics;
}

}  // namespace axonflow::policy_admin

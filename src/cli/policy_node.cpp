#include "cli/policy_node.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "app/open_store.h"
#include "app/policy_source.h"
#include "cli/output.h"
#include "policy_admin/policies_store.h"

namespace axonflow::cli {
namespace {

Result<std::unique_ptr<store::Database>> OpenStore(const Node& node, MissingStore missing) {
  if (missing == MissingStore::kFail) return OpenExistingDatabase(node);
  if (auto made = node.directory.Create(); !made) return made.error();
  return app::OpenStore(node.settings, node.directory);
}

// "cli:<login>", so that a version says that it did not come over the interfaces.
std::string DefaultAuthor() {
  const passwd* user = ::getpwuid(::geteuid());
  return "cli:" + (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid()));
}

}  // namespace

Result<PolicyNode> OpenPolicyNode(const std::string& data_dir, MissingStore missing) {
  auto node = LoadNode(data_dir);
  if (!node) return node.error();
  auto database = OpenStore(*node, missing);
  if (!database) return database.error();
  auto system = app::LoadSystemPolicies(node->settings.String("AXONFLOW_POLICIES_DIR"));
  if (!system) return system.error();
  return PolicyNode{std::move(*node),
                    std::move(*database),
                    {std::move(system->patterns), std::move(system->dynamic)}};
}

policy_admin::Actor ActorFor(const PolicyNode& node, const std::string& tenant, policy::Tier tier,
                             const std::string& author) {
  policy_admin::Actor actor;
  actor.org = node.node.org;
  const bool whole = tier == policy::Tier::kOrganization;
  actor.tenant = TenantId(whole ? std::string(policy_admin::kOrganizationOwner) : tenant);
  actor.user = author.empty() ? DefaultAuthor() : author;
  actor.organization_authority = true;
  actor.is_admin = true;
  return actor;
}

void NoteUnknownTenant(const PolicyNode& node, const std::string& tenant) {
  if (tenant.empty() || node.node.settings.String("DEPLOYMENT_MODE") == "community") return;
  identity::ClientDirectory directory(*node.database, node.node.org, Secret());
  const auto tenants = directory.ListTenants();
  if (!tenants) return;  // what comes next reads the same store and says why it cannot
  const bool known = std::ranges::any_of(
      *tenants, [&](const identity::TenantRow& row) { return row.id.str() == tenant; });
  if (known) return;
  std::cerr << "axonflow: note: the store has no tenant \"" << ForTerminal(tenant)
            << "\"; `axonflow tenant list` shows those it has\n";
}

}  // namespace axonflow::cli

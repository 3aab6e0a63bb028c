#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/node.h"
#include "policy_admin/policy_directory.h"
#include "store/database.h"

namespace axonflow::cli {

// What the commands about own policies work on: a node's store and the policies of the system.
struct PolicyNode {
  Node node;
  std::unique_ptr<store::Database> database;
  policy_admin::SystemPolicies system;
};

// Whether a missing store is an error or made, with its tables.
enum class MissingStore { kFail, kMake };

// As LoadNode, then opens the store and loads the system's policies as the server would.
Result<PolicyNode> OpenPolicyNode(const std::string& data_dir, MissingStore missing);

// Whose policies are meant, and in whose name they change. A tier beside "tenant" is the
// organization's, which whoever may write the node's files has authority over.
policy_admin::Actor ActorFor(const PolicyNode& node, const std::string& tenant, policy::Tier tier,
                             const std::string& author);

// Says on standard error when the store has no such tenant: its name may be misspelt. In community
// mode every name is a tenant.
void NoteUnknownTenant(const PolicyNode& node, const std::string& tenant);

}  // namespace axonflow::cli

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/policy_http.h"
#include "policy_admin/records.h"

namespace axonflow::api {

// A change of policies, as the audit keeps it.
struct PolicyWrite {
  std::string_view event;                    // a literal: "policy_created", "override_revoked", ...
  std::vector<audit::PolicyMatch> policies;  // that it is about; searches by policy find it
  std::string summary;                       // one sentence
  // What a search by override finds, and facts of the write ("policy_uuid", "tier", ...); sorted.
  std::vector<std::pair<std::string, std::string>> context;
};

audit::PolicyMatch MatchOf(const policy::Policy& policy);

// Records the write and waits until that is durable. A failure answers the request: the change
// stands, and whoever made it must learn that its record does not.
Task<std::optional<PolicyProblem>> RecordWrite(Api& api, Call& call, PolicyWrite write);

}  // namespace axonflow::api

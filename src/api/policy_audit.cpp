#include "api/policy_audit.h"

#include <algorithm>

#include "base/crypto.h"

namespace axonflow::api {

audit::PolicyMatch MatchOf(const policy::Policy& policy) {
  audit::PolicyMatch match;
  match.policy_id = policy.id;
  match.policy_name = policy.name;
  match.category = policy.category;
  match.action = policy::ToString(policy.action);
  match.severity = policy::ToString(policy.severity);
  match.risk_level = policy::ToString(policy.risk_level);
  match.version = policy.version;
  match.allow_override = policy.allow_override;
  match.count = 0;
  return match;
}

Task<std::optional<PolicyProblem>> RecordWrite(Api& api, Call& call, PolicyWrite write) {
  const auto& principal = call.principal;
  audit::Record record;
  record.id = NewUuid();
  record.decision_id = call.decision_id;
  record.timestamp = Now();
  record.org = principal.org;
  record.tenant = principal.tenant;
  record.client = principal.client;
  record.user_email = principal.user_email;
  record.user_role = principal.user_role;
  record.session_id = principal.session_id;
  record.attempted_user_email = principal.attempted_user_email;
  record.plane = call.route.plane;
  record.request_type = write.event;
  record.verdict = policy::ToString(policy::Outcome::kAllowed);
  record.reason = std::move(write.summary);
  record.matches = std::move(write.policies);
  record.trace = call.trace;
  record.correlation_id = call.trace.str();
  record.context = std::move(write.context);
  std::ranges::sort(record.context);
  const auto reported = co_await api.services().governor.Report(std::move(record));
  if (!reported) co_return ProblemOf(reported.error());
  co_return std::nullopt;
}

}  // namespace axonflow::api

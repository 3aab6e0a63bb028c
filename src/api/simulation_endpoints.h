#pragma once

#include "api/policy_http.h"

namespace axonflow::api {

// Questions about policies that change nothing and leave no record; router.cpp says where each one
// lives.
Task<PolicyReply> SimulatePolicies(Api& api, Call& call);
Task<PolicyReply> ReportImpact(Api& api, Call& call);
Task<PolicyReply> DetectConflicts(Api& api, Call& call);
Task<PolicyReply> BacktestPolicies(Api& api, Call& call);

}  // namespace axonflow::api

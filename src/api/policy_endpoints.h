#pragma once

#include "api/policy_http.h"

namespace axonflow::api {

// The management of policies, one function an endpoint; router.cpp says where each one lives.

// Static policies: a pattern and an action.
Task<PolicyReply> ListStaticPolicies(Api& api, Call& call);
Task<PolicyReply> CreateStaticPolicy(Api& api, Call& call);
Task<PolicyReply> GetStaticPolicy(Api& api, Call& call);
Task<PolicyReply> UpdateStaticPolicy(Api& api, Call& call);
Task<PolicyReply> DeleteStaticPolicy(Api& api, Call& call);
Task<PolicyReply> StaticPolicyVersions(Api& api, Call& call);
Task<PolicyReply> EffectiveStaticPolicies(Api& api, Call& call);
Task<PolicyReply> TryPattern(Api& api, Call& call);

// What administrators decide about policies that are not theirs.
Task<PolicyReply> ListPolicyOverrides(Api& api, Call& call);
Task<PolicyReply> GetPolicyOverride(Api& api, Call& call);
Task<PolicyReply> SetPolicyOverride(Api& api, Call& call);
Task<PolicyReply> DeletePolicyOverride(Api& api, Call& call);

// Policies by conditions, under /api/v1/tenant-policies, its older name /api/v1/dynamic-policies
// and the general /api/v1/policies.
Task<PolicyReply> ListTenantPolicies(Api& api, Call& call);
Task<PolicyReply> CreateTenantPolicy(Api& api, Call& call);
Task<PolicyReply> GetTenantPolicy(Api& api, Call& call);
Task<PolicyReply> UpdateTenantPolicy(Api& api, Call& call);
Task<PolicyReply> DeleteTenantPolicy(Api& api, Call& call);
Task<PolicyReply> TenantPolicyVersions(Api& api, Call& call);
Task<PolicyReply> TestTenantPolicy(Api& api, Call& call);
Task<PolicyReply> ImportTenantPolicies(Api& api, Call& call);
Task<PolicyReply> ExportTenantPolicies(Api& api, Call& call);
Task<PolicyReply> EffectiveTenantPolicies(Api& api, Call& call);
Task<PolicyReply> ActiveTenantPolicies(Api& api, Call& call);
Task<PolicyReply> EvaluateTenantPolicies(Api& api, Call& call);

// Views over both kinds.
Task<PolicyReply> ListUnifiedPolicies(Api& api, Call& call);
Task<PolicyReply> GetUnifiedPolicy(Api& api, Call& call);
Task<PolicyReply> ListEffectivePolicies(Api& api, Call& call);

// Templates.
Task<PolicyReply> ListTemplates(Api& api, Call& call);
Task<PolicyReply> TemplateCategories(Api& api, Call& call);
Task<PolicyReply> TemplateStatistics(Api& api, Call& call);
Task<PolicyReply> GetTemplate(Api& api, Call& call);
Task<PolicyReply> ApplyTemplate(Api& api, Call& call);

// A user's own way past one policy for a while.
Task<PolicyReply> ListSessionOverrides(Api& api, Call& call);
Task<PolicyReply> CreateSessionOverride(Api& api, Call& call);
Task<PolicyReply> GetSessionOverride(Api& api, Call& call);
Task<PolicyReply> RevokeSessionOverride(Api& api, Call& call);

// The organization's action for a whole group of categories.
Task<PolicyReply> GetDetectionPosture(Api& api, Call& call);
Task<PolicyReply> SetDetectionPosture(Api& api, Call& call);
Task<PolicyReply> DeleteDetectionPosture(Api& api, Call& call);

}  // namespace axonflow::api

#pragma once

#include "api/api.h"
#include "api/router.h"

namespace axonflow::api {

// One function an endpoint; the route table in router.cpp says where each one lives.
Task<net::Response> Health(Api& api, Call& call);
Task<net::Response> Live(Api& api, Call& call);
Task<net::Response> Ready(Api& api, Call& call);
Task<net::Response> MetricsJson(Api& api, Call& call);
Task<net::Response> MetricsPrometheus(Api& api, Call& call);
Task<net::Response> PreCheck(Api& api, Call& call);
Task<net::Response> ReportLlmCall(Api& api, Call& call);
Task<net::Response> TestPolicies(Api& api, Call& call);
Task<net::Response> Decide(Api& api, Call& call);
Task<net::Response> CheckInput(Api& api, Call& call);
Task<net::Response> ListDecisions(Api& api, Call& call);
Task<net::Response> ExplainDecision(Api& api, Call& call);
Task<net::Response> SearchAudit(Api& api, Call& call);
Task<net::Response> AuditOfTenant(Api& api, Call& call);
Task<net::Response> VerifyAuditChain(Api& api, Call& call);
Task<net::Response> VerifyAuditRecord(Api& api, Call& call);
Task<net::Response> AuditReceipt(Api& api, Call& call);
Task<net::Response> AuditSigningKey(Api& api, Call& call);
Task<net::Response> AuditTreeHead(Api& api, Call& call);
Task<net::Response> AuditCheckpoint(Api& api, Call& call);
Task<net::Response> AuditConsistency(Api& api, Call& call);

}  // namespace axonflow::api

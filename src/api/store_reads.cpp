#include "api/store_reads.h"

namespace axonflow::api {

void StampReadScope(const Call& call, net::Response& response) {
  const char* scope = "none";
  if (call.principal.read_scope == identity::ReadScope::kTenant) scope = "tenant";
  if (call.principal.read_scope == identity::ReadScope::kOwnRows) scope = "own-rows";
  response.headers.emplace_back("X-Axonflow-Read-Scope", scope);
}

}  // namespace axonflow::api

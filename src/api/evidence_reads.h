#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/store_reads.h"
#include "audit/evidence_check.h"
#include "base/json_writer.h"
#include "base/time.h"

namespace axonflow::api {

// Evidence shows what other people's decisions were made of: who reads only rows of his own, or
// none, gets 403.
inline std::optional<net::Response> RefuseWithoutEvidenceAuthority(const Call& call) {
  if (call.principal.read_scope == identity::ReadScope::kTenant) return std::nullopt;
  return Refusal(call.route.errors, 403,
                 "Verifying evidence needs authority over the tenant's records", call);
}

// Runs `read`(transaction, scope) -> Result<T> in one transaction of the caller's scope, as
// ReadStore does.
template <typename T, typename Read>
Task<Result<T>> ReadEvidenceStore(Api& api, const Call& call, Read read) {
  auto result = co_await ReadStore<T>(
      api, call, [&read](store::Database& database, const store::OrgScope& scope) -> Result<T> {
        std::optional<Result<T>> found;
        const auto status = database.Read(scope, [&](store::Transaction& transaction) -> Status {
          found.emplace(read(transaction, scope));
          return found->ok() ? Status() : Status(found->error());
        });
        if (found && !found->ok()) return found->error();
        if (!status) return status.error();
        return std::move(*found);
      });
  co_return result;
}

inline std::string Base64Of(const audit::PublicKey& key) {
  return Base64Encode({reinterpret_cast<const char*>(key.data()), key.size()});
}

// The receipt of a record as JSON; docs/evidence.md describes it.
std::string ReceiptJson(const audit::Receipt& receipt, const audit::KeyRing& keys);

// Puts the receipt of this call's decision into X-AxonFlow-Receipt, in base64url, when the request
// asks for one with a header of that name. The answer then waits for the signed head that covers
// the decision, a record of `org`. Without a receipt X-AxonFlow-Receipt-Error says why.
Task<void> AttachReceipt(Api& api, Call& call, const OrgId& org, net::Response& response);

}  // namespace axonflow::api

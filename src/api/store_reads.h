#pragma once

#include <chrono>
#include <utility>

#include "api/api.h"
#include "base/executor.h"
#include "base/result.h"
#include "base/task.h"
#include "store/database.h"

namespace axonflow::api {

// How long a read waits for the records that were durable when it began.
inline constexpr std::chrono::milliseconds kReadYourWritesTimeout{5'000};

// Runs `read`(database, scope) -> Result<T> on the blocking pool, in the caller's read scope, after
// everything that was acknowledged before has reached the store. Goes on in the blocking pool.
template <typename T, typename Read>
Task<Result<T>> ReadStore(Api& api, const Call& call, Read read) {
  const auto& services = api.services();
  const WorkerPlace place(services.blocking);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted, "Too many reads are waiting; try again"};
  }
  auto scope = call.principal.reads_whole_org
                   ? store::OrgScope::OrgWide(call.principal.org)
                   : store::OrgScope::ForTenant(call.principal.org, call.principal.tenant);
  if (!scope) co_return scope.error();
  co_await SwitchTo(services.blocking);
  const auto passed =
      services.shipper.WaitUntilShipped(services.journal.durable(), kReadYourWritesTimeout);
  if (!passed) co_return passed.error();
  auto result = read(services.database, *scope);
  co_return result;
}

// Writes X-Axonflow-Read-Scope: which rows this caller may see.
void StampReadScope(const Call& call, net::Response& response);

}  // namespace axonflow::api

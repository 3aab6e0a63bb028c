#pragma once

#include <string_view>
#include <utility>

#include "api/api.h"
#include "base/executor.h"
#include "base/json_writer.h"
#include "cost/budget.h"
#include "cost/ledger.h"

namespace axonflow::api {

// Budgets, usage and prices (orchestrator-api 6). Their refusals are {"error":"<phrase>",
// "message":"..."}.
net::Response CostRefusal(int status, std::string_view message);
net::Response CostRefusal(const Error& error);

Task<net::Response> ListBudgets(Api& api, Call& call);
Task<net::Response> CreateBudget(Api& api, Call& call);
Task<net::Response> CheckBudget(Api& api, Call& call);
Task<net::Response> GetBudget(Api& api, Call& call);
Task<net::Response> UpdateBudget(Api& api, Call& call);
Task<net::Response> DeleteBudget(Api& api, Call& call);
Task<net::Response> BudgetStatus(Api& api, Call& call);
Task<net::Response> BudgetAlerts(Api& api, Call& call);
Task<net::Response> UsageSummary(Api& api, Call& call);
Task<net::Response> UsageBreakdown(Api& api, Call& call);
Task<net::Response> UsageRecords(Api& api, Call& call);
Task<net::Response> Pricing(Api& api, Call& call);

// Runs `work`(ledger) -> Result<...> on the blocking pool and comes back.
template <typename Work>
Task<std::invoke_result_t<Work, cost::Ledger&>> AskLedger(Api& api, Work work) {
  const auto& services = api.services();
  if (services.ledger == nullptr) {
    co_return Error{ErrorCode::kUnavailable, "Budgets cannot be managed at the moment"};
  }
  const WorkerPlace place(services.blocking);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted, "Too many requests are waiting; try again"};
  }
  Executor* const home = Executor::Current();
  co_await SwitchTo(services.blocking);
  auto outcome = work(*services.ledger);
  if (home != nullptr) co_await SwitchTo(*home);
  co_return outcome;
}

}  // namespace axonflow::api

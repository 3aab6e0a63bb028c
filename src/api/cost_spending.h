#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/proxy_call.h"
#include "base/json_writer.h"
#include "base/worker_pool.h"
#include "cost/ledger.h"

namespace axonflow::api {

// What one call to a model holds of budgets, from before it is made until it is known what it cost.
// Whoever lets go of it without Settle leaves that to a task of its own.
class Spending {
 public:
  Spending(cost::Ledger& ledger, WorkerPool& blocking, cost::Reservation reservation)
      : ledger_(ledger), blocking_(blocking), reservation_(std::move(reservation)) {}
  ~Spending();
  Spending(const Spending&) = delete;
  Spending& operator=(const Spending&) = delete;

  void SetActual(cost::Micros actual) { actual_ = actual; }
  // A failure is logged: what was reserved then comes back with the lease.
  Task<Status> Settle();

 private:
  cost::Ledger& ledger_;
  WorkerPool& blocking_;
  cost::Reservation reservation_;
  cost::Micros actual_ = 0;  // a call that did not come about costs nothing
};

// Whether the budgets let a call go.
struct BudgetAnswer {
  bool allowed = true;
  std::string error;                    // the store could not say; the call must not go
  std::optional<cost::Standing> named;  // exceeded
  std::shared_ptr<Spending> spending;   // null when no budget counts the call
};

// The tokens that a call may cost: its own bytes, and the most that its body lets the model answer.
providers::Usage ForecastUsage(std::string_view body, bool answers);

// Who spends, as the headers X-Team-ID, X-Agent-ID and X-Workflow-ID say beside the credential.
cost::Spender SpenderOf(const Call& call);

// Writes it where the record of the call has it.
void SetSpender(const cost::Spender& spender, ModelCall& model);

// Whether no budget counts the calls of this tenant, as far as memory knows. Ask it before the
// forecast of a call, which reads its whole body.
bool IsWithoutBudgets(Api& api, const cost::Spender& spender);

Task<BudgetAnswer> ReserveSpending(Api& api, cost::Spender spender, cost::Micros amount);

// Member "budget_info" (agent-api 3).
void WriteBudgetInfo(JsonWriter& json, const cost::Standing& standing);
std::string BudgetMessage(const cost::Standing& standing);

}  // namespace axonflow::api

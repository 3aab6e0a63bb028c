#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cost/budget.h"
#include "store/database.h"

// The rows of budgets. A tenant sees its own and those of the whole organization.
namespace axonflow::cost {

struct Alert {
  std::string id;
  std::string budget_id;
  TenantId tenant;
  Time period_start;
  int threshold = 0;
  std::string type;
  Micros amount = 0;
  Micros limit = 0;
  std::string message;
  Time created_at;
};

Status InsertBudget(store::Transaction& transaction, const Budget& budget);
Status UpdateBudgetRow(store::Transaction& transaction, const Budget& budget);
// With its spending, reservations and alerts.
Status DeleteBudgetRows(store::Transaction& transaction, const Budget& budget);
Result<std::vector<Budget>> SelectBudgets(store::Transaction& transaction, const OrgId& org,
                                          const TenantId& tenant);

// Reads what is spent and reserved at `now`.
Status ReadStanding(store::Transaction& transaction, Time now, Standing& standing);
Status InsertReservation(store::Transaction& transaction, const Budget& budget,
                         const std::string& reservation, Micros amount, Time expires_at);
Status DeleteReservation(store::Transaction& transaction, const Budget& budget,
                         const std::string& reservation);
Status DeleteExpiredReservations(store::Transaction& transaction, const Budget& budget, Time now);
Status AddSpending(store::Transaction& transaction, const Budget& budget, Time period_start,
                   Micros amount);

// Nothing happens when the period has an alert of that threshold.
Status InsertAlert(store::Transaction& transaction, const OrgId& org, const Alert& alert);
// The newest first.
Result<std::vector<Alert>> SelectAlerts(store::Transaction& transaction, const Budget& budget,
                                        std::int64_t limit);

}  // namespace axonflow::cost

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cost/budget.h"
#include "cost/budget_rows.h"
#include "store/database.h"

namespace axonflow::cost {

// What the budgets say of a call: whether it may go, and which of them is worth naming: the one
// that blocks, else the last that is exceeded.
struct Verdict {
  bool allowed = true;
  std::optional<Standing> named;
};

// What a call in flight holds of the budgets that count it.
struct Reservation {
  struct Part {
    Budget budget;
    Time period_start;
  };
  std::string id;
  std::vector<Part> parts;
};

struct Admission {
  Verdict verdict;
  Reservation reservation;  // empty when no budget counts the call, or when it may not go
};

// Who owns what it changes.
struct Owner {
  OrgId org;
  TenantId tenant;
  std::string user;
  bool organization_authority = false;  // may change what belongs to the whole organization
};

// Budgets and what is spent of them. A call reserves what it may come to cost before it is made and
// settles with what it did cost. Reserving looks and writes in one transaction, of which the store
// runs one at a time for an organization, on however many nodes; so calls that run at the same time
// never take a blocking budget together, and it is exceeded by what one call costs at most. A
// reservation that nobody settles ends with its lease. All methods block; thread-safe.
class Ledger {
 public:
  static constexpr std::size_t kBudgetsMax = 1'000;  // that one tenant sees
  // How long a node may go on believing that a tenant has no budgets after another node made one.
  static constexpr std::chrono::milliseconds kKnownFor{1'000};

  Ledger(store::Database& database, std::chrono::milliseconds lease);

  // Of a budget for the whole organization by who has authority over it, else for the tenant.
  // kConflict when the owner sees a budget of that id.
  Result<Budget> Create(const Owner& owner, Budget budget);
  Result<std::vector<Budget>> List(const OrgId& org, const TenantId& tenant);
  // kNotFound as the rest that take an id.
  Result<Standing> Find(const OrgId& org, const TenantId& tenant, const std::string& id);
  // `change` may alter everything but id, owner, scope and period. kPermissionDenied for a budget
  // of the whole organization without authority.
  Result<Budget> Update(const Owner& owner, const std::string& id,
                        const std::function<Status(Budget&)>& change);
  // What it deleted.
  Result<Budget> Delete(const Owner& owner, const std::string& id);
  Result<std::vector<Alert>> Alerts(const OrgId& org, const TenantId& tenant, const std::string& id,
                                    std::int64_t limit);

  // Whether a call of nothing could go.
  Result<Verdict> Check(const Spender& spender);
  Result<Admission> Reserve(const Spender& spender, Micros amount);
  // Puts `actual` in the place of what was reserved, and leaves the alerts that this causes.
  Status Settle(const Reservation& reservation, Micros actual);

  // Whether the tenant sees any budget, as of kKnownFor ago at most; nothing when not known. Never
  // blocks on the store.
  std::optional<bool> KnowsBudgets(const OrgId& org, const TenantId& tenant) const;
  // Finds it out. What was known goes on to count when the store cannot say.
  Result<bool> LookForBudgets(const OrgId& org, const TenantId& tenant);

 private:
  struct Known {
    bool any = false;
    std::chrono::steady_clock::time_point until;
  };
  using Key = std::pair<std::string, std::string>;

  Result<store::OrgScope> ScopeOfChange(const Owner& owner, const std::string& id);
  void Remember(const OrgId& org, const TenantId& tenant, bool any);
  void Forget();

  store::Database& database_;
  const std::chrono::milliseconds lease_;
  mutable std::mutex mutex_;
  std::map<Key, Known> known_;
};

}  // namespace axonflow::cost

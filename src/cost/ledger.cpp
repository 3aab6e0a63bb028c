#include "cost/ledger.h"

#include <algorithm>

#include "base/crypto.h"

namespace axonflow::cost {
namespace {

constexpr std::size_t kKnownMax = 10'000;  // tenants; all are asked about anew beyond that

Error NoSuchBudget() { return Error{ErrorCode::kNotFound, "Budget not found"}; }

Result<Budget> Pick(store::Transaction& transaction, const OrgId& org, const TenantId& tenant,
                    const std::string& id) {
  auto budgets = SelectBudgets(transaction, org, tenant);
  if (!budgets) return budgets.error();
  for (Budget& budget : *budgets) {
    if (budget.id == id) return std::move(budget);
  }
  return NoSuchBudget();
}

// The same for a change.
Result<Budget> PickOwn(store::Transaction& transaction, const Owner& owner, const std::string& id) {
  auto budget = Pick(transaction, owner.org, owner.tenant, id);
  if (budget && budget->tenant == kWholeOrganization && !owner.organization_authority) {
    return Error{ErrorCode::kPermissionDenied,
                 "A budget of the whole organization needs the role owner or admin"};
  }
  return budget;
}

// The standings of the budgets that count the spender, in the order in which they are asked.
Result<std::vector<Standing>> ReadStandings(store::Transaction& transaction, const Spender& spender,
                                            Time now) {
  auto budgets = SelectBudgets(transaction, spender.org, spender.tenant);
  if (!budgets) return budgets.error();
  std::vector<Standing> standings;
  for (Budget& budget : *budgets) {
    if (!Counts(budget, spender)) continue;
    Standing standing;
    standing.budget = std::move(budget);
    if (auto read = ReadStanding(transaction, now, standing); !read) return read.error();
    standings.push_back(std::move(standing));
  }
  std::ranges::stable_sort(standings, {},
                           [](const Standing& s) { return OrderOf(s.budget.scope); });
  return standings;
}

Verdict Decide(const std::vector<Standing>& standings) {
  Verdict verdict;
  for (const Standing& standing : standings) {
    if (!standing.exceeded()) continue;
    verdict.named = standing;
    if (!standing.blocked()) continue;
    verdict.allowed = false;
    break;
  }
  return verdict;
}

std::string Percent(double percentage) {
  return std::to_string(static_cast<std::int64_t>(percentage)) + " %";
}

// The alerts of the thresholds that what is spent has reached.
Status LeaveAlerts(store::Transaction& transaction, const Standing& standing, Time now) {
  const Budget& budget = standing.budget;
  Standing settled = standing;
  settled.reserved = 0;
  for (const int threshold : budget.alert_thresholds) {
    if (settled.percentage() < threshold) continue;
    Alert alert;
    alert.id = NewUuid();
    alert.budget_id = budget.id;
    alert.tenant = budget.tenant;
    alert.period_start = standing.span.start;
    alert.threshold = threshold;
    alert.type = threshold < 100                        ? "threshold_reached"
                 : budget.on_exceed == OnExceed::kBlock ? "budget_blocked"
                                                        : "budget_exceeded";
    alert.amount = settled.spent;
    alert.limit = budget.limit;
    alert.message = "Budget " + budget.name + " is used to " + Percent(settled.percentage());
    alert.created_at = now;
    if (auto left = InsertAlert(transaction, budget.org, alert); !left) return left;
  }
  return {};
}

}  // namespace

Ledger::Ledger(store::Database& database, std::chrono::milliseconds lease)
    : database_(database), lease_(lease) {}

Result<Budget> Ledger::Create(const Owner& owner, Budget budget) {
  const bool whole = budget.scope == Scope::kOrganization && owner.organization_authority;
  const auto scope = whole ? store::OrgScope::OrgWide(owner.org)
                           : store::OrgScope::ForTenant(owner.org, owner.tenant);
  if (!scope) return scope.error();
  budget.org = owner.org;
  budget.tenant = whole ? kWholeOrganization : owner.tenant;
  budget.created_at = Now();
  budget.updated_at = budget.created_at;
  budget.created_by = owner.user;
  budget.updated_by = owner.user;
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    const auto others = SelectBudgets(transaction, owner.org, owner.tenant);
    if (!others) return others.error();
    if (others->size() >= kBudgetsMax) {
      return Error{ErrorCode::kConflict, "There are too many budgets"};
    }
    if (std::ranges::find(*others, budget.id, &Budget::id) != others->end()) {
      return Error{ErrorCode::kConflict, "A budget with this id exists"};
    }
    return InsertBudget(transaction, budget);
  });
  if (!written) return written.error();
  Forget();
  return budget;
}

// Only what belongs to the whole organization is changed in its scope.
Result<store::OrgScope> Ledger::ScopeOfChange(const Owner& owner, const std::string& id) {
  const auto standing = Find(owner.org, owner.tenant, id);
  if (!standing) return standing.error();
  return standing->budget.tenant == kWholeOrganization
             ? store::OrgScope::OrgWide(owner.org)
             : store::OrgScope::ForTenant(owner.org, owner.tenant);
}

Result<std::vector<Budget>> Ledger::List(const OrgId& org, const TenantId& tenant) {
  const auto scope = store::OrgScope::ForTenant(org, tenant);
  if (!scope) return scope.error();
  std::vector<Budget> budgets;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto selected = SelectBudgets(transaction, org, tenant);
    if (!selected) return selected.error();
    budgets = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return budgets;
}

Result<Standing> Ledger::Find(const OrgId& org, const TenantId& tenant, const std::string& id) {
  const auto scope = store::OrgScope::ForTenant(org, tenant);
  if (!scope) return scope.error();
  Standing standing;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    auto budget = Pick(transaction, org, tenant, id);
    if (!budget) return budget.error();
    standing.budget = std::move(*budget);
    return ReadStanding(transaction, Now(), standing);
  });
  if (!read) return read.error();
  return standing;
}

Result<Budget> Ledger::Update(const Owner& owner, const std::string& id,
                              const std::function<Status(Budget&)>& change) {
  const auto scope = ScopeOfChange(owner, id);
  if (!scope) return scope.error();
  Budget updated;
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    auto budget = PickOwn(transaction, owner, id);
    if (!budget) return budget.error();
    if (auto changed = change(*budget); !changed) return changed;
    budget->updated_at = Now();
    budget->updated_by = owner.user;
    updated = std::move(*budget);
    return UpdateBudgetRow(transaction, updated);
  });
  if (!written) return written.error();
  return updated;
}

Result<Budget> Ledger::Delete(const Owner& owner, const std::string& id) {
  const auto scope = ScopeOfChange(owner, id);
  if (!scope) return scope.error();
  Budget deleted;
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    auto budget = PickOwn(transaction, owner, id);
    if (!budget) return budget.error();
    deleted = std::move(*budget);
    return DeleteBudgetRows(transaction, deleted);
  });
  Forget();
  if (!written) return written.error();
  return deleted;
}

Result<std::vector<Alert>> Ledger::Alerts(const OrgId& org, const TenantId& tenant,
                                          const std::string& id, std::int64_t limit) {
  const auto scope = store::OrgScope::ForTenant(org, tenant);
  if (!scope) return scope.error();
  std::vector<Alert> alerts;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    const auto budget = Pick(transaction, org, tenant, id);
    if (!budget) return budget.error();
    auto selected = SelectAlerts(transaction, *budget, limit);
    if (!selected) return selected.error();
    alerts = std::move(*selected);
    return {};
  });
  if (!read) return read.error();
  return alerts;
}

Result<Verdict> Ledger::Check(const Spender& spender) {
  const auto scope = store::OrgScope::ForTenant(spender.org, spender.tenant);
  if (!scope) return scope.error();
  Verdict verdict;
  const Status read = database_.Read(*scope, [&](store::Transaction& transaction) -> Status {
    const auto standings = ReadStandings(transaction, spender, Now());
    if (!standings) return standings.error();
    verdict = Decide(*standings);
    return {};
  });
  if (!read) return read.error();
  return verdict;
}

Result<Admission> Ledger::Reserve(const Spender& spender, Micros amount) {
  // The whole organization, because calls of all its tenants draw on its budgets.
  const auto scope = store::OrgScope::OrgWide(spender.org);
  if (!scope) return scope.error();
  Admission admission;
  const Status written = database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    admission = {};
    const Time now = Now();
    const auto standings = ReadStandings(transaction, spender, now);
    if (!standings) return standings.error();
    admission.verdict = Decide(*standings);
    if (!admission.verdict.allowed || standings->empty()) return {};
    admission.reservation.id = NewUuid();
    for (const Standing& standing : *standings) {
      if (auto gone = DeleteExpiredReservations(transaction, standing.budget, now); !gone) {
        return gone;
      }
      const auto held = InsertReservation(transaction, standing.budget, admission.reservation.id,
                                          amount, now + lease_);
      if (!held) return held;
      admission.reservation.parts.push_back({standing.budget, standing.span.start});
    }
    return {};
  });
  if (!written) return written.error();
  return admission;
}

Status Ledger::Settle(const Reservation& reservation, Micros actual) {
  if (reservation.parts.empty()) return {};
  const auto scope = store::OrgScope::OrgWide(reservation.parts.front().budget.org);
  if (!scope) return scope.error();
  return database_.Write(*scope, [&](store::Transaction& transaction) -> Status {
    for (const auto& part : reservation.parts) {
      const Budget& budget = part.budget;
      if (auto gone = DeleteReservation(transaction, budget, reservation.id); !gone) return gone;
      if (actual == 0) continue;
      // A budget that was deleted meanwhile must not leave spending behind.
      const auto current = Pick(transaction, budget.org, budget.tenant, budget.id);
      if (!current && current.error().code == ErrorCode::kNotFound) continue;
      if (!current) return current.error();
      const auto added = AddSpending(transaction, budget, part.period_start, actual);
      if (!added) return added;
      Standing standing;
      standing.budget = *current;
      if (auto read = ReadStanding(transaction, part.period_start, standing); !read) return read;
      if (auto left = LeaveAlerts(transaction, standing, Now()); !left) return left;
    }
    return {};
  });
}

std::optional<bool> Ledger::KnowsBudgets(const OrgId& org, const TenantId& tenant) const {
  const std::scoped_lock lock(mutex_);
  const auto found = known_.find({org.str(), tenant.str()});
  if (found == known_.end() || found->second.until < std::chrono::steady_clock::now()) {
    return std::nullopt;
  }
  return found->second.any;
}

Result<bool> Ledger::LookForBudgets(const OrgId& org, const TenantId& tenant) {
  const auto budgets = List(org, tenant);
  if (budgets) {
    Remember(org, tenant, !budgets->empty());
    return !budgets->empty();
  }
  const std::scoped_lock lock(mutex_);
  const auto found = known_.find({org.str(), tenant.str()});
  if (found == known_.end()) return budgets.error();
  found->second.until = std::chrono::steady_clock::now() + kKnownFor;
  return found->second.any;
}

void Ledger::Remember(const OrgId& org, const TenantId& tenant, bool any) {
  const std::scoped_lock lock(mutex_);
  if (known_.size() >= kKnownMax) known_.clear();
  known_[{org.str(), tenant.str()}] = {any, std::chrono::steady_clock::now() + kKnownFor};
}

void Ledger::Forget() {
  const std::scoped_lock lock(mutex_);
  known_.clear();
}

}  // namespace axonflow::cost

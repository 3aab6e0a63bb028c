#include <charconv>

#include "cost/budget_rows.h"

namespace axonflow::cost {
namespace {

using store::Row;
using store::Transaction;

std::int64_t Microseconds(Time time) { return time.time_since_epoch().count(); }
Time TimeAt(const Row& row, int column) { return Time(std::chrono::microseconds(row.Int(column))); }
std::string TextAt(const Row& row, int column) { return std::string(row.Text(column)); }

Status Done(const Result<std::int64_t>& changed) {
  if (!changed) return changed.error();
  return {};
}

std::string JoinThresholds(const std::vector<int>& thresholds) {
  std::string text;
  for (const int threshold : thresholds) {
    if (!text.empty()) text.push_back(',');
    text += std::to_string(threshold);
  }
  return text;
}

std::vector<int> SplitThresholds(std::string_view text) {
  std::vector<int> thresholds;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto word = text.substr(0, comma);
    int value = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), value).ec == std::errc()) {
      thresholds.push_back(value);
    }
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return thresholds;
}

std::vector<store::Value> KeyOf(const Budget& budget) {
  return {budget.org.str(), budget.tenant.str(), budget.id};
}

}  // namespace

Status InsertBudget(Transaction& transaction, const Budget& b) {
  return Done(transaction.Execute(
      R"(INSERT INTO budgets (org_id, tenant_id, budget_id, name, description, scope, scope_id,
                              limit_micros, period, on_exceed, alert_thresholds, enabled,
                              created_at, created_by, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16))",
      {b.org.str(), b.tenant.str(), b.id, b.name, b.description, std::string(ToString(b.scope)),
       b.scope_id, b.limit, std::string(ToString(b.period)), std::string(ToString(b.on_exceed)),
       JoinThresholds(b.alert_thresholds), std::int64_t{b.enabled}, Microseconds(b.created_at),
       b.created_by, Microseconds(b.updated_at), b.updated_by}));
}

Status UpdateBudgetRow(Transaction& transaction, const Budget& b) {
  return Done(transaction.Execute(
      R"(UPDATE budgets SET name = $4, description = $5, limit_micros = $6, on_exceed = $7,
                            alert_thresholds = $8, enabled = $9, updated_at = $10, updated_by = $11
         WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3)",
      {b.org.str(), b.tenant.str(), b.id, b.name, b.description, b.limit,
       std::string(ToString(b.on_exceed)), JoinThresholds(b.alert_thresholds),
       std::int64_t{b.enabled}, Microseconds(b.updated_at), b.updated_by}));
}

Status DeleteBudgetRows(Transaction& transaction, const Budget& budget) {
  for (const std::string_view sql :
       {R"(DELETE FROM budget_alerts WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3)",
        R"(DELETE FROM budget_reservations
           WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3)",
        R"(DELETE FROM budget_spending WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3)",
        R"(DELETE FROM budgets WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3)"}) {
    if (auto done = Done(transaction.Execute(sql, KeyOf(budget))); !done) return done;
  }
  return {};
}

Result<std::vector<Budget>> SelectBudgets(Transaction& transaction, const OrgId& org,
                                          const TenantId& tenant) {
  std::vector<Budget> budgets;
  Status unreadable;
  const Status read = transaction.Query(
      R"(SELECT org_id, tenant_id, budget_id, name, description, scope, scope_id, limit_micros,
                period, on_exceed, alert_thresholds, enabled, created_at, created_by, updated_at,
                updated_by
         FROM budgets WHERE org_id = $1 AND tenant_id IN ($2, '*')
         ORDER BY created_at, budget_id)",
      {org.str(), tenant.str()}, [&](const Row& row) {
        const auto scope = ParseScope(row.Text(5));
        const auto period = ParsePeriod(row.Text(8));
        const auto on_exceed = ParseOnExceed(row.Text(9));
        if (!scope || !period || !on_exceed) {
          unreadable = Error{ErrorCode::kCorrupt, "a stored budget cannot be read"};
          return;
        }
        Budget b;
        b.org = OrgId(TextAt(row, 0));
        b.tenant = TenantId(TextAt(row, 1));
        b.id = TextAt(row, 2);
        b.name = TextAt(row, 3);
        b.description = TextAt(row, 4);
        b.scope = *scope;
        b.scope_id = TextAt(row, 6);
        b.limit = row.Int(7);
        b.period = *period;
        b.on_exceed = *on_exceed;
        b.alert_thresholds = SplitThresholds(row.Text(10));
        b.enabled = row.Int(11) != 0;
        b.created_at = TimeAt(row, 12);
        b.created_by = TextAt(row, 13);
        b.updated_at = TimeAt(row, 14);
        b.updated_by = TextAt(row, 15);
        budgets.push_back(std::move(b));
      });
  if (!read) return read.error();
  if (!unreadable) return unreadable.error();
  return budgets;
}

Status ReadStanding(Transaction& transaction, Time now, Standing& standing) {
  const Budget& budget = standing.budget;
  standing.span = SpanOf(budget.period, now);
  standing.spent = 0;
  standing.reserved = 0;
  auto parameters = KeyOf(budget);
  parameters.emplace_back(Microseconds(standing.span.start));
  const Status spent = transaction.Query(
      R"(SELECT spent_micros FROM budget_spending
         WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3 AND period_start = $4)",
      parameters, [&](const Row& row) { standing.spent = row.Int(0); });
  if (!spent) return spent;
  parameters.back() = Microseconds(now);
  return transaction.Query(
      R"(SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT) FROM budget_reservations
         WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3 AND expires_at > $4)",
      parameters, [&](const Row& row) { standing.reserved = row.Int(0); });
}

Status InsertReservation(Transaction& transaction, const Budget& budget,
                         const std::string& reservation, Micros amount, Time expires_at) {
  return Done(transaction.Execute(
      R"(INSERT INTO budget_reservations (org_id, tenant_id, budget_id, reservation_id,
                                          amount_micros, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6))",
      {budget.org.str(), budget.tenant.str(), budget.id, reservation, amount,
       Microseconds(expires_at)}));
}

Status DeleteReservation(Transaction& transaction, const Budget& budget,
                         const std::string& reservation) {
  return Done(transaction.Execute(
      R"(DELETE FROM budget_reservations
         WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3 AND reservation_id = $4)",
      {budget.org.str(), budget.tenant.str(), budget.id, reservation}));
}

Status DeleteExpiredReservations(Transaction& transaction, const Budget& budget, Time now) {
  return Done(transaction.Execute(
      R"(DELETE FROM budget_reservations
         WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3 AND expires_at <= $4)",
      {budget.org.str(), budget.tenant.str(), budget.id, Microseconds(now)}));
}

Status AddSpending(Transaction& transaction, const Budget& budget, Time period_start,
                   Micros amount) {
  return Done(transaction.Execute(
      R"(INSERT INTO budget_spending (org_id, tenant_id, budget_id, period_start, spent_micros)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, tenant_id, budget_id, period_start)
         DO UPDATE SET spent_micros = budget_spending.spent_micros + excluded.spent_micros)",
      {budget.org.str(), budget.tenant.str(), budget.id, Microseconds(period_start), amount}));
}

Status InsertAlert(Transaction& transaction, const OrgId& org, const Alert& alert) {
  return Done(transaction.Execute(
      R"(INSERT INTO budget_alerts (org_id, tenant_id, budget_id, period_start, threshold, alert_id,
                                    alert_type, amount_micros, limit_micros, message, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (org_id, tenant_id, budget_id, period_start, threshold) DO NOTHING)",
      {org.str(), alert.tenant.str(), alert.budget_id, Microseconds(alert.period_start),
       std::int64_t{alert.threshold}, alert.id, alert.type, alert.amount, alert.limit,
       alert.message, Microseconds(alert.created_at)}));
}

Result<std::vector<Alert>> SelectAlerts(Transaction& transaction, const Budget& budget,
                                        std::int64_t limit) {
  std::vector<Alert> alerts;
  auto parameters = KeyOf(budget);
  parameters.emplace_back(limit);
  const Status read = transaction.Query(
      R"(SELECT alert_id, period_start, threshold, alert_type, amount_micros, limit_micros, message,
                created_at
         FROM budget_alerts WHERE org_id = $1 AND tenant_id = $2 AND budget_id = $3
         ORDER BY created_at DESC, threshold DESC LIMIT $4)",
      parameters, [&](const Row& row) {
        alerts.push_back({TextAt(row, 0), budget.id, budget.tenant, TimeAt(row, 1),
                          static_cast<int>(row.Int(2)), TextAt(row, 3), row.Int(4), row.Int(5),
                          TextAt(row, 6), TimeAt(row, 7)});
      });
  if (!read) return read.error();
  return alerts;
}

}  // namespace axonflow::cost

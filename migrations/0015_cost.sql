-- Budgets (docs/cost.md). Money is in micro-dollars. The tenant '*' stands for the whole
-- organization; a budget of a tenant counts that tenant's calls alone.
CREATE TABLE budgets (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  budget_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  scope TEXT NOT NULL,
  scope_id TEXT NOT NULL,
  limit_micros BIGINT NOT NULL CHECK (limit_micros > 0),
  period TEXT NOT NULL,
  on_exceed TEXT NOT NULL,
  alert_thresholds TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, budget_id)
);

-- What was spent of a budget in the period that begins at period_start, calls in flight aside.
CREATE TABLE budget_spending (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  budget_id TEXT NOT NULL,
  period_start BIGINT NOT NULL,
  spent_micros BIGINT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, budget_id, period_start)
);

-- What calls in flight may come to cost. A row counts until it expires: the call of a process that
-- was killed holds its part no longer than that.
CREATE TABLE budget_reservations (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  budget_id TEXT NOT NULL,
  reservation_id TEXT NOT NULL,
  amount_micros BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, budget_id, reservation_id)
);

-- Each threshold once a period.
CREATE TABLE budget_alerts (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  budget_id TEXT NOT NULL,
  period_start BIGINT NOT NULL,
  threshold BIGINT NOT NULL,
  alert_id TEXT NOT NULL,
  alert_type TEXT NOT NULL,
  amount_micros BIGINT NOT NULL,
  limit_micros BIGINT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, budget_id, period_start, threshold)
);

-- Usage is read from the records of calls to models.
CREATE INDEX audit_records_of_calls ON audit_records (org_id, tenant_id, occurred_at)
  WHERE request_type = 'llm-call';

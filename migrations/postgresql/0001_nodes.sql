-- Rows carry the node that the session was opened for (app.node); a session without one cannot
-- write them.
ALTER TABLE audit_records DROP CONSTRAINT audit_records_pkey;
ALTER TABLE audit_records ALTER COLUMN node SET DEFAULT current_setting('app.node');
ALTER TABLE audit_records ADD PRIMARY KEY (node, position);

ALTER TABLE audit_quarantine DROP CONSTRAINT audit_quarantine_pkey;
ALTER TABLE audit_quarantine ALTER COLUMN node SET DEFAULT current_setting('app.node');
ALTER TABLE audit_quarantine ADD PRIMARY KEY (node, position);

-- One row a node, made when the node first opens the store.
DELETE FROM audit_shipper;
ALTER TABLE audit_shipper DROP COLUMN id;
ALTER TABLE audit_shipper ALTER COLUMN node SET DEFAULT current_setting('app.node');
ALTER TABLE audit_shipper ADD PRIMARY KEY (node);

-- A decision is looked for by its key alone: the buckets of the embedded store keep its pages few,
-- and several nodes fill the same ones here.
DROP INDEX audit_records_by_decision;
CREATE INDEX audit_records_by_decision ON audit_records (org_id, decision_key);

-- A version belongs to a policy of the same owner.
ALTER TABLE policy_versions
  ADD FOREIGN KEY (org_id, tenant_id, policy_uuid) REFERENCES policies (org_id, tenant_id, uuid)
  DEFERRABLE INITIALLY DEFERRED;

-- Counts the commits that other nodes want to hear of. A row and not a sequence: its value is seen
-- together with what was committed, never before.
CREATE TABLE store_changes (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  value BIGINT NOT NULL
);

INSERT INTO store_changes (id, value) VALUES (1, 1);

-- Positions are counted by each node.
ALTER TABLE audit_evidence DROP CONSTRAINT audit_evidence_pkey;
ALTER TABLE audit_evidence ALTER COLUMN node SET DEFAULT current_setting('app.node');
ALTER TABLE audit_evidence ADD PRIMARY KEY (node, position);

-- As audit_records_by_decision: without the buckets of the embedded store.
DROP INDEX audit_evidence_by_record;
CREATE INDEX audit_evidence_by_record ON audit_evidence (org_id, record_key)
  WHERE record_key IS NOT NULL;

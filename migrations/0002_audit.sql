-- One row a journal record. Only what a search restricts has a column; the whole record, as the
-- journal holds it, is in `record`, so that a row costs little to write and can be compared byte by
-- byte with the journal. Absent texts are NULL: they take no room.
CREATE TABLE audit_records (
  position INTEGER PRIMARY KEY CHECK (position > 0),
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  decision_bucket INTEGER NOT NULL,
  decision_key INTEGER,
  decision_id TEXT,
  is_decision INTEGER NOT NULL CHECK (is_decision IN (0, 1)),
  -- Not as IN (...): for that SQLite builds a temporary table of the five words for every row.
  verdict TEXT NOT NULL
    CHECK (verdict = 'allowed' OR verdict = 'blocked' OR verdict = 'redacted' OR
           verdict = 'needs_approval' OR verdict = 'error'),
  request_type TEXT,
  client_id TEXT,
  user_email TEXT,
  session_id TEXT,
  tool_signature TEXT,
  override_id TEXT,
  policies TEXT,
  record BLOB NOT NULL
);

CREATE INDEX audit_records_by_time ON audit_records (org_id, tenant_id, occurred_at, position);

-- Decision ids are random, and an index on them alone would dirty one page a row as it grows. Within a
-- bucket of 16384 positions the inserts stay on a few pages; a lookup probes every bucket once.
CREATE INDEX audit_records_by_decision ON audit_records (decision_bucket, decision_key);

-- Rows that no policy matched, which is nearly all of them, are not in here.
CREATE INDEX audit_records_with_policies
  ON audit_records (org_id, tenant_id, user_email, occurred_at) WHERE policies IS NOT NULL;

-- Records that the table above refused, so that they hold up nobody and are not lost.
CREATE TABLE audit_quarantine (
  position INTEGER PRIMARY KEY CHECK (position > 0),
  quarantined_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  record BLOB NOT NULL
);

-- The last journal position that is in one of the two tables above; one row.
CREATE TABLE audit_shipper (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  position INTEGER NOT NULL
);

INSERT INTO audit_shipper (id, position) VALUES (1, 0);

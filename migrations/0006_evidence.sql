-- What makes audit records provable (docs/evidence.md). One row a record that is in audit_records:
-- its place in the chain of its decision and in the tree of its tenant.
CREATE TABLE audit_evidence (
  node TEXT NOT NULL DEFAULT '',
  position INTEGER PRIMARY KEY CHECK (position > 0),
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  -- Of records that are not a decision's own; those are found by the decision. In buckets for the
  -- same reason as decision_bucket of audit_records.
  record_bucket INTEGER,
  record_key INTEGER,
  chain_seq INTEGER NOT NULL CHECK (chain_seq > 0),
  leaf_index INTEGER NOT NULL CHECK (leaf_index >= 0),
  record_digest BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  chain_hash BLOB NOT NULL,
  signature BLOB,
  signing_key_id TEXT
);

CREATE UNIQUE INDEX audit_evidence_by_leaf ON audit_evidence (org_id, tenant_id, leaf_index);

CREATE INDEX audit_evidence_by_record ON audit_evidence (record_bucket, record_key)
  WHERE record_key IS NOT NULL;

-- The number of leaves of each tenant's tree.
CREATE TABLE audit_trees (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  PRIMARY KEY (org_id, tenant_id)
);

-- Up to 256 hashes of 32 bytes: of level 0 the leaf hashes, above the roots of the full tiles below.
CREATE TABLE audit_tree_tiles (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  level INTEGER NOT NULL CHECK (level >= 0),
  tile INTEGER NOT NULL CHECK (tile >= 0),
  hashes BLOB NOT NULL,
  PRIMARY KEY (org_id, tenant_id, level, tile)
);

-- The last head of each minute in which the tree grew. The signature is over the checkpoint.
CREATE TABLE audit_tree_heads (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  minute INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  root BLOB NOT NULL,
  signed_at INTEGER NOT NULL,
  signing_key_id TEXT NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (org_id, tenant_id, minute)
);

-- Writers take turns: each counts one up and holds the row until its transaction ends.
CREATE TABLE audit_evidence_turn (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  turn INTEGER NOT NULL
);

INSERT INTO audit_evidence_turn (id, turn) VALUES (1, 0);

-- Credentials of everything that this node calls: providers, connectors, web hooks, sign-on
-- (docs/secrets.md). The value is an envelope; key_id names its key and is empty for plain text.
CREATE TABLE stored_credentials (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  key_id TEXT NOT NULL DEFAULT '',
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, kind, owner_id, field)
);

-- For counting and for finding what a change of keys has left to do.
CREATE INDEX stored_credentials_by_key ON stored_credentials (key_id);

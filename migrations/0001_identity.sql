-- Who may call. Times are microseconds since 1970 (UTC).
CREATE TABLE tenants (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, tenant_id)
);

-- secret_digest is HMAC-SHA-256 of the secret under the server's pepper; the secret itself is
-- shown once and never stored.
CREATE TABLE clients (
  org_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  client_id TEXT NOT NULL UNIQUE CHECK (length(trim(client_id)) > 0),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  secret_digest TEXT NOT NULL CHECK (length(trim(secret_digest)) > 0),
  secret_version INTEGER NOT NULL DEFAULT 1 CHECK (secret_version > 0),
  created_at INTEGER NOT NULL,
  rotated_at INTEGER,
  FOREIGN KEY (org_id, tenant_id) REFERENCES tenants (org_id, tenant_id)
);

CREATE INDEX clients_by_tenant ON clients (org_id, tenant_id, client_id);

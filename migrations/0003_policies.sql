-- Policies that organizations and tenants own, with what was decided about policies. Every row
-- belongs to one organization and one tenant; the tenant '*', which no tenant can be called, stands
-- for the organization itself: such a row holds for all its tenants. Times are microseconds since
-- 1970 (UTC).
CREATE TABLE policies (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  uuid TEXT NOT NULL CHECK (length(uuid) = 36),
  kind TEXT NOT NULL CHECK (kind IN ('static', 'dynamic')),
  slug TEXT NOT NULL CHECK (length(trim(slug)) > 0),
  name TEXT NOT NULL CHECK (length(trim(name)) > 0),
  description TEXT NOT NULL,
  category TEXT NOT NULL CHECK (length(trim(category)) > 0),
  type TEXT,
  severity TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  risk_level TEXT NOT NULL CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
  allow_override INTEGER NOT NULL CHECK (allow_override IN (0, 1)),
  action TEXT NOT NULL,
  action_request TEXT,
  action_response TEXT,
  phase TEXT NOT NULL CHECK (phase IN ('request', 'response', 'both')),
  priority INTEGER NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  mode TEXT NOT NULL CHECK (mode IN ('enforce', 'shadow')),
  segment TEXT,
  pattern TEXT,
  conditions TEXT,
  actions TEXT,
  must_match TEXT NOT NULL,
  must_not_match TEXT NOT NULL,
  tags TEXT NOT NULL,
  metadata TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  deleted_at BIGINT,
  PRIMARY KEY (org_id, tenant_id, uuid),
  CHECK (allow_override = 0 OR risk_level <> 'critical'),
  CHECK ((kind = 'static' AND pattern IS NOT NULL AND conditions IS NULL AND actions IS NULL) OR
         (kind = 'dynamic' AND pattern IS NULL AND conditions IS NOT NULL AND actions IS NOT NULL))
);

-- A slug names one living policy of its owner, static or dynamic; a deleted one gives it free.
CREATE UNIQUE INDEX policies_by_slug ON policies (org_id, tenant_id, slug) WHERE deleted_at IS NULL;

-- Finds a slug in all scopes of an organization: its own policies share names with its tenants'.
CREATE INDEX policies_by_org_slug ON policies (org_id, slug) WHERE deleted_at IS NULL;

-- One row a change, written with it.
CREATE TABLE policy_versions (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  policy_uuid TEXT NOT NULL CHECK (length(policy_uuid) = 36),
  version INTEGER NOT NULL CHECK (version > 0),
  change_type TEXT NOT NULL
    CHECK (change_type IN ('created', 'updated', 'deleted', 'enabled', 'disabled')),
  summary TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, policy_uuid, version)
);

-- What an administrator decided about a policy that is not the scope's own. Absent attributes say
-- nothing.
CREATE TABLE policy_overrides (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  policy_slug TEXT NOT NULL CHECK (length(trim(policy_slug)) > 0),
  policy_uuid TEXT NOT NULL CHECK (length(policy_uuid) = 36),
  kind TEXT NOT NULL CHECK (kind IN ('static', 'dynamic')),
  override_id TEXT NOT NULL CHECK (length(override_id) = 36),
  action TEXT CHECK (action IN ('log', 'warn', 'redact', 'require_approval', 'block')),
  enabled INTEGER CHECK (enabled IN (0, 1)),
  reason TEXT NOT NULL CHECK (length(trim(reason)) > 0),
  expires_at BIGINT,
  version INTEGER NOT NULL CHECK (version > 0),
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, policy_slug),
  CHECK (action IS NOT NULL OR enabled IS NOT NULL)
);

CREATE INDEX policy_overrides_by_policy ON policy_overrides (org_id, policy_uuid);

-- A user's way past one policy until a moment within 24 hours.
CREATE TABLE session_overrides (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  override_id TEXT NOT NULL CHECK (length(override_id) = 36),
  policy_slug TEXT NOT NULL CHECK (length(trim(policy_slug)) > 0),
  policy_uuid TEXT NOT NULL CHECK (length(policy_uuid) = 36),
  kind TEXT NOT NULL CHECK (kind IN ('static', 'dynamic')),
  requested_policy TEXT NOT NULL,
  user_email TEXT NOT NULL CHECK (length(trim(user_email)) > 0),
  tool_signature TEXT,
  reason TEXT NOT NULL CHECK (length(trim(reason)) > 0),
  ttl_seconds INTEGER NOT NULL CHECK (ttl_seconds BETWEEN 60 AND 86400),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_by TEXT,
  PRIMARY KEY (org_id, tenant_id, override_id)
);

CREATE INDEX session_overrides_by_time ON session_overrides (org_id, tenant_id, created_at);
CREATE INDEX session_overrides_by_policy ON session_overrides (org_id, policy_uuid);

-- The action that an organization chose for a group of categories, in place of the deployment's.
CREATE TABLE organization_postures (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  posture_group TEXT NOT NULL CHECK (length(trim(posture_group)) > 0),
  action TEXT NOT NULL CHECK (action IN ('log', 'warn', 'redact', 'block')),
  reason TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (org_id, posture_group)
);

CREATE TABLE template_uses (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  use_id TEXT NOT NULL CHECK (length(use_id) = 36),
  template_id TEXT NOT NULL CHECK (length(trim(template_id)) > 0),
  template_name TEXT NOT NULL,
  policy_uuid TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  used_by TEXT NOT NULL,
  PRIMARY KEY (org_id, tenant_id, use_id)
);

-- Who has anything of the above that views are made of, and how often it changed: a node compares
-- the numbers with those of its views. A scope without a row has nothing.
CREATE TABLE policy_scopes (
  org_id TEXT NOT NULL CHECK (length(trim(org_id)) > 0),
  tenant_id TEXT NOT NULL CHECK (length(trim(tenant_id)) > 0),
  generation BIGINT NOT NULL CHECK (generation > 0),
  PRIMARY KEY (org_id, tenant_id)
);

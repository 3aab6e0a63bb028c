-- Puts every table of this schema under row-level security, which every run of the migrations ends
-- with, so that a table cannot be made without. Changes only what is not so yet. A row is seen and
-- written in the scope of its organization and, where it has a tenant, of that tenant or of the
-- whole organization; the rows of the reserved tenant '*' are read by all tenants. A table without
-- an organization is for the platform. What is evidence, every table whose name begins with audit_,
-- can be read in a scope and not be written.
CREATE OR REPLACE FUNCTION axonflow_isolate_tables()
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  in_org CONSTANT text := 'org_id = nullif(current_setting(''app.current_org_id'', true), '''')';
  in_tenant CONSTANT text :=
    '(tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')'
    ' OR current_setting(''app.current_scope'', true) = ''organization'')';
  read_tenant CONSTANT text :=
    '(tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')'
    ' OR tenant_id = ''*'''
    ' OR current_setting(''app.current_scope'', true) = ''organization'')';
  item record;
  writes text;
  reads text;
  rights text;
BEGIN
  FOR item IN
    SELECT c.oid::regclass::text AS name, c.relname::text AS plain, c.oid AS id,
           c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
           EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id'
                     AND NOT a.attisdropped) AS has_org,
           EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                     AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS has_tenant
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', item.name);
    IF item.plain LIKE 'schema_migrations%' THEN
      EXECUTE format('GRANT SELECT ON %s TO axonflow_app_role, axonflow_platform_admin', item.name);
      CONTINUE;
    END IF;
    IF item.plain = 'store_changes' THEN
      EXECUTE format('GRANT SELECT, UPDATE ON %s TO axonflow_app_role, axonflow_platform_admin',
                     item.name);
      CONTINUE;
    END IF;
    IF NOT item.enabled THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', item.name);
    END IF;
    IF NOT item.forced THEN
      EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', item.name);
    END IF;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO axonflow_platform_admin',
                   item.name);
    IF NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = item.id
                     AND p.polname = 'platform') THEN
      EXECUTE format('CREATE POLICY platform ON %s TO axonflow_platform_admin'
                     ' USING (true) WITH CHECK (true)', item.name);
    END IF;
    IF item.has_tenant AND NOT item.has_org THEN
      RAISE EXCEPTION 'table % has tenant_id but no org_id', item.name;
    END IF;
    CONTINUE WHEN NOT item.has_org;
    -- The shipper alone writes what is evidence.
    IF item.plain LIKE 'audit\_%' THEN
      EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM axonflow_app_role',
                     item.name);
      rights := 'SELECT';
    ELSE
      rights := 'SELECT, INSERT, UPDATE, DELETE';
    END IF;
    EXECUTE format('GRANT %s ON %s TO axonflow_app_role', rights, item.name);
    writes := in_org || CASE WHEN item.has_tenant THEN ' AND ' || in_tenant ELSE '' END;
    reads := in_org || CASE WHEN item.has_tenant THEN ' AND ' || read_tenant ELSE '' END;
    IF NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = item.id
                     AND p.polname = 'scope_select') THEN
      EXECUTE format('CREATE POLICY scope_select ON %s FOR SELECT TO axonflow_app_role'
                     ' USING (%s)', item.name, reads);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = item.id
                     AND p.polname = 'scope_insert') THEN
      EXECUTE format('CREATE POLICY scope_insert ON %s FOR INSERT TO axonflow_app_role'
                     ' WITH CHECK (%s)', item.name, writes);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = item.id
                     AND p.polname = 'scope_update') THEN
      EXECUTE format('CREATE POLICY scope_update ON %s FOR UPDATE TO axonflow_app_role'
                     ' USING (%s) WITH CHECK (%s)', item.name, writes, writes);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = item.id
                     AND p.polname = 'scope_delete') THEN
      EXECUTE format('CREATE POLICY scope_delete ON %s FOR DELETE TO axonflow_app_role'
                     ' USING (%s)', item.name, writes);
    END IF;
  END LOOP;
END
$$;

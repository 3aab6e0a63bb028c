"""Row-level security as the catalog has it, and a start that refuses when it is not in force."""

import json

import pytest

import postgres
from support import BINARY, JWT_SECRET, unique
from test_postgres import SETTINGS, node, pg  # noqa: F401 (fixtures)

pytestmark = pytest.mark.skipif(
    not postgres.installed(), reason="NO POSTGRESQL: install postgresql-15 to run these tests"
)

APP = "axonflow_app_role"


@pytest.fixture(scope="module")
def migrated(pg, tmp_path_factory):
    """A database after `axonflow migrate up` with nothing but DATABASE_URL set."""
    import subprocess

    database = pg.new_database()
    for _ in range(2):  # the second run finds nothing to do
        done = subprocess.run([str(BINARY), "migrate", "up"], env={"DATABASE_URL": pg.url(database)},
                              cwd=tmp_path_factory.mktemp("migrate"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return database


def test_migrations_are_planned_applied_and_shown(node, pg):
    server = node(start=False)
    planned = server.run("migrate", "plan", "-o", "json", check=False)
    assert planned.returncode == 1
    names = [item["name"] for item in json.loads(planned.stdout)["migrations"]]
    assert "0001_identity" in names and "postgresql/0002_isolation" in names
    server.run("migrate", "up")
    assert json.loads(server.run("migrate", "plan", "-o", "json").stdout)["migrations"] == []
    status = json.loads(server.run("migrate", "status", "-o", "json").stdout)
    assert [item["name"] for item in status["migrations"]] == names
    assert all(item["applied"] for item in status["migrations"])
    assert status["isolation_problems"] == []


def test_two_nodes_that_migrate_at_once_both_succeed(pg, tmp_path):
    import subprocess

    database = pg.new_database()
    runs = [subprocess.Popen([str(BINARY), "migrate", "up"], env={"DATABASE_URL": pg.url(database)},
                             cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)]
    for run in runs:
        _, complaint = run.communicate(timeout=60)
        assert run.returncode == 0, complaint


def test_the_roles_own_nothing_and_cannot_pass_row_level_security(migrated, pg):
    rows = pg.sql(migrated, "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname LIKE 'axonflow%' ORDER BY 1")
    assert rows == [[APP, *"fffff"], ["axonflow_platform_admin", *"fffff"]]
    assert pg.sql(migrated, f"SELECT count(*) FROM pg_class WHERE relowner = '{APP}'::regrole") == [["0"]]
    assert pg.sql(migrated, f"SELECT has_schema_privilege('{APP}', 'public', 'CREATE')") == [["f"]]


def test_every_table_with_an_organization_forces_four_policies(migrated, pg):
    tables = pg.sql(migrated, """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
               count(*) FILTER (WHERE a.attname = 'tenant_id')
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.oid
                         AND o.attname IN ('org_id', 'tenant_id') AND NOT o.attisdropped)
         GROUP BY 1, 2, 3""")
    assert {"tenants", "clients", "audit_records", "policies", "policy_overrides"} <= {row[0] for row in tables}
    for table, enabled, forced, tenant in tables:
        assert (enabled, forced) == ("t", "t"), table
        policies = {row[0]: (row[1], row[2]) for row in pg.sql(migrated, f"""
            SELECT cmd, coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies
             WHERE tablename = '{table}' AND '{APP}' = ANY (roles) AND permissive = 'PERMISSIVE'""")}
        assert set(policies) == {"SELECT", "INSERT", "UPDATE", "DELETE"}, table
        for command, (seen, written) in policies.items():
            conditions = [seen] if command in ("SELECT", "DELETE") else [written] if command == "INSERT" else [seen, written]
            for condition in conditions:
                assert "app.current_org_id" in condition, (table, command)
                assert tenant == "0" or "app.current_tenant_id" in condition, (table, command)
        others = pg.sql(migrated, f"SELECT policyname FROM pg_policies WHERE tablename = '{table}' AND NOT '{APP}' = ANY (roles)")
        assert others == [["platform"]], table


def test_a_table_without_an_organization_is_out_of_reach(migrated, pg):
    reachable = {row[0] for row in pg.sql(migrated, f"""
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
           AND has_table_privilege('{APP}', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
           AND NOT EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'org_id')""")}
    assert reachable == {"schema_migrations", "schema_migrations_postgresql", "store_changes"}


def scoped(org, tenant="", scope=None):
    kind = scope or ("tenant" if tenant else "organization")
    return [f"SET ROLE {APP}", "BEGIN",
            f"SELECT set_config('app.current_org_id', '{org}', true), set_config('app.current_tenant_id', '{tenant}', true), set_config('app.current_scope', '{kind}', true)"]


def test_rows_are_seen_and_written_in_their_scope_alone(migrated, pg):
    insert = "INSERT INTO tenants (org_id, tenant_id, enabled, created_at) VALUES ('{}', '{}', 1, 0)"
    for org in ("one", "two"):
        for tenant in ("a", "b"):
            pg.sql(migrated, *scoped(org, tenant), insert.format(org, tenant), "COMMIT")
    count = "SELECT count(*) FROM tenants"
    assert pg.sql(migrated, *scoped("one", "a"), count)[-1] == ["1"]
    assert pg.sql(migrated, *scoped("one"), count)[-1] == ["2"]
    assert pg.sql(migrated, *scoped("one", "", "tenant"), count)[-1] == ["0"]
    assert pg.sql(migrated, *scoped("", ""), count)[-1] == ["0"]
    assert pg.sql(migrated, f"SET ROLE {APP}", count)[-1] == ["0"]
    for statement in (insert.format("two", "c"), insert.format("one", "c"),
                      "UPDATE tenants SET org_id = 'two'", "UPDATE tenants SET tenant_id = 'c'"):
        with pytest.raises(AssertionError, match="row-level security"):
            pg.sql(migrated, *scoped("one", "a"), statement, "COMMIT")
    for statement in ("DELETE FROM tenants WHERE org_id = 'two'", "UPDATE tenants SET enabled = 0 WHERE org_id = 'two'"):
        pg.sql(migrated, *scoped("one", "a"), statement, "COMMIT")
    assert pg.sql(migrated, count + " WHERE org_id = 'two' AND enabled = 1", user="postgres") == [["2"]]


def test_a_row_cannot_point_into_another_organization(migrated, pg):
    pg.sql(migrated, *scoped("fk-one", "a"), "INSERT INTO tenants VALUES ('fk-one', 'a', 1, 0)", "COMMIT")
    with pytest.raises(AssertionError, match="foreign key"):
        pg.sql(migrated, *scoped("fk-two", "a"),
               "INSERT INTO clients (org_id, tenant_id, client_id, secret_digest, created_at) VALUES ('fk-two', 'a', 'c', 'd', 0)", "COMMIT")
    with pytest.raises(AssertionError, match="foreign key"):
        pg.sql(migrated, *scoped("fk-one", "a"),
               f"INSERT INTO policy_versions VALUES ('fk-one', 'a', '{'x' * 36}', 1, 'created', '', '', 0, '')", "COMMIT")


def test_requests_cannot_change_the_record_or_its_evidence(migrated, pg):
    tables = [row[0] for row in pg.sql(migrated, """
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname LIKE 'audit\\_%'""")]
    assert {"audit_records", "audit_evidence", "audit_trees", "audit_tree_tiles", "audit_tree_heads"} <= set(tables)
    for table in tables:
        for statement in ("DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "TRUNCATE {}", "UPDATE {} SET {} = {}"):
            column = pg.sql(migrated, f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped LIMIT 1")[0][0]
            with pytest.raises(AssertionError, match="permission denied"):
                pg.sql(migrated, *scoped("one"), statement.format(table, column, column))


SABOTAGE = {
    "row-level security is off": "ALTER TABLE policies DISABLE ROW LEVEL SECURITY",
    "row-level security is not forced": "ALTER TABLE audit_records NO FORCE ROW LEVEL SECURITY",
    "has no policy for DELETE": "DROP POLICY scope_delete ON clients",
    "policy open is not as it must be": "CREATE POLICY open ON tenants FOR SELECT USING (true)",
    "policy scope_insert is not as it must be": "ALTER POLICY scope_insert ON tenants WITH CHECK (true)",
    "table secrets has no policy for SELECT": "CREATE TABLE secrets (org_id TEXT)",
    "table loose has no organization": f"CREATE TABLE loose (x TEXT); GRANT SELECT ON loose TO {APP}",
    "runs with its owner's rights": "CREATE FUNCTION sneak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "has no fixed search path": "ALTER FUNCTION axonflow_client_credentials() RESET search_path",
    "table audit_tree_heads is evidence and can be written": f"GRANT UPDATE ON audit_tree_heads TO {APP}",
    "table audit_records is evidence and can be written": f"GRANT INSERT (verdict) ON audit_records TO {APP}",
    "may make tables": f"GRANT CREATE ON SCHEMA public TO {APP}",
}


@pytest.mark.parametrize("problem", SABOTAGE)
def test_refuses_to_start_when_the_isolation_is_not_in_force(node, pg, problem):
    server = node(start=False)
    server.run("migrate", "up")
    pg.sql(server.database, *SABOTAGE[problem].split("; "), user="postgres")
    server.start(wait=False)
    assert server.process.wait(timeout=20) != 0
    server.process = None
    assert problem in server.log()
    assert problem in server.run("migrate", "status", check=False).stdout


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS", "CREATEROLE"])
def test_refuses_to_start_when_the_role_may_too_much(node, pg, attribute):
    server = node(start=False)
    server.run("migrate", "up")
    pg.sql("postgres", f"ALTER ROLE {APP} {attribute}", user="postgres")
    try:
        server.start(wait=False)
        assert server.process.wait(timeout=20) != 0
        server.process = None
    finally:
        pg.sql("postgres", f"ALTER ROLE {APP} NO{attribute}", user="postgres")


def test_serves_as_the_role_alone_with_a_login_of_its_own(node, pg):
    server = node(start=False)
    acme = server.create_client("acme")
    pg.sql("postgres", "CREATE ROLE app_login LOGIN IN ROLE axonflow_app_role", "CREATE ROLE platform_login LOGIN IN ROLE axonflow_platform_admin", user="postgres")
    server.environment["AXONFLOW_DB_APP_ROLE_URL"] = pg.url(server.database, "app_login")
    server.environment["AXONFLOW_DB_PLATFORM_ADMIN_URL"] = pg.url(server.database, "platform_login")
    server.start()
    server.pre_check(unique(), auth=acme.basic)
    assert server.search(auth=acme.basic)["total"] == 1
    logins = {row[0] for row in pg.sql("postgres", f"SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = '{server.database}'", user="postgres")}
    assert logins == {"app_login", "platform_login"}


def test_without_roles_the_predicates_alone_keep_tenants_apart(node, pg):
    server = node(start=False, environment={"AXONFLOW_DB_USE_APP_ROLE": "false"})
    server.environment["DATABASE_URL"] = pg.url(server.database, "postgres")  # passes all policies
    acme, globex = server.create_client("acme"), server.create_client("globex")
    server.start()
    server.pre_check(unique(), auth=acme.basic)
    assert server.search(auth=acme.basic)["total"] == 1
    assert server.search(auth=globex.basic)["total"] == 0

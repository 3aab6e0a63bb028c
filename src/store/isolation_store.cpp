#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "store/isolation.h"
#include "store/postgres.h"

namespace axonflow::store {

namespace {

using Problems = std::vector<std::string>;

// Tables without an organization that statements of a domain may touch.
constexpr std::array<std::string_view, 3> kSharedTables = {
    "schema_migrations", "schema_migrations_postgresql", "store_changes"};
// What tables begin with that the shipper alone writes.
constexpr std::string_view kEvidence = "audit_";
constexpr std::array<std::string_view, 1> kDefinerFunctions = {"axonflow_client_credentials"};

// As PostgreSQL writes the conditions of migrations/postgresql/0002_isolation.sql, without
// brackets, white space and casts, which differ between its versions.
constexpr std::string_view kInOrg = "org_id=NULLIFcurrent_setting'app.current_org_id',true,''";
constexpr std::string_view kInTenant =
    "tenant_id=NULLIFcurrent_setting'app.current_tenant_id',true,''";
constexpr std::string_view kOfAllTenants = "ORtenant_id='*'";
constexpr std::string_view kOrgWide = "ORcurrent_setting'app.current_scope',true='organization'";

std::string Bare(std::string_view expression) {
  std::string out;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    constexpr std::string_view kCast = "::text";
    if (expression.substr(at).starts_with(kCast)) {
      at += kCast.size() - 1;
    } else if (std::string_view("() \n").find(expression[at]) == std::string_view::npos) {
      out.push_back(expression[at]);
    }
  }
  return out;
}

std::string Expected(bool has_tenant, bool reads) {
  std::string text(kInOrg);
  if (!has_tenant) return text;
  text.append("AND").append(kInTenant);
  if (reads) text.append(kOfAllTenants);
  return text.append(kOrgWide);
}

struct Table {
  bool has_org = false;
  bool has_tenant = false;
  bool enabled = false;
  bool forced = false;
  bool reachable = false;  // the role has some right to it
  bool writable = false;   // the role may change its rows
};

struct Policy {
  std::string name;
  std::string command;  // of pg_policies
  bool permissive = true;
  std::string seen;     // USING
  std::string written;  // WITH CHECK
};

Status CheckRole(Transaction& transaction, Problems& problems) {
  const Status read = transaction.Query(
      R"(SELECT r.rolname, r.rolsuper OR s.rolsuper, r.rolbypassrls, r.rolcreaterole OR r.rolcreatedb,
                has_schema_privilege(r.oid, current_schema(), 'CREATE')
           FROM pg_roles r, pg_roles s
          WHERE r.rolname = current_user AND s.rolname = current_user)",
      {}, [&](const Row& row) {
        const std::string name(row.Text(0));
        if (name != kAppRole)
          problems.push_back("statements run as " + name + ", not as axonflow_app_role");
        if (row.Int(1) != 0) problems.push_back("role " + name + " is a superuser");
        if (row.Int(2) != 0) problems.push_back("role " + name + " has BYPASSRLS");
        if (row.Int(3) != 0) problems.push_back("role " + name + " may make roles or databases");
        if (row.Int(4) != 0) problems.push_back("role " + name + " may make tables in this schema");
      });
  if (!read) return read;
  return transaction.Query(
      R"(SELECT b.rolname FROM pg_roles b
          WHERE b.rolname <> current_user AND pg_has_role(current_user, b.oid, 'MEMBER'))",
      {}, [&](const Row& row) {
        problems.push_back("axonflow_app_role is a member of " + std::string(row.Text(0)));
      });
}

Status CheckOwners(Transaction& transaction, Problems& problems) {
  return transaction.Query(
      R"(SELECT c.relname FROM pg_class c
          WHERE c.relnamespace = current_schema()::regnamespace
            AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user))",
      {}, [&](const Row& row) {
        problems.push_back("axonflow_app_role owns " + std::string(row.Text(0)));
      });
}

Result<std::map<std::string, Table>> ReadTables(Transaction& transaction) {
  std::map<std::string, Table> tables;
  const Status read = transaction.Query(
      R"(SELECT c.relname,
                EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                          AND a.attname = 'org_id' AND NOT a.attisdropped),
                EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                          AND a.attname = 'tenant_id' AND NOT a.attisdropped),
                c.relrowsecurity, c.relforcerowsecurity,
                has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                  OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'),
                has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                  OR has_any_column_privilege(c.oid, 'INSERT, UPDATE')
           FROM pg_class c
          WHERE c.relnamespace = current_schema()::regnamespace
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))",
      {}, [&](const Row& row) {
        tables[std::string(row.Text(0))] = {row.Int(1) != 0, row.Int(2) != 0, row.Int(3) != 0,
                                            row.Int(4) != 0, row.Int(5) != 0, row.Int(6) != 0};
      });
  if (!read) return read.error();
  return tables;
}

// Those that hold for the role, or for everybody.
Result<std::map<std::string, std::vector<Policy>>> ReadPolicies(Transaction& transaction) {
  std::map<std::string, std::vector<Policy>> policies;
  const Status read = transaction.Query(
      R"(SELECT tablename, policyname, cmd, permissive, coalesce(qual, ''), coalesce(with_check, '')
           FROM pg_policies
          WHERE schemaname = current_schema()
            AND (roles && ARRAY[current_user, 'public'::name])
          ORDER BY policyname)",
      {}, [&](const Row& row) {
        policies[std::string(row.Text(0))].push_back(
            {std::string(row.Text(1)), std::string(row.Text(2)), row.Text(3) == "PERMISSIVE",
             Bare(row.Text(4)), Bare(row.Text(5))});
      });
  if (!read) return read.error();
  return policies;
}

bool Holds(const Policy& policy, const Table& table) {
  const std::string reads = Expected(table.has_tenant, true);
  const std::string writes = Expected(table.has_tenant, false);
  if (policy.command == "SELECT") return policy.seen == reads && policy.written.empty();
  if (policy.command == "INSERT") return policy.seen.empty() && policy.written == writes;
  if (policy.command == "UPDATE") return policy.seen == writes && policy.written == writes;
  if (policy.command == "DELETE") return policy.seen == writes && policy.written.empty();
  return false;
}

void CheckPolicies(const std::string& name, const Table& table, const std::vector<Policy>& policies,
                   Problems& problems) {
  std::set<std::string> commands;
  for (const Policy& policy : policies) {
    // A restrictive policy only takes away.
    if (!policy.permissive) continue;
    if (!Holds(policy, table)) {
      problems.push_back("table " + name + ": policy " + policy.name + " is not as it must be");
    }
    commands.insert(policy.command);
  }
  for (const char* command : {"SELECT", "INSERT", "UPDATE", "DELETE"}) {
    if (!commands.contains(command)) {
      problems.push_back("table " + name + " has no policy for " + command);
    }
  }
}

Status CheckTables(Transaction& transaction, Problems& problems) {
  const auto tables = ReadTables(transaction);
  if (!tables) return tables.error();
  auto policies = ReadPolicies(transaction);
  if (!policies) return policies.error();
  if (!tables->contains("tenants")) problems.emplace_back("there is no table tenants");
  for (const auto& [name, table] : *tables) {
    if (!table.has_org && !table.has_tenant) {
      if (table.reachable && std::ranges::find(kSharedTables, name) == kSharedTables.end()) {
        problems.push_back("table " + name + " has no organization and can be touched");
      }
      continue;
    }
    if (!table.has_org) problems.push_back("table " + name + " has a tenant and no organization");
    if (!table.enabled) problems.push_back("table " + name + ": row-level security is off");
    if (!table.forced) problems.push_back("table " + name + ": row-level security is not forced");
    if (table.writable && name.starts_with(kEvidence)) {
      problems.push_back("table " + name + " is evidence and can be written");
    }
    CheckPolicies(name, table, (*policies)[name], problems);
  }
  return {};
}

Status CheckFunctions(Transaction& transaction, Problems& problems) {
  return transaction.Query(
      R"(SELECT p.proname,
                coalesce(array_to_string(p.proconfig, ' '), '') LIKE '%search_path=pg_catalog,%'
           FROM pg_proc p
          WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace)",
      {}, [&](const Row& row) {
        const std::string name(row.Text(0));
        if (std::ranges::find(kDefinerFunctions, name) == kDefinerFunctions.end()) {
          problems.push_back("function " + name + " runs with its owner's rights and is not known");
        } else if (row.Int(1) == 0) {
          problems.push_back("function " + name + " has no fixed search path");
        }
      });
}

}  // namespace

Result<std::vector<std::string>> IsolationProblems(Database& database) {
  if (database.engine() != Engine::kPostgresql) {
    return Problems{"the embedded store has no row-level security"};
  }
  Problems problems;
  // Any scope: catalogs are not held to it.
  const Status read =
      database.Read(OrgScope{OrgId("-"), TenantId("-")}, [&](Transaction& transaction) -> Status {
        problems.clear();
        for (auto* check : {CheckRole, CheckOwners, CheckTables, CheckFunctions}) {
          if (auto checked = check(transaction, problems); !checked) return checked;
        }
        return {};
      });
  if (!read) return read.error();
  return problems;
}

}  // namespace axonflow::store

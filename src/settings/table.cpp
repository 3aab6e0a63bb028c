#include "settings/settings.h"

namespace axonflow::settings {
namespace {

constexpr std::int64_t kSecond = 1'000;  // milliseconds
constexpr std::int64_t kHour = 3'600 * kSecond;
constexpr std::int64_t kMebibyte = 1 << 20;

using Rows = std::vector<Setting>;

void AddNode(Rows& rows) {
  rows.push_back({"DEPLOYMENT_MODE",
                  "deployment.mode",
                  Type::kEnum,
                  "",
                  "How callers are told apart. `community` needs no credentials, every other mode "
                  "does. Matched exactly; `axonflow serve` refuses to start without it, and with "
                  "`community-saas` and `saas`, whose organisations the embedded store cannot "
                  "keep apart.",
                  {"community", "evaluation", "community-saas", "in-vpc-enterprise", "enterprise",
                   "invpc", "in-vpc-healthcare", "in-vpc-banking", "in-vpc-travel", "saas"}});
  rows.push_back({"DEPLOYMENT_KIND",
                  "deployment.kind",
                  Type::kEnum,
                  "dev",
                  "`production` refuses to start with the placeholder ORG_ID.",
                  {"dev", "production"}});
  rows.push_back({"ENVIRONMENT",
                  "deployment.environment",
                  Type::kEnum,
                  "",
                  "Where this node runs; conditions of policies can read it as `environment`.",
                  {"development", "dev", "local", "staging", "production"}});
  rows.push_back({"ORG_ID",
                  "deployment.org_id",
                  Type::kString,
                  "local-dev-org",
                  "The organisation of this deployment.",
                  {}});
  rows.push_back({"AXONFLOW_DATA_DIR",
                  "deployment.data_dir",
                  Type::kPath,
                  "./var",
                  "Folder of the embedded store, the audit journal and the generated keys.",
                  {}});
  rows.push_back({"AXONFLOW_CONFIG_FILE",
                  "",
                  Type::kPath,
                  "",
                  "YAML file with the keys of this page. The environment goes before it.",
                  {}});
  rows.push_back({"LOG_LEVEL",
                  "log.level",
                  Type::kEnum,
                  "info",
                  "The least severe log lines that are written to standard error.",
                  {"debug", "info", "warn", "error"}});
}

void AddServer(Rows& rows) {
  rows.push_back({"PORT",
                  "server.port",
                  Type::kInteger,
                  "8080",
                  "The one public TCP port. 0 takes any free one.",
                  {},
                  0,
                  65'535});
  rows.push_back({"AXONFLOW_BIND_ADDRESS",
                  "server.bind_address",
                  Type::kString,
                  "",
                  "Numeric address to listen on. Unset means 127.0.0.1 in every mode: this version "
                  "has no TLS, so any other address takes credentials and prompts in clear text.",
                  {}});
  rows.push_back({"AXONFLOW_ALLOW_ANONYMOUS",
                  "server.allow_anonymous",
                  Type::kBool,
                  "false",
                  "Lets community mode, which asks nobody for credentials, listen on an address "
                  "that other machines reach.",
                  {}});
  rows.push_back({"AXONFLOW_IO_THREADS",
                  "server.io_threads",
                  Type::kInteger,
                  "0",
                  "Threads that serve connections. 0 means one for every two cores.",
                  {},
                  0,
                  256});
  rows.push_back({"AXONFLOW_BODY_BYTES_MAX",
                  "server.body_bytes_max",
                  Type::kInteger,
                  "1048576",
                  "Largest request body in bytes; more is answered with 413.",
                  {},
                  1'024,
                  64 * kMebibyte});
  rows.push_back({"AXONFLOW_IDLE_TIMEOUT",
                  "server.idle_timeout",
                  Type::kDuration,
                  "30s",
                  "How long a connection may stay idle between requests.",
                  {},
                  100,
                  kHour});
  rows.push_back({"AXONFLOW_DRAIN_TIMEOUT",
                  "server.drain_timeout",
                  Type::kDuration,
                  "30s",
                  "How long requests in flight may take to finish after SIGTERM.",
                  {},
                  1,
                  kHour});
}

void AddIdentity(Rows& rows) {
  rows.push_back({"JWT_SECRET",
                  "identity.jwt_secret",
                  Type::kSecret,
                  "",
                  "HS256 key of user tokens, at least 32 bytes. Unset means that every user token "
                  "is refused.",
                  {}});
  rows.push_back({"AXONFLOW_TRUST_IDENTITY_HEADERS",
                  "identity.trust_headers",
                  Type::kBool,
                  "false",
                  "Takes X-User-Email and X-Session-Id into the audit record. Only behind a proxy "
                  "that sets them; they never change a verdict.",
                  {}});
}

void AddDecisions(Rows& rows) {
  rows.push_back({"AXONFLOW_DECISION_EXPIRES_AFTER",
                  "decisions.expire_after",
                  Type::kDuration,
                  "5m",
                  "How long an approved decision may be acted on.",
                  {},
                  kSecond,
                  24 * kHour});
  rows.push_back({"AXONFLOW_DECISION_CONTEXT_ALLOWLIST",
                  "decisions.context_allowlist",
                  Type::kList,
                  "x-ai-agent,x-session-id,x-leader-identity",
                  "Context keys that are kept with a decision; a `*` at the end stands for any "
                  "rest.",
                  {}});
}

void AddPosture(Rows& rows) {
  rows.push_back({"AXONFLOW_PROFILE",
                  "posture.profile",
                  Type::kString,
                  "",
                  "Actions of all groups at once: `dev`, `default`, `strict` or `compliance`. "
                  "Unset means `default`.",
                  {}});
  rows.push_back({"AXONFLOW_ENFORCE",
                  "posture.enforce",
                  Type::kString,
                  "",
                  "Groups that block: a list of `pii`, `sqli`, `sensitive_data`, "
                  "`dangerous_queries`, `dangerous_commands`, or `all` or `none`. `high_risk` is "
                  "accepted and has no effect in this version.",
                  {}});
  struct Action {
    std::string_view variable, yaml_key, meaning;
  };
  static constexpr Action kActions[] = {
      {"PII_ACTION", "posture.pii", "Personal data: `block`, `redact`, `warn` or `log`."},
      {"SQLI_ACTION", "posture.sqli", "SQL injection: `block`, `warn` or `log`."},
      {"SENSITIVE_DATA_ACTION", "posture.sensitive_data",
       "Secrets and other sensitive data: `block`, `warn` or `log`."},
      {"HIGH_RISK_ACTION", "posture.high_risk",
       "A risk score above 0.8: `block`, `warn` or `log`. No effect in this version, which has no "
       "risk score."},
      {"DANGEROUS_QUERY_ACTION", "posture.dangerous_queries",
       "Destructive database statements: `block`, `warn` or `log`."},
      {"DANGEROUS_COMMAND_ACTION", "posture.dangerous_commands",
       "Destructive shell commands: `block`, `warn` or `log`."},
      {"GATEWAY_PII_ACTION", "posture.gateway.pii", "PII_ACTION on the gateway plane."},
      {"GATEWAY_SQLI_ACTION", "posture.gateway.sqli", "SQLI_ACTION on the gateway plane."},
      {"GATEWAY_DANGEROUS_QUERY_ACTION", "posture.gateway.dangerous_queries",
       "DANGEROUS_QUERY_ACTION on the gateway plane."},
      {"GATEWAY_DANGEROUS_COMMAND_ACTION", "posture.gateway.dangerous_commands",
       "DANGEROUS_COMMAND_ACTION on the gateway plane."},
      {"MCP_PII_ACTION", "posture.mcp.pii", "PII_ACTION on the MCP plane."},
      {"MCP_SQLI_ACTION", "posture.mcp.sqli", "SQLI_ACTION on the MCP plane."},
      {"MCP_DANGEROUS_QUERY_ACTION", "posture.mcp.dangerous_queries",
       "DANGEROUS_QUERY_ACTION on the MCP plane."},
      {"MCP_DANGEROUS_COMMAND_ACTION", "posture.mcp.dangerous_commands",
       "DANGEROUS_COMMAND_ACTION on the MCP plane."},
      {"SQLI_BLOCK_MODE", "posture.sqli_block_mode",
       "Deprecated spelling of SQLI_ACTION: `block` or `warn`."},
      {"PII_BLOCK_CRITICAL", "posture.pii_block_critical",
       "Deprecated spelling of PII_ACTION: `false` logs, anything else blocks."},
  };
  for (const Action& action : kActions) {
    rows.push_back({action.variable, action.yaml_key, Type::kString, "", action.meaning, {}});
  }
  rows.push_back({"AXONFLOW_POLICIES_DIR",
                  "posture.policies_dir",
                  Type::kPath,
                  "",
                  "Folder with catalogue files that replace the built-in ones. A folder that "
                  "cannot be loaded refuses requests; it never allows them.",
                  {}});
  rows.push_back({"AXONFLOW_TENANT_POLICIES_MAX",
                  "posture.tenant_policies_max",
                  Type::kInteger,
                  "0",
                  "Policies of each kind that a tenant may have. 0 means no limit.",
                  {},
                  0,
                  10'000});
  rows.push_back({"AXONFLOW_ORGANIZATION_POLICIES_MAX",
                  "posture.organization_policies_max",
                  Type::kInteger,
                  "0",
                  "Policies of each kind that an organization may have. 0 means no limit.",
                  {},
                  0,
                  10'000});
}

void AddAuditAndStore(Rows& rows) {
  rows.push_back({"AXONFLOW_AUDIT_ACK",
                  "audit.ack",
                  Type::kEnum,
                  "journal",
                  "What an answer waits for: its record in the local journal, or in the store.",
                  {"journal", "store"}});
  rows.push_back({"AXONFLOW_JOURNAL_RETAINED_BYTES_MAX",
                  "audit.journal_retained_bytes_max",
                  Type::kInteger,
                  "4294967296",
                  "Most bytes of journal that wait for the store; beyond it requests are refused.",
                  {},
                  kMebibyte,
                  std::int64_t{1} << 50});
  rows.push_back({"DATABASE_URL",
                  "store.database_url",
                  Type::kSecret,
                  "",
                  "PostgreSQL is not supported in this version: unset keeps the embedded store, "
                  "anything else stops the start.",
                  {}});
  rows.push_back({"AXONFLOW_DB_USE_APP_ROLE",
                  "store.use_app_role",
                  Type::kBool,
                  "false",
                  "Database roles with row-level security, which the embedded store does not "
                  "have: `true` stops the start.",
                  {}});
}

void AddTelemetry(Rows& rows) {
  rows.push_back({"AXONFLOW_TELEMETRY",
                  "telemetry.mode",
                  Type::kEnum,
                  "",
                  "Heartbeat. No heartbeat exists in this version, so nothing is sent.",
                  {"on", "off", "true", "false", "1", "0"}});
  rows.push_back({"DO_NOT_TRACK",
                  "",
                  Type::kString,
                  "",
                  "Any value but `0` or `false` silences the heartbeat. Nothing is sent in this "
                  "version.",
                  {}});
  rows.push_back({"AXONFLOW_TELEMETRY_ENDPOINT",
                  "telemetry.endpoint",
                  Type::kString,
                  "",
                  "The only address a heartbeat would go to. Nothing is sent in this version.",
                  {}});
}

Rows BuildTable() {
  Rows rows;
  AddNode(rows);
  AddServer(rows);
  AddIdentity(rows);
  AddDecisions(rows);
  AddPosture(rows);
  AddAuditAndStore(rows);
  AddTelemetry(rows);
  return rows;
}

}  // namespace

std::span<const Setting> Table() {
  static const Rows rows = BuildTable();
  return rows;
}

}  // namespace axonflow::settings

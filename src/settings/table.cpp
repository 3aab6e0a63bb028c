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
                  "Numeric address to listen on. Unset means 127.0.0.1 in every mode. Without "
                  "AXONFLOW_TLS_CERT_FILE any other address takes credentials and prompts in clear "
                  "text.",
                  {}});
  rows.push_back({"AXONFLOW_TLS_CERT_FILE",
                  "server.tls.cert_file",
                  Type::kPath,
                  "",
                  "PEM file with the certificate of the listener and the intermediate ones. Set: "
                  "the port speaks TLS 1.2 and 1.3 only. Changed files serve new connections.",
                  {}});
  rows.push_back({"AXONFLOW_TLS_KEY_FILE",
                  "server.tls.key_file",
                  Type::kPath,
                  "",
                  "PEM file with the private key of that certificate.",
                  {}});
  rows.push_back({"AXONFLOW_TLS_CLIENT_CA_FILE",
                  "server.tls.client_ca_file",
                  Type::kPath,
                  "",
                  "PEM file with certificates of authorities. Set: clients must show a certificate "
                  "signed by one of them (mTLS), besides their credentials.",
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

void AddLicences(Rows& rows) {
  rows.push_back(
      {"AXONFLOW_LICENSE_KEY",
       "license.key",
       Type::kSecret,
       "",
       "The licence of this deployment. When set it must be valid and for ORG_ID, or the "
       "start stops.",
       {}});
  rows.push_back(
      {"AXONFLOW_LICENSE_PUBLIC_KEYS",
       "license.public_keys",
       Type::kList,
       "",
       "Public keys that may sign licences of paid tiers, each as id:base64. Unset means "
       "that no such licence is a credential.",
       {}});
  rows.push_back({"AXONFLOW_LICENSE_EVALUATION_KEYS",
                  "license.evaluation_keys",
                  Type::kList,
                  "",
                  "Public keys that may sign licences of the Evaluation tier, each as id:base64.",
                  {}});
  rows.push_back({"AXONFLOW_LICENSE_REVOCATIONS",
                  "license.revocations",
                  Type::kPath,
                  "",
                  "The signed list of revoked licences. Read again when it changes; a list that "
                  "cannot be read stops the start.",
                  {}});
}

void AddUserTokens(Rows& rows) {
  rows.push_back({"AXONFLOW_OIDC_ISSUER",
                  "identity.oidc.issuer",
                  Type::kString,
                  "",
                  "The `iss` of user tokens of an identity provider, compared exactly. Needs "
                  "AXONFLOW_OIDC_AUDIENCE and AXONFLOW_OIDC_JWKS_FILE.",
                  {}});
  rows.push_back({"AXONFLOW_OIDC_AUDIENCE",
                  "identity.oidc.audience",
                  Type::kString,
                  "",
                  "What the `aud` of such a token must hold; with several audiences its `azp` must "
                  "be this too.",
                  {}});
  rows.push_back({"AXONFLOW_OIDC_JWKS_FILE",
                  "identity.oidc.jwks_file",
                  Type::kPath,
                  "",
                  "The provider's keys (JWK Set) for RS256 and ES256. Read again when it changes.",
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
  rows.push_back(
      {"AXONFLOW_AUDIT_SIGNING_KEY",
       "audit.signing_key",
       Type::kSecret,
       "",
       "Ed25519 key that signs audit records and tree heads: base64 of a 32-byte seed or "
       "of the 64-byte private key. Unset: the embedded store has one made under "
       "AXONFLOW_DATA_DIR; on PostgreSQL nothing is signed.",
       {}});
  rows.push_back(
      {"AXONFLOW_AUDIT_SIGNING_KEY_ID",
       "audit.signing_key_id",
       Type::kString,
       "",
       "Name of the signing key in signatures. Unset: the first 16 hex digits of SHA-256 "
       "of the public key.",
       {}});
  rows.push_back({"AXONFLOW_AUDIT_VERIFY_KEYS",
                  "audit.verify_keys",
                  Type::kList,
                  "",
                  "Public keys that signed in the past, each base64 of 32 bytes: their signatures "
                  "still count.",
                  {}});
  rows.push_back(
      {"AXONFLOW_AUDIT_SIGNATURES",
       "audit.signatures",
       Type::kEnum,
       "on_demand",
       "When single records are signed: `on_demand`, when they are verified or exported, "
       "after the signed tree head has vouched for them; `each_record`, as they are "
       "stored (16 us of CPU each); `off`, no signatures at all.",
       {"on_demand", "each_record", "off"}});
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
                  "The PostgreSQL database, as the owner of its schema: "
                  "`postgres://user:password@host/name?sslmode=verify-full`. Unset: the embedded "
                  "store under AXONFLOW_DATA_DIR.",
                  {}});
  rows.push_back({"AXONFLOW_DB_APP_ROLE_URL",
                  "store.app_role_url",
                  Type::kSecret,
                  "",
                  "The same database for a login that is, or may act as, `axonflow_app_role`; "
                  "requests are served with it. Unset: DATABASE_URL, acting as that role.",
                  {}});
  rows.push_back({"AXONFLOW_DB_PLATFORM_ADMIN_URL",
                  "store.platform_admin_url",
                  Type::kSecret,
                  "",
                  "The same database for a login that is, or may act as, "
                  "`axonflow_platform_admin`: audit shipping and snapshots. Unset: DATABASE_URL, "
                  "acting as that role.",
                  {}});
  rows.push_back({"AXONFLOW_DB_USE_APP_ROLE",
                  "store.use_app_role",
                  Type::kBool,
                  "",
                  "Whether requests run as a role that row-level security binds; the start checks "
                  "role and tables and refuses. Unset: `true` on PostgreSQL. The embedded store "
                  "cannot: `true` stops the start.",
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

void AddEgress(Rows& rows) {
  rows.push_back({"AXONFLOW_EGRESS_ALLOW",
                  "egress.allow",
                  Type::kList,
                  "",
                  "Address blocks that outbound requests may reach although they are not public, "
                  "such as `10.20.0.0/16` or `127.0.0.1`; without TLS, too. A metadata service "
                  "must be named as a single address.",
                  {}});
  rows.push_back({"AXONFLOW_EGRESS_CA_FILE",
                  "egress.ca_file",
                  Type::kPath,
                  "",
                  "PEM file of the authorities that certificates of other servers are checked "
                  "against. Unset: those of the system.",
                  {}});
  rows.push_back({"AXONFLOW_EGRESS_PROXY",
                  "egress.proxy",
                  Type::kString,
                  "",
                  "`http://host:port` that all outbound requests go through; it then decides what "
                  "names mean. `HTTP_PROXY` and its kin are ignored.",
                  {}});
}

void AddSecrets(Rows& rows) {
  rows.push_back({"CONNECTOR_ENCRYPTION_KEY",
                  "secrets.encryption_key",
                  Type::kSecret,
                  "",
                  "Base64 of the 32 bytes that seal stored credentials (AES-256-GCM). Without a "
                  "key, only development stores them, in plain text.",
                  {}});
  rows.push_back({"CONNECTOR_ENCRYPTION_KEYS",
                  "secrets.encryption_keys",
                  Type::kSecret,
                  "",
                  "The same as a ring, `id:base64,id:base64`: the first key seals, all open. Goes "
                  "before CONNECTOR_ENCRYPTION_KEY, whose id is `default`.",
                  {}});
  rows.push_back({"AXONFLOW_ALLOW_PLAINTEXT_CREDENTIALS",
                  "secrets.allow_plaintext",
                  Type::kBool,
                  "false",
                  "Stores credentials in plain text outside development when there is no key. "
                  "Not meant for production.",
                  {}});
  rows.push_back({"VAULT_ADDR",
                  "secrets.vault.address",
                  Type::kString,
                  "",
                  "Address of the Vault that `vault:mount/path#field` references are read from.",
                  {}});
  rows.push_back({"VAULT_NAMESPACE",
                  "secrets.vault.namespace",
                  Type::kString,
                  "",
                  "Namespace of that Vault.",
                  {}});
  rows.push_back({"VAULT_AUTH_MOUNT",
                  "secrets.vault.auth_mount",
                  Type::kString,
                  "approle",
                  "Where its AppRole method is mounted.",
                  {}});
  rows.push_back({"VAULT_ROLE_ID",
                  "secrets.vault.role_id",
                  Type::kString,
                  "",
                  "AppRole that this node logs in with.",
                  {}});
  rows.push_back({"VAULT_SECRET_ID",
                  "secrets.vault.secret_id",
                  Type::kSecret,
                  "",
                  "Secret of that role.",
                  {}});
  rows.push_back({"AWS_REGION",
                  "secrets.aws.region",
                  Type::kString,
                  "",
                  "Region of `aws-sm:name#field` references; an ARN names its own.",
                  {}});
  rows.push_back({"AWS_ACCESS_KEY_ID",
                  "secrets.aws.access_key_id",
                  Type::kString,
                  "",
                  "Key that requests to AWS Secrets Manager are signed with.",
                  {}});
  rows.push_back({"AWS_SECRET_ACCESS_KEY",
                  "secrets.aws.secret_access_key",
                  Type::kSecret,
                  "",
                  "Secret of that key.",
                  {}});
  rows.push_back({"AWS_SESSION_TOKEN",
                  "secrets.aws.session_token",
                  Type::kSecret,
                  "",
                  "Session of that key, when it is a temporary one.",
                  {}});
  rows.push_back({"AXONFLOW_AWS_SECRETS_ENDPOINT",
                  "secrets.aws.endpoint",
                  Type::kString,
                  "",
                  "Another address of AWS Secrets Manager, such as a VPC endpoint.",
                  {}});
}

void AddModels(Rows& rows) {
  rows.push_back({"AXONFLOW_BUDGET_LEASE",
                  "budgets.lease",
                  Type::kDuration,
                  "10m",
                  "How long a call in flight holds what it reserved of a budget; after that it "
                  "comes back, as when the process was killed.",
                  {},
                  1,
                  kHour});
  rows.push_back({"OPENAI_BASE_URL",
                  "models.openai.base_url",
                  Type::kString,
                  "",
                  "Where calls of the OpenAI protocol go. With the key alone: OpenAI itself. An "
                  "address that is not public must be in AXONFLOW_EGRESS_ALLOW.",
                  {}});
  rows.push_back({"OPENAI_API_KEY",
                  "models.openai.api_key",
                  Type::kSecret,
                  "",
                  "Key of this deployment there. Without it each caller brings its own in "
                  "`X-Provider-Key`.",
                  {}});
  rows.push_back({"OPENAI_MODEL",
                  "models.openai.model",
                  Type::kString,
                  "gpt-4o-mini",
                  "Model of calls to /api/request that name none.",
                  {}});
  rows.push_back({"ANTHROPIC_BASE_URL",
                  "models.anthropic.base_url",
                  Type::kString,
                  "",
                  "Where calls of the Anthropic protocol go, without /v1. With the key alone: "
                  "Anthropic itself.",
                  {}});
  rows.push_back({"ANTHROPIC_API_KEY",
                  "models.anthropic.api_key",
                  Type::kSecret,
                  "",
                  "Key of this deployment there.",
                  {}});
  rows.push_back({"ANTHROPIC_MODEL",
                  "models.anthropic.model",
                  Type::kString,
                  "claude-haiku-4-5",
                  "Model of calls to /api/request that name none.",
                  {}});
  rows.push_back({"OLLAMA_BASE_URL",
                  "models.ollama.base_url",
                  Type::kString,
                  "",
                  "Where Ollama listens, without /v1. It is asked when no other provider of the "
                  "OpenAI protocol is set, or by name.",
                  {}});
  rows.push_back({"OLLAMA_MODEL",
                  "models.ollama.model",
                  Type::kString,
                  "llama3.2",
                  "Model of calls to /api/request that name none.",
                  {}});
  rows.push_back({"AZURE_OPENAI_ENDPOINT",
                  "models.azure.endpoint",
                  Type::kString,
                  "",
                  "The resource of Azure OpenAI, such as https://name.openai.azure.com.",
                  {}});
  rows.push_back({"AZURE_OPENAI_API_KEY",
                  "models.azure.api_key",
                  Type::kSecret,
                  "",
                  "Key of this deployment there.",
                  {}});
  rows.push_back({"AZURE_OPENAI_DEPLOYMENT_NAME",
                  "models.azure.deployment",
                  Type::kString,
                  "gpt-4o-mini",
                  "Deployment of calls to /api/request that name no model.",
                  {}});
  rows.push_back({"GOOGLE_BASE_URL",
                  "models.google.base_url",
                  Type::kString,
                  "",
                  "Where Gemini speaks the OpenAI protocol. With the key alone: Google itself.",
                  {}});
  rows.push_back({"GOOGLE_API_KEY",
                  "models.google.api_key",
                  Type::kSecret,
                  "",
                  "Key of this deployment there.",
                  {}});
  rows.push_back({"GOOGLE_MODEL",
                  "models.google.model",
                  Type::kString,
                  "gemini-2.5-flash",
                  "Model of calls to /api/request that name none.",
                  {}});
  rows.push_back({"AXONFLOW_MODEL_ANSWER_TIMEOUT",
                  "models.answer_timeout",
                  Type::kDuration,
                  "60s",
                  "How long a provider may take until its answer begins.",
                  {},
                  100,
                  kHour});
  rows.push_back({"AXONFLOW_MODEL_IDLE_TIMEOUT",
                  "models.idle_timeout",
                  Type::kDuration,
                  "60s",
                  "How long a provider may be silent within an answer.",
                  {},
                  100,
                  kHour});
  rows.push_back({"AXONFLOW_MODEL_TOTAL_TIMEOUT",
                  "models.total_timeout",
                  Type::kDuration,
                  "10m",
                  "How long an answer of a provider may take in all.",
                  {},
                  100,
                  kHour});
}

Rows BuildTable() {
  Rows rows;
  AddNode(rows);
  AddServer(rows);
  AddIdentity(rows);
  AddLicences(rows);
  AddUserTokens(rows);
  AddDecisions(rows);
  AddPosture(rows);
  AddAuditAndStore(rows);
  AddEgress(rows);
  AddSecrets(rows);
  AddModels(rows);
  AddTelemetry(rows);
  return rows;
}

}  // namespace

std::span<const Setting> Table() {
  static const Rows rows = BuildTable();
  return rows;
}

}  // namespace axonflow::settings

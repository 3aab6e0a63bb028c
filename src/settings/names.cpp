#include "settings/names.h"

#include <algorithm>
#include <array>

namespace axonflow::settings {
namespace {

constexpr std::string_view kClientVariables[] = {
    "AXONFLOW_AGENT_URL",       "AXONFLOW_AUTH",          "AXONFLOW_CHECKPOINT_URL",
    "AXONFLOW_CLIENT_ID",       "AXONFLOW_CLIENT_SECRET", "AXONFLOW_DEBUG",
    "AXONFLOW_ENDPOINT",        "AXONFLOW_INSECURE_TLS",  "AXONFLOW_TELEMETRY_STAMP_DIR",
    "AXONFLOW_TIMEOUT_SECONDS", "AXONFLOW_TRY",           "AXONFLOW_USER_TOKEN",
};

constexpr std::string_view kWithoutEffect[] = {
    "ADMIN_API_KEY",
    "AGENT_PERFORMANCE_MODE",
    "AUDIT_FALLBACK_PATH",
    "AUDIT_MODE",
    "AXONFLOW_AGENT_CONFIG_DIR",
    "AXONFLOW_BILLING_FROM_EMAIL",
    "AXONFLOW_BILLING_PRO_VALIDITY_DAYS",
    "AXONFLOW_CIRCUITBREAKER_NOTIFY_ALLOW_PRIVATE",
    "AXONFLOW_CORS_ALLOWED_ORIGINS",
    "AXONFLOW_CRITICAL_ESCALATION_SLA_MIN",
    "AXONFLOW_DEFAULT_TRANSFER_BASIS",
    "AXONFLOW_DETECTION_OVERRIDE_TTL_SECONDS",
    "AXONFLOW_EXTPROC_RESPONSE_GOVERNANCE",
    "AXONFLOW_FINCRIME_SCORER_TIMEOUT_MS",
    "AXONFLOW_FROM_EMAIL",
    "AXONFLOW_HITL_WEBHOOK_ALLOW_PRIVATE",
    "AXONFLOW_HITL_WEBHOOK_SIGNING_KEY",
    "AXONFLOW_INTERNAL_SERVICE_SECRET",
    "AXONFLOW_LLM_CONFIG_FILE",
    "AXONFLOW_LOW_AUTO_APPROVE_DELAY_MIN",
    "AXONFLOW_MAP_MAX_TIMEOUT_SECONDS",
    "AXONFLOW_MIGRATIONS_PATH",
    "AXONFLOW_OIDC_ALLOW_PRIVATE",
    "AXONFLOW_ORCH_WEBHOOK_ALLOW_PRIVATE",
    "AXONFLOW_ORG_TRANSFER_BASIS",
    "AXONFLOW_OTEL_ENDPOINT",
    "AXONFLOW_OTEL_SAMPLE_RATE",
    "AXONFLOW_OTEL_SERVICE_NAME",
    "AXONFLOW_PLUGIN_CLAIMED_PUBLIC_KEY",
    "AXONFLOW_PORTAL_ADMIN_EMAIL",
    "AXONFLOW_PORTAL_ADMIN_PASSWORD",
    "AXONFLOW_PORTAL_BASE_URL",
    "AXONFLOW_PORTAL_COOKIE_SECURE",
    "AXONFLOW_PRICING_CONFIG",
    "AXONFLOW_REQUIRE_USER_TOKEN_TTL_SECONDS",
    "AXONFLOW_RISK_TIER_ENABLED",
    "AXONFLOW_RISK_TIER_ORG_ID",
    "AXONFLOW_SELF_HOSTED",
    "AXONFLOW_SMTP_CA_FILE",
    "AXONFLOW_SMTP_HOST",
    "AXONFLOW_SMTP_PASSWORD",
    "AXONFLOW_SMTP_PORT",
    "AXONFLOW_SMTP_TLS",
    "AXONFLOW_SMTP_USERNAME",
    "AXONFLOW_STRIPE_WEBHOOK_IP_ALLOWLIST",
    "AXONFLOW_STRIPE_WEBHOOK_RATE_PER_MIN",
    "AXONFLOW_TENANT_DELETE_TOKEN_PEPPER",
    "AXONFLOW_TEXT_DOCUMENT_TOOLS",
    "AXONFLOW_TRUST_PROXY_HOPS",
    "AXONFLOW_VERSION",
    "DATABASE_NAME",
    "DATABASE_PASSWORD",
    "DATABASE_PORT",
    "DATABASE_SSLMODE",
    "DATABASE_USER",
    "GATEWAY_STATIC_POLICIES_ENABLED",
    "GATEWAY_STATIC_POLICIES_SKIP_CATEGORIES",
    "MCP_DYNAMIC_POLICIES_CONNECTORS",
    "MCP_DYNAMIC_POLICIES_GRACEFUL",
    "MCP_DYNAMIC_POLICIES_TIMEOUT",
    "MCP_STATIC_POLICIES_CONNECTORS",
    "MCP_STATIC_POLICIES_ENABLED",
    "MCP_STATIC_POLICIES_SKIP_CATEGORIES",
    "RBI_AUDIT_RETENTION_YEARS",
    "RBI_PII_MIN_CONFIDENCE",
    "REDIS_URL",
    "TENANT_CONNECTOR_REGISTRY_ENABLED",
};

constexpr std::string_view kOff[] = {"false", "0", "off", "no"};
constexpr std::string_view kClosed[] = {"closed"};
constexpr std::string_view kUnlimited[] = {"0"};
constexpr std::string_view kScanner[] = {"off", "basic"};

constexpr UnsupportedVariable kUnsupported[] = {
    {"AXONFLOW_AUDIT_RETENTION_ENFORCE", kOff},
    {"AXONFLOW_AUDIT_S3_BUCKET", {}},
    {"AXONFLOW_AUDIT_S3_ENDPOINT", {}},
    {"AXONFLOW_AUDIT_S3_PATH_STYLE", {}},
    {"AXONFLOW_AUDIT_S3_PREFIX", {}},
    {"AXONFLOW_AUDIT_S3_REGION", {}},
    {"AXONFLOW_AUDIT_SINK", {}},
    {"AXONFLOW_CAPABILITY_SCOPING_DISABLED", kOff},
    {"AXONFLOW_COMPLIANCE_REGION", {}},
    {"AXONFLOW_FAIL_MODE", kClosed},
    {"AXONFLOW_HITL_ENABLED", kOff},
    {"AXONFLOW_INTEGRATIONS", {}},
    {"AXONFLOW_REQUIRE_USER_TOKEN", kOff},
    {"DATABASE_HOST", {}},
    {"MCP_DYNAMIC_POLICIES_ENABLED", kOff},
    {"MCP_EXFILTRATION_ENABLED", kOff},
    {"MCP_MAX_BYTES_PER_QUERY", kUnlimited},
    {"MCP_MAX_ROWS_PER_QUERY", kUnlimited},
    {"MCP_READ_ONLY", kOff},
    {"MEDIA_GOVERNANCE_ENABLED", kOff},
    {"RBI_COMPLIANCE_ENABLED", kOff},
    {"SQLI_SCANNER_MODE", kScanner},
};

}  // namespace

std::span<const std::string_view> ClientVariables() { return kClientVariables; }
std::span<const std::string_view> VariablesWithoutEffect() { return kWithoutEffect; }
std::span<const UnsupportedVariable> UnsupportedVariables() { return kUnsupported; }

std::size_t EditDistance(std::string_view a, std::string_view b) {
  a = a.substr(0, kComparedBytesMax);
  b = b.substr(0, kComparedBytesMax);
  using Line = std::array<std::size_t, kComparedBytesMax + 1>;
  Line before{};  // the line two above
  Line above{};
  Line line{};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    line[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      line[j] = std::min({above[j] + 1, line[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        line[j] = std::min(line[j], before[j - 2] + 1);
      }
    }
    before = above;
    above = line;
  }
  return above[b.size()];
}

std::optional<std::string_view> Nearest(std::string_view name,
                                        const std::vector<std::string_view>& candidates) {
  std::optional<std::string_view> nearest;
  std::size_t limit = std::min<std::size_t>(3, name.size() / 3);
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance > limit || (nearest && distance == limit)) continue;
    nearest = candidate;
    limit = distance;
  }
  return nearest;
}

}  // namespace axonflow::settings

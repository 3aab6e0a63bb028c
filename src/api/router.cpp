#include "api/router.h"

#include <algorithm>

#include "api/budget_http.h"
#include "api/endpoints.h"
#include "api/proxy_relay.h"
#if __has_include("policy_admin/policy_directory.h")
#include "api/policy_endpoints.h"
#include "api/simulation_endpoints.h"
#define AXONFLOW_HAS_POLICY_ADMIN
#endif

namespace axonflow::api {
namespace {

// The plane and the request type of what is recorded about a write that was refused.
constexpr std::string_view kAdminPlane = "admin";

constexpr Route StaticRead(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method, path, Auth::kClient, ErrorShape::kStatus, "", "", endpoint};
}

constexpr Route StaticWrite(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method, path, Auth::kClient, ErrorShape::kStatus, kAdminPlane, "policy_write", endpoint};
}

constexpr Route PolicyRead(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method, path, Auth::kClient, ErrorShape::kCoded, "", "", endpoint};
}

constexpr Route PolicyWrite(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method, path, Auth::kClient, ErrorShape::kCoded, kAdminPlane, "policy_write", endpoint};
}

// A conversation with pictures in it.
constexpr std::size_t kPromptBytesMax = 32 << 20;

// An import carries up to 100 policies, each as large as a policy may be.
constexpr std::size_t kImportBytesMax = 10 << 20;

constexpr Route PolicyImport(std::string_view path, Endpoint endpoint) {
  Route route = PolicyWrite("POST", path, endpoint);
  route.body_bytes_max = kImportBytesMax;
  return route;
}

constexpr Route OpenAiRoute(std::string_view path, std::string_view request_type,
                            Endpoint endpoint) {
  return {"POST",  path,         Auth::kModelClient, ErrorShape::kOpenAi,
          "proxy", request_type, endpoint,           kPromptBytesMax};
}

constexpr Route AnthropicRoute(std::string_view path, std::string_view request_type,
                               Endpoint endpoint) {
  return {"POST",  path,         Auth::kModelClient, ErrorShape::kAnthropic,
          "proxy", request_type, endpoint,           kPromptBytesMax};
}

constexpr Route SessionRoute(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method,  path, Auth::kClient, ErrorShape::kNative, kAdminPlane, "session_override",
          endpoint};
}

constexpr Route CostRoute(std::string_view method, std::string_view path, Endpoint endpoint) {
  return {method, path, Auth::kClient, ErrorShape::kProxied, kAdminPlane, "budget", endpoint};
}

constexpr Route EvidenceRead(std::string_view path, Endpoint endpoint) {
  return {"GET", path, Auth::kClient, ErrorShape::kProxied, "", "", endpoint};
}

constexpr Route kRoutes[] = {
    {"GET", "/health", Auth::kNone, ErrorShape::kNative, "", "", Health},
    {"GET", "/livez", Auth::kNone, ErrorShape::kNative, "", "", Live},
    {"GET", "/readyz", Auth::kNone, ErrorShape::kNative, "", "", Ready},
    {"GET", "/metrics", Auth::kNone, ErrorShape::kNative, "", "", MetricsJson},
    {"GET", "/prometheus", Auth::kNone, ErrorShape::kNative, "", "", MetricsPrometheus},
    {"POST", "/api/policy/pre-check", Auth::kClient, ErrorShape::kNative, "gateway", "pre_check",
     PreCheck},
    {"POST", "/api/audit/llm-call", Auth::kClient, ErrorShape::kNative, "gateway", "llm-call",
     ReportLlmCall},
    {"POST", "/api/policies/test", Auth::kClient, ErrorShape::kNative, "", "", TestPolicies},
    {"POST", "/api/v1/decide", Auth::kClient, ErrorShape::kDecision, "decision", "decision",
     Decide},
    {"POST", "/api/v1/mcp/check-input", Auth::kClient, ErrorShape::kNative, "mcp",
     "mcp-check-input", CheckInput},
    {"POST", "/api/request", Auth::kClient, ErrorShape::kNative, "proxy", "chat", ProxyRequest},
    OpenAiRoute("/v1/chat/completions", "chat_completion", Relays<providers::kChatCompletions>),
    OpenAiRoute("/v1/completions", "completion", Relays<providers::kCompletions>),
    OpenAiRoute("/v1/responses", "response", Relays<providers::kResponses>),
    OpenAiRoute("/v1/embeddings", "embedding", Relays<providers::kEmbeddings>),
    {"GET", "/v1/models", Auth::kModelClient, ErrorShape::kOpenAi, "", "", ListModels},
    AnthropicRoute("/v1/messages", "message", Relays<providers::kMessages>),
    AnthropicRoute("/v1/messages/count_tokens", "count_tokens", Relays<providers::kCountTokens>),
    {"GET", "/api/v1/decisions", Auth::kClient, ErrorShape::kProxied, "", "", ListDecisions},
    {"GET", "/api/v1/decisions/{id}/explain", Auth::kClient, ErrorShape::kProxied, "", "",
     ExplainDecision},
    {"POST", "/api/v1/audit/search", Auth::kClient, ErrorShape::kProxied, "", "", SearchAudit},
    EvidenceRead("/api/v1/audit/chains/{id}/verify", VerifyAuditChain),
    EvidenceRead("/api/v1/audit/records/{id}/verify", VerifyAuditRecord),
    EvidenceRead("/api/v1/audit/records/{id}/receipt", AuditReceipt),
    EvidenceRead("/api/v1/audit/signing-key", AuditSigningKey),
    EvidenceRead("/api/v1/audit/log", AuditTreeHead),
    EvidenceRead("/api/v1/audit/log/checkpoint", AuditCheckpoint),
    EvidenceRead("/api/v1/audit/log/consistency", AuditConsistency),
    {"GET", "/api/v1/audit/tenant/{id}", Auth::kClient, ErrorShape::kProxied, "", "",
     AuditOfTenant},

    CostRoute("GET", "/api/v1/budgets", ListBudgets),
    CostRoute("POST", "/api/v1/budgets", CreateBudget),
    CostRoute("POST", "/api/v1/budgets/check", CheckBudget),
    CostRoute("GET", "/api/v1/budgets/{id}", GetBudget),
    CostRoute("PUT", "/api/v1/budgets/{id}", UpdateBudget),
    CostRoute("DELETE", "/api/v1/budgets/{id}", DeleteBudget),
    CostRoute("GET", "/api/v1/budgets/{id}/status", BudgetStatus),
    CostRoute("GET", "/api/v1/budgets/{id}/alerts", BudgetAlerts),
    CostRoute("GET", "/api/v1/usage", UsageSummary),
    CostRoute("GET", "/api/v1/usage/breakdown", UsageBreakdown),
    CostRoute("GET", "/api/v1/usage/records", UsageRecords),
    CostRoute("GET", "/api/v1/pricing", Pricing),

    StaticRead("GET", "/api/v1/static-policies", Reads<ListStaticPolicies>),
    StaticWrite("POST", "/api/v1/static-policies", Writes<CreateStaticPolicy>),
    StaticRead("GET", "/api/v1/static-policies/effective", Reads<EffectiveStaticPolicies>),
    StaticRead("POST", "/api/v1/static-policies/test", Reads<TryPattern>),
    StaticRead("GET", "/api/v1/static-policies/overrides", Reads<ListPolicyOverrides>),
    StaticRead("GET", "/api/v1/static-policies/{id}", Reads<GetStaticPolicy>),
    StaticWrite("PUT", "/api/v1/static-policies/{id}", Writes<UpdateStaticPolicy>),
    StaticWrite("PATCH", "/api/v1/static-policies/{id}", Writes<UpdateStaticPolicy>),
    StaticWrite("DELETE", "/api/v1/static-policies/{id}", Writes<DeleteStaticPolicy>),
    StaticRead("GET", "/api/v1/static-policies/{id}/versions", Reads<StaticPolicyVersions>),
    StaticRead("GET", "/api/v1/static-policies/{id}/override", Reads<GetPolicyOverride>),
    StaticWrite("POST", "/api/v1/static-policies/{id}/override", Writes<SetPolicyOverride>),
    StaticWrite("DELETE", "/api/v1/static-policies/{id}/override", Writes<DeletePolicyOverride>),
    StaticRead("GET", "/api/v1/policy-overrides", Reads<ListPolicyOverrides>),

    PolicyRead("POST", "/api/v1/policies/simulate", Reads<SimulatePolicies>),
    PolicyRead("POST", "/api/v1/policies/impact-report", Reads<ReportImpact>),
    PolicyRead("POST", "/api/v1/policies/conflicts", Reads<DetectConflicts>),
    PolicyRead("POST", "/api/v1/policies/backtest", Reads<BacktestPolicies>),

    PolicyRead("GET", "/api/v1/tenant-policies", Reads<ListTenantPolicies>),
    PolicyWrite("POST", "/api/v1/tenant-policies", Writes<CreateTenantPolicy>),
    PolicyImport("/api/v1/tenant-policies/import", Writes<ImportTenantPolicies>),
    PolicyRead("GET", "/api/v1/tenant-policies/export", Reads<ExportTenantPolicies>),
    PolicyRead("GET", "/api/v1/tenant-policies/effective", Reads<EffectiveTenantPolicies>),
    PolicyRead("GET", "/api/v1/tenant-policies/{id}", Reads<GetTenantPolicy>),
    PolicyWrite("PUT", "/api/v1/tenant-policies/{id}", Writes<UpdateTenantPolicy>),
    PolicyWrite("PATCH", "/api/v1/tenant-policies/{id}", Writes<UpdateTenantPolicy>),
    PolicyWrite("DELETE", "/api/v1/tenant-policies/{id}", Writes<DeleteTenantPolicy>),
    PolicyRead("POST", "/api/v1/tenant-policies/{id}/test", Reads<TestTenantPolicy>),
    PolicyRead("GET", "/api/v1/tenant-policies/{id}/versions", Reads<TenantPolicyVersions>),

    PolicyRead("GET", "/api/v1/dynamic-policies", Deprecated<Reads<ListTenantPolicies>>),
    PolicyWrite("POST", "/api/v1/dynamic-policies", Deprecated<Writes<CreateTenantPolicy>>),
    PolicyImport("/api/v1/dynamic-policies/import", Deprecated<Writes<ImportTenantPolicies>>),
    PolicyRead("GET", "/api/v1/dynamic-policies/export", Deprecated<Reads<ExportTenantPolicies>>),
    PolicyRead("GET", "/api/v1/dynamic-policies/effective",
               Deprecated<Reads<EffectiveTenantPolicies>>),
    PolicyRead("GET", "/api/v1/dynamic-policies/{id}", Deprecated<Reads<GetTenantPolicy>>),
    PolicyWrite("PUT", "/api/v1/dynamic-policies/{id}", Deprecated<Writes<UpdateTenantPolicy>>),
    PolicyWrite("PATCH", "/api/v1/dynamic-policies/{id}", Deprecated<Writes<UpdateTenantPolicy>>),
    PolicyWrite("DELETE", "/api/v1/dynamic-policies/{id}", Deprecated<Writes<DeleteTenantPolicy>>),
    PolicyRead("POST", "/api/v1/dynamic-policies/{id}/test", Deprecated<Reads<TestTenantPolicy>>),
    PolicyRead("GET", "/api/v1/dynamic-policies/{id}/versions",
               Deprecated<Reads<TenantPolicyVersions>>),

    PolicyRead("GET", "/api/v1/policies", Reads<ListTenantPolicies>),
    PolicyWrite("POST", "/api/v1/policies", Writes<CreateTenantPolicy>),
    PolicyImport("/api/v1/policies/import", Writes<ImportTenantPolicies>),
    PolicyRead("GET", "/api/v1/policies/export", Reads<ExportTenantPolicies>),
    PolicyRead("GET", "/api/v1/policies/effective", Reads<EffectiveTenantPolicies>),
    PolicyRead("GET", "/api/v1/policies/dynamic", Reads<ActiveTenantPolicies>),
    PolicyRead("POST", "/api/v1/policies/test", Reads<EvaluateTenantPolicies>),
    PolicyRead("GET", "/api/v1/policies/{id}", Reads<GetTenantPolicy>),
    PolicyWrite("PUT", "/api/v1/policies/{id}", Writes<UpdateTenantPolicy>),
    PolicyWrite("PATCH", "/api/v1/policies/{id}", Writes<UpdateTenantPolicy>),
    PolicyWrite("DELETE", "/api/v1/policies/{id}", Writes<DeleteTenantPolicy>),
    PolicyRead("POST", "/api/v1/policies/{id}/test", Reads<TestTenantPolicy>),
    PolicyRead("GET", "/api/v1/policies/{id}/versions", Reads<TenantPolicyVersions>),

    PolicyRead("GET", "/api/v1/unified-policies", Reads<ListUnifiedPolicies>),
    PolicyRead("GET", "/api/v1/unified-policies/{id}", Reads<GetUnifiedPolicy>),
    PolicyRead("GET", "/api/v1/effective-policies", Reads<ListEffectivePolicies>),

    PolicyRead("GET", "/api/v1/templates", Reads<ListTemplates>),
    PolicyRead("GET", "/api/v1/templates/categories", Reads<TemplateCategories>),
    PolicyRead("GET", "/api/v1/templates/stats", Reads<TemplateStatistics>),
    PolicyRead("GET", "/api/v1/templates/{id}", Reads<GetTemplate>),
    PolicyWrite("POST", "/api/v1/templates/{id}/apply", Writes<ApplyTemplate>),

    SessionRoute("GET", "/api/v1/overrides", Reads<ListSessionOverrides>),
    SessionRoute("POST", "/api/v1/overrides", Records<CreateSessionOverride>),
    SessionRoute("GET", "/api/v1/overrides/{id}", Reads<GetSessionOverride>),
    SessionRoute("DELETE", "/api/v1/overrides/{id}", Records<RevokeSessionOverride>),

    PolicyRead("GET", "/api/v1/detection-posture", Reads<GetDetectionPosture>),
    PolicyWrite("PUT", "/api/v1/detection-posture", Writes<SetDetectionPosture>),
    PolicyWrite("DELETE", "/api/v1/detection-posture/{id}", Writes<DeleteDetectionPosture>),
};

// Whether `path` fits `pattern`; the text in the place of "{id}" goes to `parameter`, which is
// never empty and never holds a slash.
bool Fits(std::string_view pattern, std::string_view path, std::string_view& parameter) {
  const auto open = pattern.find("{id}");
  if (open == std::string_view::npos) return pattern == path;
  const auto head = pattern.substr(0, open);
  const auto tail = pattern.substr(open + 4);
  if (path.size() <= head.size() + tail.size() || !path.starts_with(head) ||
      !path.ends_with(tail)) {
    return false;
  }
  const auto middle = path.substr(head.size(), path.size() - head.size() - tail.size());
  if (middle.find('/') != std::string_view::npos) return false;
  parameter = middle;
  return true;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

RouteMatch MatchRoute(std::string_view method, std::string_view path) {
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  RouteMatch match;
  bool literal = false;
  for (const Route& route : kRoutes) {
    std::string_view parameter;
    if (!Fits(route.path, path, parameter)) continue;
    // Literals stand before templates in the table, and hide them: "effective" is no id.
    if (literal && !parameter.empty()) continue;
    literal = literal || parameter.empty();
    if (route.method == wanted) {
      match.route = &route;
      match.path_parameter = parameter;
      return match;
    }
    if (!match.allowed_methods.empty()) match.allowed_methods += ", ";
    match.allowed_methods += route.method;
    if (route.method == "GET") match.allowed_methods += ", HEAD";
  }
  if (!match.allowed_methods.empty()) match.allowed_methods += ", OPTIONS";
  return match;
}

std::size_t BodyBytesMax(std::string_view method, std::string_view path) {
  const Route* route = MatchRoute(method, path).route;
  return route == nullptr ? 0 : route->body_bytes_max;
}

}  // namespace axonflow::api

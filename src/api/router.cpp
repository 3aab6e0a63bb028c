#include "api/router.h"

#include <algorithm>

#include "api/endpoints.h"

namespace axonflow::api {
namespace {

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
    {"GET", "/api/v1/decisions", Auth::kClient, ErrorShape::kProxied, "", "", ListDecisions},
    {"GET", "/api/v1/decisions/{id}/explain", Auth::kClient, ErrorShape::kProxied, "", "",
     ExplainDecision},
    {"POST", "/api/v1/audit/search", Auth::kClient, ErrorShape::kProxied, "", "", SearchAudit},
    {"GET", "/api/v1/audit/tenant/{id}", Auth::kClient, ErrorShape::kProxied, "", "",
     AuditOfTenant},
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
  for (const Route& route : kRoutes) {
    std::string_view parameter;
    if (!Fits(route.path, path, parameter)) continue;
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

}  // namespace axonflow::api

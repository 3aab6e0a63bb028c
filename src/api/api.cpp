#include "api/api.h"

#include <utility>

#include "api/endpoints.h"
#include "api/evidence_reads.h"
#include "api/proxy_relay.h"
#include "base/crypto.h"
#include "base/json_writer.h"
#include "governance/trace_context.h"
#include "telemetry/log.h"

namespace axonflow::api {
namespace {

// Routes that do not exist answer in the shape that OAuth-minded MCP clients understand, and say
// where credentials come from instead of pointing at an authorization server that is not there.
net::Response OauthStyle(int status, std::string_view error, std::string_view description) {
  JsonWriter json;
  json.BeginObject().Field("error", error).Field("error_description", description).EndObject();
  net::Response response;
  response.status = status;
  response.body = std::move(json).Take();
  return response;
}

bool IsOauthDiscovery(std::string_view path) {
  return path.starts_with("/.well-known/oauth-protected-resource") ||
         path.starts_with("/.well-known/oauth-authorization-server");
}

net::Response NoRoute(std::string_view path) {
  if (IsOauthDiscovery(path)) {
    return OauthStyle(404, "not_found",
                      "This server has no OAuth authorization server. Clients authenticate with "
                      "HTTP Basic: set AXONFLOW_ENDPOINT to this server and AXONFLOW_AUTH to "
                      "client_id:client_secret in Base64.");
  }
  return OauthStyle(404, "not_found", "No such route. GET /health lists what this server can do.");
}

net::Response WrongMethod(std::string allowed) {
  auto response = OauthStyle(405, "method_not_allowed", "This route takes: " + allowed);
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

}  // namespace

Api::Api(Services services, Options options)
    : services_(services), options_(std::move(options)), metrics_(services.metrics) {}

Task<net::Response> Api::Handle(const net::Request& request) {
  const auto start = std::chrono::steady_clock::now();
  auto response = co_await Dispatch(request);
  metrics_.CountAnswer(response.status, std::chrono::steady_clock::now() - start);
  co_return response;
}

Task<net::Response> Api::Dispatch(const net::Request& request) {
  if (request.method == "OPTIONS") {
    net::Response response;
    response.status = 204;
    co_return response;
  }
  const auto match = MatchRoute(request.method, request.path);
  if (match.route == nullptr) {
    co_return match.allowed_methods.empty() ? NoRoute(request.path)
                                            : WrongMethod(match.allowed_methods);
  }
  const Route& route = *match.route;
  Call call{.route = route,
            .request = request,
            .principal = {},
            .path_parameter = match.path_parameter,
            .decision_id = DecisionId(NewUuid()),
            .trace = governance::TraceIdFrom(request.Header("traceparent"))};
  if (route.auth != Auth::kNone) {
    auto caller =
        route.auth == Auth::kModelClient
            ? AuthenticateModelClient(services_.authenticator, request, options_.community)
            : services_.authenticator.Authenticate(request);
    if (auto* failure = std::get_if<identity::AuthFailure>(&caller)) {
      metrics_.CountAuthFailure(failure->code, request.peer_address);
      if (failure->principal) {
        // The client is proven, so its tenant can be told of the refusal.
        call.principal = std::move(*failure->principal);
        co_await Record(call, failure->message, failure->code);
      }
      co_return AuthRefusal(route.errors, failure->status, failure->message, call);
    }
    call.principal = std::get<identity::Principal>(std::move(caller));
  }
  if (request.body_fault == net::BodyFault::kTooLarge) {
    auto response = co_await Refuse(call, 413, "The body is larger than this server accepts");
    co_return response;
  }
  if (request.body_fault == net::BodyFault::kUnsupportedEncoding) {
    auto response =
        co_await Refuse(call, 415, "Content-Encoding is not supported; send the body as it is");
    co_return response;
  }
  // Endpoints give their principal away.
  const bool wants_receipt = !route.plane.empty() && request.HasHeader("X-AxonFlow-Receipt");
  const OrgId receipt_org = wants_receipt ? call.principal.org : OrgId();
  std::optional<net::Response> response;
  std::string failure;
  try {
    response.emplace(co_await route.endpoint(*this, call));
  } catch (const std::exception& exception) {
    failure = exception.what();
  }
  if (!response) {
    telemetry::LogError("an endpoint failed; the request is refused",
                        {{"decision_id", call.decision_id.str()},
                         {"trace_id", call.trace.str()},
                         {"path", route.path},
                         {"error", failure}});
    auto refusal = co_await Refuse(call, 500, "Internal error");
    co_return refusal;
  }
  if (wants_receipt) co_await AttachReceipt(*this, call, receipt_org, *response);
  co_return std::move(*response);
}

Task<void> Api::Record(Call& call, std::string_view reason, std::string_view policy_id) {
  if (call.route.plane.empty()) co_return;
  governance::Refusal refusal{.principal = &call.principal,
                              .decision_id = call.decision_id,
                              .trace = call.trace,
                              .plane = call.route.plane,
                              .request_type = call.route.request_type,
                              .stage = {},
                              .policy_id = policy_id,
                              .reason = std::string(reason)};
  co_await services_.governor.Refuse(std::move(refusal));
}

Task<net::Response> Api::Refuse(Call& call, int status, std::string_view message,
                                std::string_view policy_id) {
  co_await Record(call, message, policy_id);
  co_return Refusal(call.route.errors, status, message, call);
}

Task<std::optional<net::Response>> Api::RefineCaller(Call& call,
                                                     const identity::BodyIdentity& body) {
  const auto failure = services_.authenticator.Refine(call.request, call.principal, body);
  if (failure) {
    auto response = co_await Refuse(call, failure->status, failure->message, failure->code);
    co_return std::optional<net::Response>(std::move(response));
  }
  co_return std::optional<net::Response>{};
}

Result<JsonValue> ParseObject(std::string_view body) {
  thread_local JsonDocument document;
  auto root = document.Parse(body);
  if (!root) return Error{root.error().code, "Invalid request body: " + root.error().message};
  if (root->type() != JsonType::kObject) {
    return Error{ErrorCode::kInvalidArgument, "Invalid request body: a JSON object is expected"};
  }
  return *root;
}

Result<BodyClaims> ReadClaims(const JsonValue& root) {
  BodyClaims claims;
  const std::pair<const char*, std::string*> members[] = {{"client_id", &claims.client_id},
                                                          {"tenant_id", &claims.tenant_id},
                                                          {"org_id", &claims.org_id},
                                                          {"user_token", &claims.user_token}};
  for (const auto& [name, target] : members) {
    const auto text = OptionalString(root, name);
    if (!text) return text.error();
    *target = *text;
  }
  return claims;
}

Result<std::string_view> OptionalString(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  if (!member) return std::string_view{};
  const auto text = member->AsString();
  if (!text) return Error{ErrorCode::kInvalidArgument, std::string(name) + " must be a string"};
  return *text;
}

Result<std::string_view> RequiredString(const JsonValue& object, std::string_view name) {
  const auto text = OptionalString(object, name);
  if (!text) return text.error();
  if (text->find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error{ErrorCode::kInvalidArgument, std::string(name) + " field is required"};
  }
  return *text;
}

}  // namespace axonflow::api

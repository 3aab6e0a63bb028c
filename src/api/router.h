#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "api/services.h"
#include "base/ids.h"
#include "base/task.h"
#include "identity/principal.h"
#include "net/http.h"

namespace axonflow::api {

class Api;

// How a route establishes its caller.
enum class Auth {
  kNone,         // answers anybody
  kClient,       // tenant credential (community mode: none)
  kModelClient,  // the same, also in the headers that clients of model providers have
};

// One shape of refusal a family of routes (agent-api 0.5).
enum class ErrorShape {
  kNative,     // {"success":false,"error":"..."}
  kProxied,    // {"error":"..."}
  kDecision,   // {"error":"...","verdict":"deny","decision_id":...}
  kStatus,     // {"error":{"code":403,"message":"..."}}
  kCoded,      // {"error":{"code":"FORBIDDEN","message":"..."}}
  kOpenAi,     // {"error":{"message":"...","type":"...","param":null,"code":null}}
  kAnthropic,  // {"type":"error","error":{"type":"...","message":"..."}}
};

struct Route;

// What a handler gets. Lives until the handler's task ends.
struct Call {
  const Route& route;
  const net::Request& request;
  identity::Principal principal;    // of Auth::kClient routes
  std::string_view path_parameter;  // the "{id}" of the template
  DecisionId decision_id;           // minted for every request, so refusals carry it too
  TraceId trace;
};

using Endpoint = Task<net::Response> (*)(Api& api, Call& call);

// A row of the route table. The isolation matrix of the tests and the metrics labels come from it.
struct Route {
  std::string_view method;
  std::string_view path;  // a template: "/api/v1/decisions/{id}/explain"
  Auth auth;
  ErrorShape errors;
  // Plane and request type of the record that a refusal on this route leaves; empty: leaves none.
  std::string_view plane;
  std::string_view request_type;
  Endpoint endpoint;
  std::size_t body_bytes_max = 0;  // where it is more than the server's; 0 = the server's
};

// Of two rows that fit a path the one without "{id}" counts; it stands first.
std::span<const Route> Routes();

// Result of matching a path against the table.
struct RouteMatch {
  const Route* route = nullptr;  // path and method fit
  std::string allowed_methods;   // "GET, HEAD, OPTIONS" when only the path fits
  std::string_view path_parameter;
};
RouteMatch MatchRoute(std::string_view method, std::string_view path);

// Route::body_bytes_max of the row that fits, for net::ServerLimits; 0 when none does.
std::size_t BodyBytesMax(std::string_view method, std::string_view path);

}  // namespace axonflow::api

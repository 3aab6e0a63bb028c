#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/errors.h"
#include "api/request_metrics.h"
#include "api/router.h"
#include "api/services.h"
#include "base/json.h"
#include "net/http.h"

namespace axonflow::api {

// The HTTP face of the product: finds the route, establishes the caller, calls the endpoint, and
// answers everything that goes wrong on the way in the route's own shape.
class Api : public net::Handler {
 public:
  Api(Services services, Options options);

  Task<net::Response> Handle(const net::Request& request) override;

  const Services& services() const { return services_; }
  const Options& options() const { return options_; }
  RequestMetrics& metrics() { return metrics_; }

  // Refuses `call` with `message`, leaving a record when the route records. `policy_id` names the
  // special rule that refused, if one did.
  Task<net::Response> Refuse(Call& call, int status, std::string_view message,
                             std::string_view policy_id = {});

  // The caller as the body further describes it (client, tenant, user token), or the refusal.
  // On success call.principal is the refined one.
  Task<std::optional<net::Response>> RefineCaller(Call& call, const identity::BodyIdentity& body);

  // Whether the process is ready for traffic, and if not, why. Set by the owner.
  void SetReadiness(std::function<Status()> readiness) { readiness_ = std::move(readiness); }
  Status Readiness() const { return readiness_ ? readiness_() : Status{}; }

  std::chrono::steady_clock::time_point started() const { return started_; }

 private:
  Task<net::Response> Dispatch(const net::Request& request);
  Task<void> Record(Call& call, std::string_view reason, std::string_view policy_id);

  const Services services_;
  const Options options_;
  RequestMetrics metrics_;
  std::function<Status()> readiness_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// Parses the body as a JSON object, or says what is wrong with it. The document is this thread's
// own: copy what you need before the next co_await.
Result<JsonValue> ParseObject(std::string_view body);

// What a body says about its own sender. Owns its texts, so it outlives the parsed document.
struct BodyClaims {
  std::string client_id, tenant_id, org_id, user_token;

  identity::BodyIdentity View() const { return {client_id, tenant_id, org_id, user_token}; }
};

// Reads the claims from the top level of a body. Absent ones stay empty.
Result<BodyClaims> ReadClaims(const JsonValue& root);

// Member `name`, which must be a string when present. "" when absent or null.
Result<std::string_view> OptionalString(const JsonValue& object, std::string_view name);
// The same, and it must be present and not blank.
Result<std::string_view> RequiredString(const JsonValue& object, std::string_view name);

}  // namespace axonflow::api

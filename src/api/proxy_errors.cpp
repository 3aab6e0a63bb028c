#include "api/proxy_errors.h"

#include <utility>

#include "api/errors.h"
#include "base/json_writer.h"

namespace axonflow::api {

std::string_view ErrorType(providers::Protocol protocol, int status) {
  const bool anthropic = protocol == providers::Protocol::kAnthropic;
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return anthropic ? "not_found_error" : "invalid_request_error";
    case 413:
      return anthropic ? "request_too_large" : "invalid_request_error";
    case 429:
      return anthropic ? "rate_limit_error" : "requests";
    case 503:
      return anthropic ? "overloaded_error" : "server_error";
    default:
      if (status < 500) return "invalid_request_error";
      return anthropic ? "api_error" : "server_error";
  }
}

net::Response ProviderError(providers::Protocol protocol, int status, std::string_view type,
                            std::string_view code, std::string_view message) {
  JsonWriter json;
  json.BeginObject();
  if (protocol == providers::Protocol::kAnthropic) {
    json.Field("type", "error").Key("error").BeginObject();
    json.Field("type", type).Field("message", message).EndObject();
  } else {
    json.Key("error").BeginObject().Field("message", message).Field("type", type);
    json.Key("param").Null().Key("code");
    code.empty() ? json.Null() : json.String(code);
    json.EndObject();
  }
  json.EndObject();
  return RefusalWith(status, std::move(json).Take());
}

}  // namespace axonflow::api

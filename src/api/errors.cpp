#include "api/errors.h"

#include <utility>

#include "api/proxy_errors.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kChallenge = "Basic realm=\"axonflow\", charset=\"UTF-8\"";

net::Response Finish(int status, JsonWriter json) {
  return RefusalWith(status, std::move(json).Take());
}

}  // namespace

net::Response RefusalWith(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.body = std::move(body);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", kChallenge);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string_view CodeWord(int status) {
  switch (status) {
    case 400:
      return "BAD_REQUEST";
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "FORBIDDEN";
    case 404:
      return "NOT_FOUND";
    case 409:
      return "CONFLICT";
    case 413:
      return "TOO_LARGE";
    case 415:
      return "UNSUPPORTED_MEDIA_TYPE";
    case 503:
      return "UNAVAILABLE";
    default:
      return "INTERNAL_ERROR";
  }
}

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kPermissionDenied:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
      return 503;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

net::Response Refusal(ErrorShape shape, int status, std::string_view message, const Call& call) {
  if (shape == ErrorShape::kOpenAi || shape == ErrorShape::kAnthropic) {
    const auto protocol = shape == ErrorShape::kOpenAi ? providers::Protocol::kOpenAi
                                                       : providers::Protocol::kAnthropic;
    return ProviderError(protocol, status, ErrorType(protocol, status), "", message);
  }
  JsonWriter json;
  json.BeginObject();
  switch (shape) {
    case ErrorShape::kNative:
      // `message` is what the official clients show for a 403.
      json.Field("success", false).Field("error", message);
      if (status == 403) json.Field("message", message);
      break;
    case ErrorShape::kProxied:
      json.Field("error", message);
      break;
    case ErrorShape::kDecision:
      json.Field("error", message).Field("verdict", "deny");
      json.Field("decision_id", call.decision_id.str()).Field("trace_id", call.trace.str());
      break;
    case ErrorShape::kStatus:
    case ErrorShape::kCoded:
      json.Key("error").BeginObject();
      if (shape == ErrorShape::kStatus) {
        json.Field("code", status);
      } else {
        json.Field("code", CodeWord(status));
      }
      json.Field("message", message).EndObject();
      if (status == 403) json.Field("message", message);
      break;
    case ErrorShape::kOpenAi:
    case ErrorShape::kAnthropic:
      break;
  }
  json.EndObject();
  return Finish(status, std::move(json));
}

net::Response AuthRefusal(ErrorShape shape, int status, std::string_view message,
                          const Call& call) {
  if (shape == ErrorShape::kProxied || shape == ErrorShape::kCoded ||
      shape == ErrorShape::kAnthropic) {
    return Refusal(shape, status, message, call);
  }
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject();
  json.Field("code", status).Field("message", message).EndObject();
  if (status == 403) json.Field("message", message);
  json.EndObject();
  return Finish(status, std::move(json));
}

}  // namespace axonflow::api

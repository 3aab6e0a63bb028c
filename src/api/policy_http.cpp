#include "api/policy_http.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::FieldProblem;
using policy_admin::Reason;

constexpr std::size_t kSlugBytesMax = 128;

bool HasRole(const identity::Principal& principal,
             std::initializer_list<std::string_view> accepted) {
  return principal.user_verified &&
         std::ranges::find(accepted, principal.user_role) != accepted.end();
}

std::string_view CodeOf(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kValidation:
      return "VALIDATION_ERROR";
    case Reason::kSystemTier:
      return "SYSTEM_TIER_IMMUTABLE";
    case Reason::kForeignTier:
      return "ORG_AUTHORITY_REQUIRED";
    case Reason::kPolicyLimit:
      return "POLICY_LIMIT_EXCEEDED";
    case Reason::kNotOverridable:
      return "POLICY_NOT_OVERRIDABLE";
    case Reason::kOwnPolicy:
      return "OVERRIDE_OF_OWN_POLICY";
    case Reason::kSegmentPolicy:
      return "OVERRIDE_OF_SEGMENT_POLICY";
    case Reason::kDuplicate:
      return "ALREADY_EXISTS";
  }
  return "";
}

void WriteFields(JsonWriter& json, std::string_view name, const std::vector<FieldProblem>& fields) {
  json.Key(name).BeginArray();
  for (const auto& problem : fields) {
    json.BeginObject().Field("field", problem.field).Field("message", problem.message).EndObject();
  }
  json.EndArray();
}

// Clients of the older routes read `fields`, those of the newer ones `details`.
net::Response Write(ErrorShape shape, const PolicyProblem& problem) {
  JsonWriter json;
  json.BeginObject();
  if (shape == ErrorShape::kNative) {
    json.Field("success", false).Field("error", problem.message).Field("code", problem.code);
    if (!problem.fields.empty()) WriteFields(json, "details", problem.fields);
  } else {
    json.Key("error").BeginObject();
    if (shape == ErrorShape::kStatus) {
      json.Field("code", problem.status).Field("reason", problem.code);
    } else {
      json.Field("code", problem.code);
    }
    json.Field("message", problem.message);
    if (!problem.fields.empty()) {
      WriteFields(json, "details", problem.fields);
      WriteFields(json, "fields", problem.fields);
    }
    json.EndObject();
  }
  // What the official clients show for a 403.
  if (problem.status == 403) json.Field("message", problem.message);
  json.EndObject();
  return RefusalWith(problem.status, std::move(json).Take());
}

}  // namespace

bool MayWritePolicies(const identity::Principal& principal) {
  if (principal.anonymous || !principal.user_verified) return true;
  return HasRole(principal, {"owner", "admin", "policy_admin"});
}

bool MayWriteOrganization(const identity::Principal& principal) {
  return principal.anonymous || HasRole(principal, {"owner", "admin"});
}

bool IsOnePerson(const identity::Principal& principal) {
  return principal.anonymous || principal.user_verified;
}

policy_admin::Actor ActorOf(const identity::Principal& principal) {
  policy_admin::Actor actor;
  actor.org = principal.org;
  actor.tenant = principal.tenant;
  actor.user = principal.user_email;
  actor.organization_authority = MayWriteOrganization(principal);
  actor.is_admin = MayWritePolicies(principal);
  return actor;
}

PolicyProblem InvalidRequest(std::string message) {
  return {400, std::string(CodeWord(400)), std::move(message), {}};
}

PolicyProblem InvalidFields(std::vector<FieldProblem> fields) {
  std::string message = "Validation failed";
  if (!fields.empty()) message += ": " + fields.front().field + ": " + fields.front().message;
  if (fields.size() > 1) message += " (and " + std::to_string(fields.size() - 1) + " more)";
  return {400, "VALIDATION_ERROR", std::move(message), std::move(fields)};
}

PolicyProblem ProblemOf(const policy_admin::Refusal& refusal) {
  if (refusal.reason == Reason::kValidation && !refusal.fields.empty()) {
    return InvalidFields(refusal.fields);
  }
  const int status = StatusOf(refusal.error.code);
  // One text for what does not exist and for what is another's.
  if (status == 404) return {404, std::string(CodeWord(404)), "Not found", {}};
  const auto code = refusal.reason == Reason::kNone ? CodeWord(status) : CodeOf(refusal.reason);
  return {status, std::string(code), refusal.error.message, refusal.fields};
}

PolicyProblem ProblemOf(const Error& error) {
  return ProblemOf(policy_admin::Refusal{error, Reason::kNone, {}});
}

Task<net::Response> Answer(Api& api, Call& call, PolicyProblem problem) {
  if (problem.status == 403) {
    // For the record it leaves; the body that goes out says more.
    const auto recorded = co_await api.Refuse(call, problem.status, problem.message, problem.code);
    (void)recorded;
  }
  co_return Write(call.route.errors, problem);
}

Task<std::optional<net::Response>> RefuseWriter(Api& api, Call& call) {
  if (MayWritePolicies(call.principal)) co_return std::nullopt;
  PolicyProblem problem{403,
                        std::string(CodeWord(403)),
                        "Writing policies needs the role owner, admin or policy_admin",
                        {}};
  auto refusal = co_await Answer(api, call, std::move(problem));
  co_return std::optional<net::Response>(std::move(refusal));
}

Task<std::optional<net::Response>> RefuseUnrecorded(Api& api, Call& call) {
  const auto health = api.services().journal.health();
  if (health) co_return std::nullopt;
  const auto message = "Audit unavailable: " + health.error().message;
  auto refusal = co_await api.Refuse(call, 503, message);
  co_return std::optional<net::Response>(std::move(refusal));
}

void StampDeprecated(net::Response& response) {
  response.headers.emplace_back("Deprecation", "true");
  response.headers.emplace_back("Link", "</api/v1/tenant-policies>; rel=\"successor-version\"");
}

net::Response JsonAnswer(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

net::Response NoContent() {
  net::Response response;
  response.status = 204;
  return response;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool IsPolicyId(std::string_view text) {
  if (IsUuid(text)) return true;
  if (text.size() < 2 || text.size() > kSlugBytesMax) return false;
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inside = [&](char c) {
    return lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return lower(text[0]) && std::ranges::all_of(text, inside);
}

std::string PathId(const Call& call) {
  std::string id(call.path_parameter);
  if (IsUuid(id)) {
    std::ranges::transform(id, id.begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    });
  }
  return id;
}

std::optional<PolicyProblem> CheckPathId(const Call& call) {
  if (IsPolicyId(call.path_parameter)) return std::nullopt;
  return InvalidRequest("The id must be a UUID or a slug of 2 to 128 characters a-z 0-9 _ -");
}

}  // namespace axonflow::api

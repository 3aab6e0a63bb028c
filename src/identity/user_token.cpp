#include "identity/user_token.h"

#include <cmath>
#include <optional>

#include "base/crypto.h"
#include "base/json.h"
#include "identity/names.h"

namespace axonflow::identity {
namespace {

constexpr std::size_t kListedMax = 100;  // entries of a claim that is a list

struct TokenParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header '.' payload, as sent
};

Error Refuse(std::string reason) { return Error{ErrorCode::kUnauthenticated, std::move(reason)}; }

// The JSON parser keeps its buffers between tokens, so there is one a thread.
JsonDocument& ThreadDocument() {
  thread_local JsonDocument document;
  return document;
}

std::optional<TokenParts> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return TokenParts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1), token.substr(0, second)};
}

// Refuses every header that does not say HS256, and those with extensions that must be understood.
Status CheckHeader(std::string_view encoded) {
  const auto text = Base64UrlDecode(encoded);
  if (!text) return Refuse("the header is not base64url");
  const auto header = ThreadDocument().Parse(*text);
  if (!header || header->type() != JsonType::kObject)
    return Refuse("the header is not a JSON object");
  const auto algorithm = header->Find("alg");
  if (!algorithm || algorithm->AsString() != std::string_view("HS256")) {
    return Refuse("the algorithm must be HS256");
  }
  if (header->Find("crit")) return Refuse("critical header extensions are not supported");
  return {};
}

bool SignatureMatches(const TokenParts& parts, const Secret& key) {
  const auto signature = Base64UrlDecode(parts.signature);
  const Digest256 expected = HmacSha256(key.Reveal(), parts.signed_text);
  return signature && ConstantTimeEqual(*signature, AsBytes(expected));
}

// NumericDate of RFC 7519, section 2: seconds since 1970, possibly with a fraction.
Result<std::optional<double>> Date(const JsonValue& claims, std::string_view name) {
  const auto member = claims.Find(name);
  if (!member) return std::optional<double>();
  const auto seconds = member->AsDouble();
  if (!seconds || !std::isfinite(*seconds)) {
    return Refuse("the claim " + std::string(name) + " is not a number");
  }
  return seconds;
}

Status CheckTimes(const JsonValue& claims, Time now) {
  const auto expires = Date(claims, "exp");
  if (!expires) return expires.error();
  const auto not_before = Date(claims, "nbf");
  if (!not_before) return not_before.error();
  const double leeway = static_cast<double>(kUserTokenLeeway.count());
  const double seconds = static_cast<double>(now.time_since_epoch().count()) / 1e6;
  if (!expires->has_value()) return Refuse("the claim exp is missing");
  if (seconds >= **expires + leeway) return Refuse("the token has expired");
  if (not_before->has_value() && seconds < **not_before - leeway) {
    return Refuse("the token is not valid yet");
  }
  return {};
}

// A text claim, empty when absent; an error when it has another type.
Result<std::string> Text(const JsonValue& claims, std::string_view name) {
  const auto member = claims.Find(name);
  if (!member) return std::string();
  const auto text = member->AsString();
  if (!text) return Refuse("the claim " + std::string(name) + " is not a string");
  return std::string(*text);
}

// A list of texts, empty when absent; an error when it holds anything else or too much.
Result<std::vector<std::string>> Texts(const JsonValue& claims, std::string_view name) {
  std::vector<std::string> texts;
  const auto member = claims.Find(name);
  if (!member) return texts;
  bool well_formed = member->type() == JsonType::kArray;
  if (well_formed) {
    member->ForEachElement([&](JsonValue element) {
      const auto text = element.AsString();
      well_formed = well_formed && text && texts.size() < kListedMax;
      if (well_formed) texts.emplace_back(*text);
    });
  }
  if (!well_formed) {
    return Refuse("the claim " + std::string(name) + " is not a list of at most " +
                  std::to_string(kListedMax) + " strings");
  }
  return texts;
}

Result<UserClaims> ReadClaims(const JsonValue& claims) {
  const auto email = Text(claims, "email");
  if (!email) return email.error();
  const auto role = Text(claims, "role");
  if (!role) return role.error();
  const auto tenant = Text(claims, "tenant_id");
  if (!tenant) return tenant.error();
  const auto org = Text(claims, "org_id");
  if (!org) return org.error();
  const auto department = Text(claims, "department");
  if (!department) return department.error();
  const auto permissions = Texts(claims, "permissions");
  if (!permissions) return permissions.error();
  const auto segments = Texts(claims, "segments");
  if (!segments) return segments.error();
  UserClaims result{Normalized(*email), Normalized(*role), *tenant,  *org,
                    *department,        *permissions,      *segments};
  if (!IsRecordableEmail(result.email))
    return Refuse("the claim email is missing or not an address");
  if (result.tenant.empty()) return Refuse("the claim tenant_id is missing");
  if (result.role.size() > kNameBytesMax) return Refuse("the claim role is too long");
  return result;
}

}  // namespace

Result<UserClaims> VerifyUserToken(std::string_view token, const Secret& key, Time now) {
  if (key.empty()) return Refuse("user tokens are not configured on this server");
  if (token.size() > kUserTokenBytesMax) return Refuse("the token is too long");
  const auto parts = Split(token);
  if (!parts) return Refuse("the token is not a JSON Web Token");
  if (const Status header = CheckHeader(parts->header); !header) return header.error();
  if (!SignatureMatches(*parts, key)) return Refuse("the signature does not match");
  const auto payload = Base64UrlDecode(parts->payload);
  if (!payload) return Refuse("the payload is not base64url");
  const auto claims = ThreadDocument().Parse(*payload);
  if (!claims || claims->type() != JsonType::kObject)
    return Refuse("the payload is not a JSON object");
  if (const Status times = CheckTimes(*claims, now); !times) return times.error();
  return ReadClaims(*claims);
}

}  // namespace axonflow::identity

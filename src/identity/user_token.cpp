#include "identity/user_token.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

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

enum class Kind { kOwn, kProviderRs256, kProviderEs256 };

struct Header {
  Kind kind = Kind::kOwn;
  std::optional<std::string> kid;
};

bool HasProvider(const UserTokenRules& rules) {
  return rules.provider_keys && !rules.issuer.empty() && !rules.audience.empty();
}

// The kind that an alg stands for, if tokens of that kind are believed at all.
std::optional<Kind> KindOf(std::string_view algorithm, const UserTokenRules& rules) {
  if (algorithm == "HS256" && !rules.hs256_key.empty()) return Kind::kOwn;
  if (algorithm == "RS256" && HasProvider(rules)) return Kind::kProviderRs256;
  if (algorithm == "ES256" && HasProvider(rules)) return Kind::kProviderEs256;
  return std::nullopt;
}

// Members that bring keys along or change what the rest means.
Status RefuseExtensions(const JsonValue& header) {
  static constexpr std::string_view kKeys[] = {"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"};
  static constexpr std::string_view kMeanings[] = {"crit", "b64", "zip", "enc"};
  Status status;
  header.ForEachMember([&](std::string_view name, JsonValue) {
    const auto is = [name](std::string_view refused) { return name == refused; };
    if (std::any_of(std::begin(kKeys), std::end(kKeys), is)) {
      status = Refuse("a header must not name or bring a key");
    } else if (std::any_of(std::begin(kMeanings), std::end(kMeanings), is)) {
      status = Refuse("critical header extensions are not supported");
    }
  });
  return status;
}

bool IsTokenType(const JsonValue& header) {
  const auto type = header.Find("typ");
  if (!type) return true;
  const auto text = type->AsString();
  return text && (Normalized(*text) == "jwt" || Normalized(*text) == "at+jwt");
}

Result<Header> ReadHeader(std::string_view encoded, const UserTokenRules& rules) {
  const auto text = Base64UrlDecode(encoded);
  if (!text) return Refuse("the header is not base64url");
  const auto json = ThreadDocument().Parse(*text);
  if (!json || json->type() != JsonType::kObject) return Refuse("the header is not a JSON object");
  const auto algorithm = json->Find("alg");
  const auto name = algorithm ? algorithm->AsString() : std::nullopt;
  const auto kind = name ? KindOf(*name, rules) : std::optional<Kind>();
  if (!kind) return Refuse("the algorithm is not one that this server accepts");
  if (const Status plain = RefuseExtensions(*json); !plain) return plain.error();
  if (!IsTokenType(*json)) return Refuse("the type is not JWT");
  Header header{*kind, std::nullopt};
  if (const auto kid = json->Find("kid")) {
    const auto id = kid->AsString();
    if (!id || id->empty() || id->size() > kKeyIdBytesMax) return Refuse("the kid is not a name");
    header.kid = std::string(*id);
  }
  return header;
}

bool SignatureMatches(const TokenParts& parts, const Header& header, const UserTokenRules& rules) {
  const auto signature = Base64UrlDecode(parts.signature);
  if (!signature) return false;
  if (header.kind == Kind::kOwn) {
    const Digest256 expected = HmacSha256(rules.hs256_key.Reveal(), parts.signed_text);
    return ConstantTimeEqual(*signature, AsBytes(expected));
  }
  const auto algorithm =
      header.kind == Kind::kProviderRs256 ? TokenAlgorithm::kRs256 : TokenAlgorithm::kEs256;
  return rules.provider_keys->Verify(algorithm, header.kid, parts.signed_text, *signature);
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
  const auto issued = Date(claims, "iat");
  if (!issued) return issued.error();
  const double leeway = static_cast<double>(kUserTokenLeeway.count());
  const double seconds = static_cast<double>(now.time_since_epoch().count()) / 1e6;
  if (!expires->has_value()) return Refuse("the claim exp is missing");
  if (seconds >= **expires + leeway) return Refuse("the token has expired");
  if (not_before->has_value() && seconds < **not_before - leeway) {
    return Refuse("the token is not valid yet");
  }
  if (issued->has_value() && seconds < **issued - leeway) {
    return Refuse("the token is issued in the future");
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

// Whether `aud`, a text or a list of texts, holds `audience`; `several` when it holds more.
bool HoldsAudience(const JsonValue& claims, std::string_view audience, bool& several) {
  const auto member = claims.Find("aud");
  if (!member) return false;
  if (member->type() == JsonType::kString) return member->AsString() == audience;
  bool held = false;
  bool only_texts = member->type() == JsonType::kArray && member->size() <= kListedMax;
  several = member->size() > 1;
  member->ForEachElement([&](JsonValue element) {
    const auto text = element.AsString();
    only_texts = only_texts && text.has_value();
    held = held || text == audience;
  });
  return held && only_texts;
}

Status CheckProvider(const JsonValue& claims, const UserTokenRules& rules) {
  const auto issuer = Text(claims, "iss");
  if (!issuer) return issuer.error();
  if (*issuer != rules.issuer) return Refuse("the issuer is not the configured one");
  bool several = false;
  if (!HoldsAudience(claims, rules.audience, several)) {
    return Refuse("the token is for another audience");
  }
  const auto party = Text(claims, "azp");
  if (!party) return party.error();
  if ((several || !party->empty()) && *party != rules.audience) {
    return Refuse("the token was issued to another party");
  }
  return {};
}

// An address that its owner did not confirm could be anybody's.
Status CheckEmailVerified(const JsonValue& claims) {
  const auto verified = claims.Find("email_verified");
  if (verified && verified->AsBool() != true) return Refuse("the address is not verified");
  return {};
}

Result<UserClaims> ReadClaims(const JsonValue& claims, Kind kind) {
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
  if (kind == Kind::kOwn && result.tenant.empty()) {
    return Refuse("the claim tenant_id is missing");
  }
  if (kind != Kind::kOwn) {
    result.role.clear();
    result.permissions.clear();
  }
  if (result.role.size() > kNameBytesMax) return Refuse("the claim role is too long");
  return result;
}

}  // namespace

Result<UserClaims> VerifyUserToken(std::string_view token, const UserTokenRules& rules, Time now) {
  if (rules.hs256_key.empty() && !HasProvider(rules)) {
    return Refuse("user tokens are not configured on this server");
  }
  if (token.size() > kUserTokenBytesMax) return Refuse("the token is too long");
  const auto parts = Split(token);
  if (!parts) return Refuse("the token is not a JSON Web Token");
  const auto header = ReadHeader(parts->header, rules);
  if (!header) return header.error();
  if (!SignatureMatches(*parts, *header, rules)) return Refuse("the signature does not match");
  const auto payload = Base64UrlDecode(parts->payload);
  if (!payload) return Refuse("the payload is not base64url");
  const auto claims = ThreadDocument().Parse(*payload);
  if (!claims || claims->type() != JsonType::kObject)
    return Refuse("the payload is not a JSON object");
  if (const Status times = CheckTimes(*claims, now); !times) return times.error();
  if (const Status verified = CheckEmailVerified(*claims); !verified) return verified.error();
  if (header->kind != Kind::kOwn) {
    if (const Status provider = CheckProvider(*claims, rules); !provider) return provider.error();
  }
  return ReadClaims(*claims, header->kind);
}

Result<UserClaims> VerifyUserToken(std::string_view token, const Secret& key, Time now) {
  UserTokenRules rules;
  rules.hs256_key = key;
  return VerifyUserToken(token, rules, now);
}

}  // namespace axonflow::identity

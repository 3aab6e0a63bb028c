#include <algorithm>
#include <utility>

#include "api/proxy_relay.h"
#include "base/crypto.h"
#include "net/text.h"
#include "providers/upstream.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// The secret that such clients send, whichever header they use for it.
std::string_view TokenOf(const net::Request& request) {
  const auto authorization = request.Header("Authorization");
  if (authorization.size() > kBearer.size() &&
      net::EqualsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer)) {
    return authorization.substr(kBearer.size());
  }
  if (authorization.empty()) return request.Header("x-api-key");
  return {};
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

identity::AuthResult<identity::Principal> AuthenticateModelClient(
    const identity::Authenticator& authenticator, const net::Request& request, bool community) {
  const auto token = TokenOf(request);
  const bool ours = token.find(':') != std::string_view::npos;
  if (token.empty() || (!ours && !community)) return authenticator.Authenticate(request);
  const std::string basic = "Basic " + Base64Encode(token);
  net::Request translated = request;
  std::erase_if(translated.headers, [](const auto& header) {
    return net::EqualsIgnoreCase(header.first, "Authorization");
  });
  if (ours) translated.headers.emplace_back("Authorization", basic);
  return authenticator.Authenticate(translated);
}

Secret ProviderKeyOf(const net::Request& request) {
  const auto named = request.Header("X-Provider-Key");
  if (!named.empty()) return Secret(std::string(named));
  for (const auto token : {TokenOf(request), request.Header("x-api-key")}) {
    if (!token.empty() && token.find(':') == std::string_view::npos) {
      return Secret(std::string(token));
    }
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> PassedHeaders(const net::Request& request) {
  std::vector<std::pair<std::string, std::string>> passed;
  for (const auto& [name, value] : request.headers) {
    auto lower = LowerCase(name);
    if (providers::IsPassedOn(lower)) passed.emplace_back(std::move(lower), value);
  }
  return passed;
}

}  // namespace axonflow::api

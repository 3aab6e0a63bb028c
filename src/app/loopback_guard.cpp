#include "app/loopback_guard.h"

#include <algorithm>
#include <utility>

#include "net/text.h"

namespace axonflow::app {
namespace {

constexpr const char* kWrongHost =
    R"({"success":false,"error":"This server answers on localhost only; the Host header names another host. AXONFLOW_ALLOW_ANONYMOUS=true lifts this"})";
constexpr const char* kWrongOrigin =
    R"({"success":false,"error":"Web pages of other origins may not call this server"})";

bool IsPort(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The host of "host", "host:port", "[v6]" or "[v6]:port", without brackets; empty when malformed.
std::string_view HostOf(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {};
    const auto rest = text.substr(end + 1);
    const bool well_formed = rest.empty() || (rest.front() == ':' && IsPort(rest.substr(1)));
    return well_formed ? text.substr(1, end - 1) : std::string_view{};
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return text;
  return IsPort(text.substr(colon + 1)) ? text.substr(0, colon) : std::string_view{};
}

bool IsHostText(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == ':' || c == '_';
  });
}

bool IsIpLiteral(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         std::all_of(host.begin(), host.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Whether a page from elsewhere could have this name: a domain name of several labels. A literal
// address is never looked up, and a single label has no address in the public DNS.
bool IsDomainName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view kLocalhost = ".localhost";
  const bool local =
      host.size() > kLocalhost.size() &&
      net::EqualsIgnoreCase(host.substr(host.size() - kLocalhost.size()), kLocalhost);
  return host.find('.') != std::string_view::npos && !IsIpLiteral(host) && !local;
}

// What stands after the scheme of an origin; empty for "null" and everything that is no web page's.
std::string_view AuthorityOf(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.size() > scheme.size() &&
        net::EqualsIgnoreCase(origin.substr(0, scheme.size()), scheme)) {
      return origin.substr(scheme.size());
    }
  }
  return {};
}

}  // namespace

LoopbackGuard::LoopbackGuard(std::string address, net::Handler& next,
                             std::function<void(const char* reason)> on_refused)
    : address_(std::move(address)), next_(next), on_refused_(std::move(on_refused)) {}

// No coroutine itself: a request that passes costs one look at its headers.
Task<net::Response> LoopbackGuard::Handle(const net::Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name.size() == 4 && net::EqualsIgnoreCase(name, "Host")) {
      const auto host = HostOf(value);
      if (!IsHostText(host) || IsDomainName(host)) return Refuse(421, "wrong_host", kWrongHost);
    } else if (name.size() == 6 && net::EqualsIgnoreCase(name, "Origin")) {
      if (!IsOurs(AuthorityOf(value))) return Refuse(403, "wrong_origin", kWrongOrigin);
    }
  }
  return next_.Handle(request);
}

bool LoopbackGuard::IsOurs(std::string_view host_and_port) const {
  const auto host = HostOf(host_and_port);
  return host == "127.0.0.1" || net::EqualsIgnoreCase(host, "localhost") || host == "::1" ||
         (!host.empty() && host == address_);
}

Task<net::Response> LoopbackGuard::Refuse(int status, const char* reason, const char* body) {
  if (on_refused_) on_refused_(reason);
  net::Response response;
  response.status = status;
  response.body = body;
  co_return response;
}

}  // namespace axonflow::app

#pragma once

#include <functional>
#include <string>

#include "net/http.h"

namespace axonflow::app {

// Stands before the API on a listener that asks nobody for credentials because only this machine
// reaches it. A web page that was opened on this machine reaches it too, by a name of its own that
// resolves to 127.0.0.1 (DNS rebinding) or by a form that posts across sites. Such a request shows
// in its Host or Origin header, which no page can change:
//
//   Host:   an address, a single label ("localhost", a container's name) or a name below
//           ".localhost", with any port. A domain name, which a stranger could own, is 421.
//   Origin: absent, or a URL of localhost, 127.0.0.1, [::1] or `address`; anything else, `null`
//           too, is 403.
//
// A request without Host is HTTP/1.0, which no browser speaks, and goes through.
class LoopbackGuard final : public net::Handler {
 public:
  // `address` is what the server listens on. `next` outlives the guard. `on_refused` is called with
  // "wrong_host" or "wrong_origin"; thread-safe.
  LoopbackGuard(std::string address, net::Handler& next,
                std::function<void(const char* reason)> on_refused);

  Task<net::Response> Handle(const net::Request& request) override;

 private:
  bool IsOurs(std::string_view host_and_port) const;
  Task<net::Response> Refuse(int status, const char* reason, const char* body);

  const std::string address_;
  net::Handler& next_;
  const std::function<void(const char* reason)> on_refused_;
};

}  // namespace axonflow::app

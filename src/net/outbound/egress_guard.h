#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/outbound/address.h"
#include "net/outbound/url.h"

namespace axonflow::outbound {

// Who asked for a connection. Each has an escape of its own and none opens the others.
enum class Purpose : std::uint8_t {
  kProvider,   // a language model
  kConnector,  // a tool or data source; may reach 198.18.0.0/15
  kCallback,   // an address that a caller gave: web hooks, notifications, media of a request
  kIdentity,   // discovery and keys of an identity provider
  kSecrets,    // Vault, AWS Secrets Manager
  kCount,
};

std::string_view ToString(Purpose purpose);

// Decides where this process may connect to. Pure and immutable: what it is given is all it knows.
//
// Three checks, each at its own moment: Admit when a URL is given or followed, CheckAnswer when its
// name was resolved, CheckAddress when a socket is about to be used. The socket goes to an address
// that was checked and never to a name, so an answer that changes in between changes nothing.
class EgressGuard {
 public:
  EgressGuard() = default;
  explicit EgressGuard(std::vector<Cidr> allowed) : allowed_(std::move(allowed)) {}

  // The blocks of a list such as AXONFLOW_EGRESS_ALLOW. Refuses the first bad entry by name.
  static Result<EgressGuard> FromList(const std::vector<std::string>& blocks);

  // Lets this purpose reach every address but a metadata service. For the escape settings.
  void Open(Purpose purpose) { open_[static_cast<std::size_t>(purpose)] = true; }

  // Reads `url` (see Url::Parse) and refuses with kPermissionDenied: a port that belongs to another
  // protocol, an address that CheckAddress refuses, and http:// without TLS where neither
  // `plain_http` nor the address itself is allowed.
  Result<Url> Admit(std::string_view url, Purpose purpose, bool plain_http) const;
  Status AdmitUrl(const Url& url, Purpose purpose, bool plain_http) const;

  // All addresses of one name. One that is refused refuses them all, and so does none: a name that
  // answers with a public and a private address is an attack or a mistake.
  // Without TLS (`tls` false) and `plain_http` every address must be allowed by name.
  Status CheckAnswer(const Url& url, const std::vector<IpAddress>& addresses, Purpose purpose,
                     bool plain_http) const;

  // kPermissionDenied unless the address is public or in the allow list. A metadata service must be
  // in the list as a single address: no wider block lets it through.
  Status CheckAddress(const IpAddress& address, Purpose purpose) const;

  bool IsAllowedByName(const IpAddress& address) const;

 private:
  std::vector<Cidr> allowed_;
  bool open_[static_cast<std::size_t>(Purpose::kCount)] = {};
};

}  // namespace axonflow::outbound

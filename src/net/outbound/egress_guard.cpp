#include "net/outbound/egress_guard.h"

#include <algorithm>

namespace axonflow::outbound {
namespace {

constexpr std::uint16_t kWellKnownPortsEnd = 1'024;

// Ports from 1024 up where a line of text that a caller chose would be taken for a command or a
// message: NFS, Docker, etcd, SIP, X11, Redis, IRC, Kubernetes nodes, memcached.
constexpr std::uint16_t kOtherProtocols[] = {2049, 2375, 2376,  2379,  2380,  3659, 4045, 5060,
                                             5061, 6000, 6379,  6566,  6665,  6666, 6667, 6668,
                                             6669, 6697, 10080, 10250, 10255, 11211};

bool IsHttpPort(std::uint16_t port) {
  if (port < kWellKnownPortsEnd) return port == 80 || port == 443;
  return std::find(std::begin(kOtherProtocols), std::end(kOtherProtocols), port) ==
         std::end(kOtherProtocols);
}

Error Refused(std::string why) {
  return Error{ErrorCode::kPermissionDenied, "egress refused: " + std::move(why)};
}

Error NoTls() {
  return Refused("http:// without TLS goes to addresses of AXONFLOW_EGRESS_ALLOW only");
}

}  // namespace

std::string_view ToString(Purpose purpose) {
  switch (purpose) {
    case Purpose::kProvider:
      return "provider";
    case Purpose::kConnector:
      return "connector";
    case Purpose::kCallback:
      return "callback";
    case Purpose::kIdentity:
      return "identity";
    case Purpose::kSecrets:
      return "secrets";
    case Purpose::kCount:
      break;
  }
  return "unknown";
}

Result<EgressGuard> EgressGuard::FromList(const std::vector<std::string>& blocks) {
  std::vector<Cidr> allowed;
  for (const std::string& text : blocks) {
    const auto block = Cidr::Parse(text);
    if (!block) return block.error();
    allowed.push_back(*block);
  }
  return EgressGuard(std::move(allowed));
}

Result<Url> EgressGuard::Admit(std::string_view text, Purpose purpose, bool plain_http) const {
  auto url = Url::Parse(text);
  if (!url) return url;
  if (auto admitted = AdmitUrl(*url, purpose, plain_http); !admitted) return admitted.error();
  return url;
}

Status EgressGuard::AdmitUrl(const Url& url, Purpose purpose, bool plain_http) const {
  if (!IsHttpPort(url.port)) {
    return Refused("port " + std::to_string(url.port) + " belongs to another protocol");
  }
  if (!url.address) {
    // A name without TLS may yet turn out to be an allowed address.
    return url.tls || plain_http || !allowed_.empty() ? Status() : Status(NoTls());
  }
  return CheckAnswer(url, {*url.address}, purpose, plain_http);
}

Status EgressGuard::CheckAnswer(const Url& url, const std::vector<IpAddress>& addresses,
                                Purpose purpose, bool plain_http) const {
  if (addresses.empty()) return Refused("the name of the destination has no address");
  for (const IpAddress& address : addresses) {
    if (auto checked = CheckAddress(address, purpose); !checked) return checked;
    if (!url.tls && !plain_http && !IsAllowedByName(address)) return NoTls();
  }
  return {};
}

Status EgressGuard::CheckAddress(const IpAddress& address, Purpose purpose) const {
  const AddressKind kind = Classify(address);
  if (kind == AddressKind::kPublic || IsAllowedByName(address)) return {};
  if (kind != AddressKind::kMetadata) {
    if (open_[static_cast<std::size_t>(purpose)]) return {};
    if (kind == AddressKind::kBenchmark && purpose == Purpose::kConnector) return {};
  }
  return Refused("the destination has a " + std::string(ToString(kind)) +
                 " address; AXONFLOW_EGRESS_ALLOW names those that may be reached");
}

bool EgressGuard::IsAllowedByName(const IpAddress& address) const {
  const bool single_only = Classify(address) == AddressKind::kMetadata;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const Cidr& block) {
    return block.Contains(address) && (!single_only || block.prefix_bits == address.bits());
  });
}

}  // namespace axonflow::outbound

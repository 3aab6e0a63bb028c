#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/outbound/egress_guard.h"

// Whatever the bytes: an admitted URL reads back as itself, names no address that is not public,
// and holds nothing that another reader could take for the end of its host. Redirects included.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace axonflow::outbound;  // NOLINT(google-build-using-namespace)
  static const EgressGuard guard;
  static const Url base = *Url::Parse("https://a.example:8443/b/c?d");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto& url :
       {Url::Parse(bytes), Url::Parse("https://" + std::string(bytes)), base.Resolve(bytes)}) {
    if (!url) continue;
    const std::string text = url->ToString();
    const auto again = Url::Parse(text);
    // A default port is left out, so only a text at the bound may have grown beyond it.
    if (!again) {
      if (text.size() <= Url::kBytesMax) std::abort();
      continue;
    }
    if (again->ToString() != text || again->host != url->host || again->port != url->port) {
      std::abort();
    }
    if (url->host.find_first_of("@/\\?#% ") != std::string::npos) std::abort();
    if (guard.AdmitUrl(*url, Purpose::kCallback, true).ok() && url->address &&
        Classify(*url->address) != AddressKind::kPublic) {
      std::abort();
    }
  }
  const auto block = Cidr::Parse(bytes);
  if (block && !block->Contains(block->base)) std::abort();
  return 0;
}

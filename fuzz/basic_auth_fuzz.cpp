#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "identity/basic_auth.h"

// An accepted value reads back as it was sent, and never carries control characters further.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace axonflow;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string values[] = {std::string(bytes), "Basic " + std::string(bytes),
                                "Basic " + Base64Encode(bytes)};
  for (const std::string& value : values) {
    const auto credentials = identity::ParseBasic(value);
    if (!credentials) continue;
    const std::string text = credentials->user + ":" + std::string(credentials->password.Reveal());
    if (Base64Encode(text) != value.substr(6)) std::abort();
    if (text.find('\0') != std::string::npos || text.find('\n') != std::string::npos) std::abort();
    if (credentials->user.find(':') != std::string::npos) std::abort();
  }
  return 0;
}

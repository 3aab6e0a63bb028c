#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "secrets/envelope.h"
#include "secrets/key_ring.h"
#include "secrets/reference.h"

// Whatever the bytes: they are no envelope that opens, a reference that is read writes itself back,
// and a ring of them is refused or has keys.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace axonflow;           // NOLINT(google-build-using-namespace)
  using namespace axonflow::secrets;  // NOLINT(google-build-using-namespace)
  static const auto ring = *KeyRing::Ephemeral();
  constexpr Place kPlace{"table", "org", "tenant", "row", "field"};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& text :
       {std::string(bytes), "enc:" + std::string(bytes), "enc:v2:" + std::string(bytes),
        "enc:v2:process:" + std::string(bytes)}) {
    if (Open(*ring, kPlace, text).ok()) std::abort();
  }
  for (const char* scheme : {"", "env:", "file:", "vault:", "aws-sm:"}) {
    const std::string text = scheme + std::string(bytes);
    const auto reference = Reference::Parse(text);
    if (reference && reference->ToString() != text) std::abort();
    if (reference && reference->Masked().size() > text.size() + 8) std::abort();
  }
  const auto keys = KeyRing::Parse(Secret(), Secret(std::string(bytes)));
  if (keys && (*keys)->empty() != bytes.empty()) std::abort();
  return 0;
}

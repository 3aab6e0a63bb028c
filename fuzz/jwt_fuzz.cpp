#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "identity/user_token.h"

// Whatever the bytes, a user token is refused or yields claims that are not blank. They are read
// three ways: as a whole token, as the header and as the payload of a token whose signature is
// right, since random bytes never get past the signature.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace axonflow;  // NOLINT(google-build-using-namespace)
  static const Secret key(std::string(32, 'k'));
  static const Time now{std::chrono::seconds(1'800'000'000)};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto sign = [](std::string_view header, std::string_view payload) {
    const std::string text = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
    return text + "." + Base64UrlEncode(AsBytes(HmacSha256(key.Reveal(), text)));
  };
  const std::string tokens[] = {std::string(bytes), sign(bytes, R"({"exp":1900000000})"),
                                sign(R"({"alg":"HS256"})", bytes)};
  for (const std::string& token : tokens) {
    const auto claims = identity::VerifyUserToken(token, key, now);
    if (claims.ok() && (claims->email.empty() || claims->tenant.empty())) std::abort();
  }
  return 0;
}

#include "secrets/envelope.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/crypto.h"

namespace axonflow::secrets {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kOldPrefix = "enc:";
constexpr std::string_view kPrefix = "enc:v2:";
constexpr std::size_t kEnvelopeBytesMax = (kSealedBytesMax + 64) / 3 * 4 + 128;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Each part with its length before it: no two places have the same text.
std::string AssociatedData(const Place& place, std::string_view key_id) {
  std::string data = "axonflow envelope v2";
  for (const std::string_view part :
       {key_id, place.table, place.org, place.tenant, place.row, place.field}) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) data += static_cast<char>(size >> shift & 0xFF);
    data += part;
  }
  return data;
}

// nonce | cipher text | tag.
std::optional<std::string> Encrypt(std::string_view key, std::string_view associated,
                                   std::string_view plain) {
  std::array<std::uint8_t, kNonceBytes> nonce{};
  FillRandom(nonce);
  std::string sealed(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  sealed.resize(kNonceBytes + plain.size() + kTagBytes);
  unsigned char* const out = Bytes(sealed) + kNonceBytes;
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int count = 0;
  const bool ok = context != nullptr &&
                  EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key),
                                     nonce.data()) == 1 &&
                  EVP_EncryptUpdate(context.get(), nullptr, &count, Bytes(associated),
                                    static_cast<int>(associated.size())) == 1 &&
                  EVP_EncryptUpdate(context.get(), out, &count, Bytes(plain),
                                    static_cast<int>(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), out + plain.size(), &count) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG,
                                      static_cast<int>(kTagBytes), out + plain.size()) == 1;
  if (!ok) return std::nullopt;
  return sealed;
}

std::optional<Secret> Decrypt(std::string_view key, std::string_view associated,
                              std::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view cipher =
      sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  // Never so short that it lives inside the string object, which a move would leave a copy in.
  std::string plain;
  plain.reserve(cipher.size() + sizeof(std::string));
  plain.resize(cipher.size());
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int count = 0;
  const bool ok = context != nullptr &&
                  EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key),
                                     Bytes(nonce)) == 1 &&
                  EVP_DecryptUpdate(context.get(), nullptr, &count, Bytes(associated),
                                    static_cast<int>(associated.size())) == 1 &&
                  EVP_DecryptUpdate(context.get(), Bytes(plain), &count, Bytes(cipher),
                                    static_cast<int>(cipher.size())) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG,
                                      static_cast<int>(kTagBytes), tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context.get(), Bytes(plain) + cipher.size(), &count) == 1;
  // The secret wipes the only copy. Bytes that are not authentic go no further.
  Secret value(std::move(plain));
  if (!ok) return std::nullopt;
  return value;
}

std::string_view WithoutQuotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Error DoesNotOpen() {
  return Error{ErrorCode::kCorrupt,
               "a stored credential does not open: it was changed, moved or sealed under another "
               "key"};
}

Result<Secret> OpenOldForm(const KeyRing& ring, std::string_view base64) {
  const auto sealed = Base64Decode(base64);
  if (!sealed) return DoesNotOpen();
  for (const std::string& id : ring.ids()) {
    if (auto value = Decrypt(ring.Find(id), "", *sealed)) return std::move(*value);
  }
  return DoesNotOpen();
}

}  // namespace

Result<std::string> Seal(const KeyRing& ring, const Place& place, const Secret& value) {
  if (ring.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "no encryption key is set: CONNECTOR_ENCRYPTION_KEY seals stored credentials"};
  }
  if (value.Reveal().size() > kSealedBytesMax) {
    return Error{ErrorCode::kTooLarge, "a credential is longer than 65536 bytes"};
  }
  const std::string& id = ring.primary();
  const auto sealed = Encrypt(ring.Find(id), AssociatedData(place, id), value.Reveal());
  if (!sealed) return Error{ErrorCode::kInternal, "cannot seal a credential"};
  return std::string(kPrefix) + id + ":" + Base64Encode(*sealed);
}

Result<Secret> Open(const KeyRing& ring, const Place& place, std::string_view envelope) {
  envelope = WithoutQuotes(envelope);
  if (!IsSealed(envelope) || envelope.size() > kEnvelopeBytesMax) return DoesNotOpen();
  if (!envelope.starts_with(kPrefix)) {
    return OpenOldForm(ring, envelope.substr(kOldPrefix.size()));
  }
  const std::string_view id = KeyIdOf(envelope);
  const std::string_view key = ring.Find(id);
  if (key.empty()) {
    return Error{ErrorCode::kCorrupt, "a stored credential was sealed under the key \"" +
                                          std::string(id.substr(0, KeyRing::kIdBytesMax)) +
                                          "\", which is not in the ring"};
  }
  const auto sealed = Base64Decode(envelope.substr(kPrefix.size() + id.size() + 1));
  if (!sealed) return DoesNotOpen();
  auto value = Decrypt(key, AssociatedData(place, id), *sealed);
  if (!value) return DoesNotOpen();
  return std::move(*value);
}

bool IsSealed(std::string_view text) { return WithoutQuotes(text).starts_with(kOldPrefix); }

std::string_view KeyIdOf(std::string_view envelope) {
  envelope = WithoutQuotes(envelope);
  if (!envelope.starts_with(kPrefix)) return {};
  envelope.remove_prefix(kPrefix.size());
  const std::size_t colon = envelope.find(':');
  return colon == std::string_view::npos ? std::string_view() : envelope.substr(0, colon);
}

}  // namespace axonflow::secrets

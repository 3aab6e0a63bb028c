#include "audit/signing_key.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/crypto.h"
#include "base/file.h"

namespace axonflow::audit {

namespace {

constexpr std::size_t kKeyIdDigits = 16;
constexpr std::size_t kKeyFileBytesMax = 1024;

// libsodium picks its code for this processor once.
void PrepareLibrary() {
  static const bool ready = [] {
    if (sodium_init() >= 0) return true;
    std::fputs("fatal: libsodium does not start\n", stderr);
    std::abort();
  }();
  static_cast<void>(ready);
}

// Either alphabet, with or without padding: what the tools that make keys print.
std::optional<std::string> DecodeEither(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string url(text);
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  auto bytes = Base64UrlDecode(url);
  if (!url.empty()) sodium_memzero(url.data(), url.size());
  return bytes;
}

}  // namespace

std::string KeyIdOf(const PublicKey& key) {
  const auto digest = Sha256({reinterpret_cast<const char*>(key.data()), key.size()});
  return HexEncode(digest).substr(0, kKeyIdDigits);
}

Result<PublicKey> ParsePublicKey(std::string_view base64) {
  const auto bytes = DecodeEither(base64);
  PublicKey key;
  if (!bytes || bytes->size() != key.size()) {
    return Error{ErrorCode::kInvalidArgument, "a public key is the base64 text of 32 bytes"};
  }
  std::memcpy(key.data(), bytes->data(), key.size());
  return key;
}

bool VerifySignature(const PublicKey& key, std::string_view message, std::string_view signature) {
  PrepareLibrary();
  if (signature.size() != crypto_sign_BYTES) return false;
  return crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature.data()),
                                     reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(), key.data()) == 0;
}

SigningKey::SigningKey(std::string_view seed) {
  PrepareLibrary();
  std::string expanded(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(public_key_.data(), reinterpret_cast<unsigned char*>(expanded.data()),
                           reinterpret_cast<const unsigned char*>(seed.data()));
  expanded_ = Secret(expanded);
  sodium_memzero(expanded.data(), expanded.size());
}

Result<SigningKey> SigningKey::FromText(const Secret& base64) {
  auto bytes = DecodeEither(base64.Reveal());
  const Error malformed{ErrorCode::kInvalidArgument,
                        "a signing key is the base64 text of a 32-byte Ed25519 seed or of the "
                        "64-byte private key"};
  if (!bytes) return malformed;
  const Secret held(*bytes);
  if (!bytes->empty()) sodium_memzero(bytes->data(), bytes->size());
  const auto raw = held.Reveal();
  if (raw.size() != crypto_sign_SEEDBYTES && raw.size() != crypto_sign_SECRETKEYBYTES) {
    return malformed;
  }
  SigningKey key(raw.substr(0, crypto_sign_SEEDBYTES));
  if (raw.size() == crypto_sign_SECRETKEYBYTES && raw != key.expanded_.Reveal()) return malformed;
  return key;
}

SigningKey SigningKey::Generate() {
  std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed;
  FillRandom(seed);
  SigningKey key({reinterpret_cast<const char*>(seed.data()), seed.size()});
  sodium_memzero(seed.data(), seed.size());
  return key;
}

Signature SigningKey::Sign(std::string_view message) const {
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                       reinterpret_cast<const unsigned char*>(expanded_.Reveal().data()));
  return signature;
}

Secret SigningKey::SeedText() const {
  return Secret(Base64Encode(expanded_.Reveal().substr(0, crypto_sign_SEEDBYTES)));
}

KeyRing::KeyRing(SigningKey signer, std::string id)
    : signer_(std::move(signer)),
      signer_id_(id.empty() ? KeyIdOf(signer_->public_key()) : std::move(id)) {
  keys_.emplace_back(signer_id_, signer_->public_key());
}

void KeyRing::AddRetired(const PublicKey& key) { Trust(key, KeyIdOf(key)); }

void KeyRing::Trust(const PublicKey& key, std::string id) {
  keys_.emplace_back(std::move(id), key);
}

const PublicKey* KeyRing::Find(std::string_view id) const {
  const auto found =
      std::ranges::find_if(keys_, [&](const auto& entry) { return entry.first == id; });
  return found == keys_.end() ? nullptr : &found->second;
}

Result<SigningKey> LoadOrCreateSigningKey(const std::string& path) {
  auto text = ReadFile(path, kKeyFileBytesMax);
  if (text) {
    std::string_view trimmed = *text;
    while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == '\r')) {
      trimmed.remove_suffix(1);
    }
    auto key = SigningKey::FromText(Secret(std::string(trimmed)));
    sodium_memzero(text->data(), text->size());
    if (!key) return Error{ErrorCode::kCorrupt, path + ": " + key.error().message};
    return key;
  }
  if (text.error().code != ErrorCode::kNotFound) return text.error();
  SigningKey key = SigningKey::Generate();
  const Secret seed = key.SeedText();
  if (auto written = WriteFileAtomically(path, std::string(seed.Reveal()) + "\n"); !written) {
    return written.error();
  }
  return key;
}

}  // namespace axonflow::audit

// The SHA-256 block functions are marked deprecated in OpenSSL 3 in favour of EVP.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace axonflow {
namespace {

constexpr std::size_t kSha256BlockBytes = 64;

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "fatal: %s failed; no safe way to go on\n", what);
  std::abort();
}

// The block functions directly. The EVP layer costs more than the hash of a short text (a request
// hashes five), even with the algorithm fetched once.
template <typename... Part>
Digest256 HashParts(const Part&... parts) {
  Digest256 digest;
  SHA256_CTX context;
  const bool ok = SHA256_Init(&context) == 1 &&
                  (... && (SHA256_Update(&context, parts.data(), parts.size()) == 1)) &&
                  SHA256_Final(digest.data(), &context) == 1;
  OPENSSL_cleanse(&context, sizeof context);
  if (!ok) Die("SHA-256");
  return digest;
}

std::string EncodeBase64(std::string_view bytes, const char* alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto at = [&](std::size_t k) {
      return k < left ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    if (left > 1) out += alphabet[group >> 6 & 63];
    if (left > 2) out += alphabet[group & 63];
    if (padded && left < 3) out.append(3 - left, '=');
  }
  return out;
}

constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> Reverse(const char* alphabet) {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (int i = 0; i < 64; ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr auto kStandardReverse = Reverse(kStandard);
constexpr auto kUrlReverse = Reverse(kUrl);

std::optional<std::string> DecodeBase64(std::string_view text,
                                        const std::array<std::int8_t, 256>& reverse) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = reverse[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  // Bits left over must be zero, else two texts would stand for the same bytes.
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

Digest256 Sha256(std::string_view bytes) { return HashParts(bytes); }

Digest256 HmacSha256(std::string_view key, std::string_view message) {
  char block[kSha256BlockBytes] = {};
  if (key.size() > sizeof block) {
    const Digest256 hashed = Sha256(key);
    std::memcpy(block, hashed.data(), hashed.size());
  } else {
    std::memcpy(block, key.data(), key.size());
  }
  char inner[kSha256BlockBytes];
  char outer[kSha256BlockBytes];
  for (std::size_t i = 0; i < sizeof block; ++i) {
    inner[i] = static_cast<char>(block[i] ^ 0x36);
    outer[i] = static_cast<char>(block[i] ^ 0x5C);
  }
  const Digest256 first = HashParts(std::string_view(inner, sizeof inner), message);
  const Digest256 result = HashParts(std::string_view(outer, sizeof outer), AsBytes(first));
  OPENSSL_cleanse(block, sizeof block);
  OPENSSL_cleanse(inner, sizeof inner);
  OPENSSL_cleanse(outer, sizeof outer);
  return result;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void FillRandom(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) Die("the random generator");
}

namespace {

// Sixteen random bytes from a pool that is filled a thousand at a time.
const std::uint8_t* SixteenRandomBytes() {
  constexpr std::size_t kBatch = 1024;
  thread_local std::array<std::uint8_t, kBatch> pool;
  thread_local std::size_t used = kBatch;
  if (used == kBatch) {
    FillRandom(pool);
    used = 0;
  }
  used += 16;
  return pool.data() + used - 16;
}

constexpr char kHexDigits[] = "0123456789abcdef";

void PutHex(char* out, std::uint8_t byte) {
  out[0] = kHexDigits[byte >> 4];
  out[1] = kHexDigits[byte & 15];
}

}  // namespace

std::string NewUuid() {
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), SixteenRandomBytes(), bytes.size());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string uuid(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i, at += 2) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    PutHex(&uuid[at], bytes[i]);
  }
  return uuid;
}

std::string NewRandomHex() { return HexEncode({SixteenRandomBytes(), 16}); }

std::string HexEncode(std::span<const std::uint8_t> bytes) {
  std::string out(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) PutHex(&out[2 * i], bytes[i]);
  return out;
}

std::string Base64Encode(std::string_view bytes) { return EncodeBase64(bytes, kStandard, true); }
std::string Base64UrlEncode(std::string_view bytes) { return EncodeBase64(bytes, kUrl, false); }

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  return DecodeBase64(text.substr(0, text.size() - padding), kStandardReverse);
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  return DecodeBase64(text, kUrlReverse);
}

std::string_view AsBytes(const Digest256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace axonflow

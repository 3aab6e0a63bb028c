#include "identity/jwk_set.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/crypto.h"
#include "base/json.h"

namespace axonflow::identity {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kEcdsaBytes = 2 * kCoordinateBytes;

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using PublicKey = std::shared_ptr<EVP_PKEY>;

Error Refuse(std::string why) {
  return {ErrorCode::kInvalidArgument, "the JWK Set " + std::move(why)};
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

PublicKey FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !making || EVP_PKEY_fromdata_init(making.get()) != 1 ||
      EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  PublicKey key(made, EVP_PKEY_free);
  const KeyContext checking(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  if (!checking || EVP_PKEY_public_check(checking.get()) != 1) return nullptr;
  return key;
}

// The bytes of a base64url member; nothing when absent or not base64url.
std::optional<std::string> Member(const JsonValue& jwk, std::string_view name) {
  const auto member = jwk.Find(name);
  const auto text = member ? member->AsString() : std::nullopt;
  return text ? Base64UrlDecode(*text) : std::nullopt;
}

PublicKey RsaKey(const JsonValue& jwk) {
  const auto modulus = Member(jwk, "n");
  const auto exponent = Member(jwk, "e");
  if (!modulus || !exponent || modulus->size() > kRsaBitsMax / 8 + 1 || exponent->size() > 8) {
    return nullptr;
  }
  const Number n = ToNumber(*modulus);
  const Number e = ToNumber(*exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || BN_num_bits(n.get()) < kRsaBitsMin ||
      BN_num_bits(n.get()) > kRsaBitsMax || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) ||
      BN_is_one(e.get())) {
    return nullptr;
  }
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return FromParameters("RSA", builder.get());
}

PublicKey EcKey(const JsonValue& jwk) {
  const auto x = Member(jwk, "x");
  const auto y = Member(jwk, "y");
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!x || !y || !builder || x->size() != kCoordinateBytes || y->size() != kCoordinateBytes) {
    return nullptr;
  }
  const std::string point = '\x04' + *x + *y;  // SEC 1, section 2.3.3: not compressed
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return FromParameters("EC", builder.get());
}

std::string_view Text(const JsonValue& jwk, std::string_view name) {
  const auto member = jwk.Find(name);
  return member ? member->AsString().value_or("") : "";
}

// The DER form of R and S side by side; empty when they are not 64 bytes.
std::string EcdsaToDer(std::string_view raw) {
  if (raw.size() != kEcdsaBytes) return {};
  const EcdsaSignature signature(ECDSA_SIG_new());
  Number r = ToNumber(raw.substr(0, kCoordinateBytes));
  Number s = ToNumber(raw.substr(kCoordinateBytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

// Reads one key after the other.
class JwkReader {
 public:
  Status Read(const JsonValue& jwk) {
    if (jwk.type() != JsonType::kObject) return Refuse("holds something that is no key");
    const std::string_view type = Text(jwk, "kty");
    const bool rsa = type == "RSA";
    if (!rsa && !(type == "EC" && Text(jwk, "crv") == "P-256")) return {};
    if (const auto use = Text(jwk, "use"); !use.empty() && use != "sig") return {};
    const auto algorithm = Text(jwk, "alg");
    if (!algorithm.empty() && algorithm != (rsa ? "RS256" : "ES256")) return {};
    if (jwk.Find("d")) return Refuse("holds a private key, which must stay with the provider");
    JwkSet::Key key;
    key.algorithm = rsa ? TokenAlgorithm::kRs256 : TokenAlgorithm::kEs256;
    if (const auto kid = jwk.Find("kid")) {
      const auto text = kid->AsString();
      if (!text || text->empty() || text->size() > kKeyIdBytesMax) return Refuse("has a bad kid");
      key.kid = std::string(*text);
    }
    key.key = rsa ? RsaKey(jwk) : EcKey(jwk);
    if (!key.key) return Refuse("holds a key that is weak or damaged");
    if (set_.keys_.size() == kJwkSetKeysMax) return Refuse("holds too many keys");
    for (const auto& known : set_.keys_) {
      if (known.kid == key.kid) return Refuse("has two keys with one kid");
    }
    set_.keys_.push_back(std::move(key));
    return {};
  }

  JwkSet Take() { return std::move(set_); }

 private:
  JwkSet set_;
};

Result<JwkSet> JwkSet::Parse(std::string_view json) {
  if (json.size() > kJwkSetBytesMax) return Refuse("is too long");
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return Refuse("is not JSON");
  const auto list = root->Find("keys");
  if (!list || list->type() != JsonType::kArray) return Refuse("has no list of keys");
  JwkReader reader;
  Status status;
  list->ForEachElement([&](JsonValue jwk) {
    if (status) status = reader.Read(jwk);
  });
  if (!status) return status.error();
  JwkSet set = reader.Take();
  if (set.keys_.empty()) return Refuse("holds no key for RS256 or ES256");
  return set;
}

const JwkSet::Key* JwkSet::Find(TokenAlgorithm algorithm,
                                const std::optional<std::string_view>& kid) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm || (kid && key.kid != *kid)) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

bool JwkSet::Verify(TokenAlgorithm algorithm, const std::optional<std::string_view>& kid,
                    std::string_view text, std::string_view signature) const {
  const Key* key = Find(algorithm, kid);
  if (key == nullptr) return false;
  const std::string der = algorithm == TokenAlgorithm::kEs256 ? EcdsaToDer(signature) : "";
  if (algorithm == TokenAlgorithm::kEs256) signature = der;
  const DigestContext context(EVP_MD_CTX_new());
  // RSA keys verify with PKCS #1 v1.5 padding unless told otherwise, which is what RS256 means.
  return context && !signature.empty() &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
}

}  // namespace axonflow::identity

#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/crypto.h"

// Key pairs of an identity provider, made anew at every run.
namespace axonflow::identity::testing {

class ProviderKey {
 public:
  static ProviderKey Rsa(unsigned bits = 2048) {
    return ProviderKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}));
  }
  static ProviderKey Ec(const char* curve = "P-256") {
    return ProviderKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
  }

  // With RSA PKCS #1 v1.5, with EC in DER; SHA-256 both.
  std::string SignDer(std::string_view text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                   text.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return signature;
  }

  // R and S side by side, as ES256 wants them.
  std::string SignRaw(std::string_view text) const {
    const std::string der = SignDer(text);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parsed), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(parsed), out + 32, 32);
    ECDSA_SIG_free(parsed);
    return raw;
  }

  std::string Number(const char* name, int width = 0) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    std::string bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    BN_free(number);
    return bytes;
  }

  // The public half as a JWK. `more` follows the other members: ",\"use\":\"sig\"".
  std::string Jwk(std::string_view kid, std::string_view more = "") const {
    const std::string head = R"({"kid":")" + std::string(kid) + "\",";
    if (EVP_PKEY_is_a(key_.get(), "RSA")) {
      return head + R"("kty":"RSA","n":")" + Base64UrlEncode(Number("n")) + R"(","e":")" +
             Base64UrlEncode(Number("e")) + "\"" + std::string(more) + "}";
    }
    return head + R"("kty":"EC","crv":"P-256","x":")" +
           Base64UrlEncode(Number(OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
           Base64UrlEncode(Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + "\"" + std::string(more) + "}";
  }

  std::string PublicPem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
  }

 private:
  explicit ProviderKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace axonflow::identity::testing

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "identity/licence.h"

// Keys and bytes for the tests about licences.
namespace axonflow::identity::testing {

// The same key for the same name, all through the tests.
inline const Ed25519Signer& TestSigner(const std::string& name) {
  static std::map<std::string, Ed25519Signer> signers;
  const auto known = signers.find(name);
  if (known != signers.end()) return known->second;
  auto signer = Ed25519Signer::FromSeed(Secret(std::string(AsBytes(Sha256(name)))));
  return signers.emplace(name, std::move(*signer)).first->second;
}

inline std::string PublicKeyText(const std::string& id, const Ed25519Signer& signer) {
  const auto& key = signer.public_key();
  return id + ":" +
         Base64Encode(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
}

inline Time DayTime(std::string_view day) { return *ParseLicenceDay(day) + std::chrono::hours(9); }

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Adds the order of the group to S: an equation without a bound on S cannot tell the difference.
inline void AddGroupOrder(std::string& signature) {
  const std::string order =
      FromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const unsigned sum = static_cast<unsigned char>(signature[32 + i]) +
                         static_cast<unsigned char>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum & 0xFF);
    carry = sum >> 8;
  }
}

}  // namespace axonflow::identity::testing

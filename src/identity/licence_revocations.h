#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/ed25519.h"
#include "identity/licence.h"

// The signed list of licences that are void before their time:
// "AXON-REVOKED-" base64url(JSON) "." base64url(signature). A list replaces the one before it, and
// its serial number is higher, so that an old list cannot take a revocation back.
namespace axonflow::identity {

inline constexpr std::size_t kRevocationsBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kRevokedMax = 50'000;

class LicenceRevocations {
 public:
  LicenceRevocations() = default;
  // kInvalidArgument for ids that are blank or too long, and for more than kRevokedMax.
  static Result<LicenceRevocations> Make(std::int64_t serial, const std::vector<std::string>& ids,
                                         const std::vector<std::string>& digests);

  // Reads a list that a key of the full class signed. White space around it does not count.
  static Result<LicenceRevocations> Read(std::string_view text, const LicenceKeys& keys);
  std::string Sign(const Ed25519Signer& signer) const;

  // Whether the list names the id of `licence`, or the digest of its whole text.
  bool Contains(const Licence& licence, std::string_view digest) const;

  std::int64_t serial() const { return serial_; }
  std::size_t size() const { return ids_.size() + digests_.size(); }
  const std::set<std::string, std::less<>>& ids() const { return ids_; }
  const std::set<std::string, std::less<>>& digests() const { return digests_; }

 private:
  std::int64_t serial_ = 0;
  std::set<std::string, std::less<>> ids_;
  std::set<std::string, std::less<>> digests_;  // LicenceDigest
};

// What a licence key is called where its text must not be shown: SHA-256 in lower-case hex.
std::string LicenceDigest(std::string_view text);

}  // namespace axonflow::identity

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "identity/ed25519.h"

// Licence keys: "AXON-" base64url(payload) "." base64url(Ed25519 signature), without padding. What
// is signed is the base64url text of the payload, not its JSON.
namespace axonflow::identity {

inline constexpr std::string_view kLicencePrefix = "AXON-";
inline constexpr std::size_t kLicenceBytesMax = 4096;
inline constexpr std::size_t kLicenceKeysMax = 16;
inline constexpr std::chrono::days kLicenceGrace{7};
inline constexpr std::chrono::days kLicenceWarning{30};

enum class LicenceTier : std::uint8_t { kEvaluation, kProfessional, kEnterprise, kPlus };

// What a licence is for: "axonflow.self_hosted.full".
enum class LicenceRealm : std::uint8_t { kSaas, kSelfHosted };
enum class LicenceScope : std::uint8_t { kPlugin, kSdk, kFull };

struct Licence {
  std::string id;  // may be empty
  LicenceTier tier = LicenceTier::kEvaluation;
  OrgId org;
  // The one tenant that it stands for; empty: every tenant of the organisation.
  TenantId tenant;
  std::string service_name;              // may be empty
  std::string service_type;              // "client-application", "backend-service", "integration"
  std::vector<std::string> permissions;  // "mcp:<connector>:<operation>"
  std::optional<Time> issued_at;         // 00:00 UTC of the day
  Time expires_at;                       // 00:00 UTC of the day
  std::string email;                     // may be empty
  std::string email2;
  std::vector<std::pair<std::string, std::int64_t>> limits;
  LicenceRealm realm = LicenceRealm::kSelfHosted;
  LicenceScope scope = LicenceScope::kFull;
  std::string deployment_id;  // may be empty
};

enum class LicenceFault : std::uint8_t {
  kNone,
  kNotALicence,   // another format
  kOldFormat,     // a format of former versions, which could be forged
  kMalformed,     // not base64url, too long, payload not as it must be
  kBadSignature,  // of no known key
  kWrongKey,      // signed by a key that may not sign this tier
  kUnknownTier,
  kNotIssuedYet,  // its day of issue is in the future: the clock was set back, or the licence
                  // forged
  kExpired,       // and the days of grace are over
  kRevoked,
  kWrongOrganization,
  kWrongAudience,
};

// "LICENSE_EXPIRED", the code that the wire and the command line show.
std::string_view ToString(LicenceFault fault);
std::string_view ToString(LicenceTier tier);
std::string ToString(LicenceRealm realm, LicenceScope scope);
std::optional<LicenceTier> ParseLicenceTier(std::string_view text);
// Missing is the widest of a deployment of one's own; an unknown text is nothing.
std::optional<std::pair<LicenceRealm, LicenceScope>> ParseLicenceAudience(std::string_view text);

// Public keys that may sign licences, each with the name that operators know it by. A leaked seed
// of the evaluation class cannot make a licence of a paid tier, and the other way round.
class LicenceKeys {
 public:
  struct Key {
    std::string id;
    Ed25519PublicKey key{};
    bool evaluation = false;
  };

  // From texts "id:base64 of 32 bytes". Refuses what is no key, keys under which anybody can sign,
  // one id or one key twice, and more than kLicenceKeysMax.
  static Result<LicenceKeys> Parse(const std::vector<std::string>& full,
                                   const std::vector<std::string>& evaluation);

  bool empty() const { return keys_.empty(); }
  const std::vector<Key>& keys() const { return keys_; }
  // The key under which `signature` signs `text`, or null.
  const Key* Signer(std::string_view text, std::string_view signature) const;

 private:
  Status Add(const std::string& text, bool evaluation);

  std::vector<Key> keys_;
};

// What became of a licence key. `licence` and `key_id` are there whenever the signature was right,
// whatever else is wrong: nothing of a key that nobody signed is ever read.
struct LicenceVerdict {
  LicenceFault fault = LicenceFault::kNone;
  std::string
      message;  // one sentence; for a valid licence empty or what will soon be wrong with it
  std::optional<Licence> licence;
  std::string key_id;
  bool in_grace = false;
  std::int64_t days_left = 0;  // whole days until expires_at; negative after it

  bool valid() const { return fault == LicenceFault::kNone; }
};

// The one way to read a licence key: format, signature, tier, dates. Whether it was revoked, and
// whether it is for this organisation and this use, is for the caller (see licence_verifier.h).
LicenceVerdict VerifyLicence(std::string_view text, const LicenceKeys& keys, Time now);

// The dates alone, for a licence whose signature was checked before.
void JudgeLicenceDates(LicenceVerdict& verdict, Time now);

// The signed text of `licence`. The caller has checked the fields with CheckLicence.
std::string SignLicence(const Licence& licence, const Ed25519Signer& signer);
Status CheckLicence(const Licence& licence);

// Whether `granted` (as of a licence) allows `operation` of `connector`: "*", "mcp:*", "mcp:x:*",
// "mcp:*:op", "mcp:*:*" and the exact text. No permission at all allows nothing.
bool LicenceAllows(const std::vector<std::string>& granted, std::string_view connector,
                   std::string_view operation);

// Midnight of "20261231", or nothing.
std::optional<Time> ParseLicenceDay(std::string_view digits);
std::string FormatLicenceDay(Time day);

}  // namespace axonflow::identity

#include "identity/licence.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "identity/licence_payload.h"
#include "identity/names.h"

namespace axonflow::identity {
namespace {

// How far the clock of the one who issued a licence may be ahead.
constexpr std::chrono::hours kIssueLeeway{24};

constexpr std::array<std::string_view, 4> kTiers = {"Evaluation", "Professional", "Enterprise",
                                                    "Plus"};
constexpr std::array<std::string_view, 2> kRealms = {"saas", "self_hosted"};
constexpr std::array<std::string_view, 3> kScopes = {"plugin", "sdk", "full"};
constexpr std::string_view kAudienceStart = "axonflow.";
// What licences of the plugin were called before audiences had three parts.
constexpr std::string_view kLegacyPlugin = "community_saas_plugin";

constexpr std::array<std::string_view, 12> kFaults = {"",
                                                      "LICENSE_FORMAT_UNKNOWN",
                                                      "V1_LICENSE_NOT_SUPPORTED",
                                                      "LICENSE_MALFORMED",
                                                      "LICENSE_SIGNATURE_INVALID",
                                                      "LICENSE_KEY_NOT_FOR_TIER",
                                                      "LICENSE_TIER_UNKNOWN",
                                                      "LICENSE_NOT_ISSUED_YET",
                                                      "LICENSE_EXPIRED",
                                                      "LICENSE_REVOKED",
                                                      "LICENSE_WRONG_ORGANIZATION",
                                                      "LICENSE_WRONG_AUDIENCE"};

LicenceVerdict Faulty(LicenceFault fault, std::string message) {
  LicenceVerdict verdict;
  verdict.fault = fault;
  verdict.message = std::move(message);
  return verdict;
}

Error BadKey(std::string_view id, std::string_view why) {
  return {ErrorCode::kInvalidArgument, "the licence public key \"" +
                                           std::string(id.substr(0, kNameBytesMax)) + "\" " +
                                           std::string(why)};
}

// The payload's and the signature's text, or the fault of a key that has not got both.
struct Parts {
  std::string_view payload;    // base64url
  std::string_view signature;  // base64url
};

std::optional<Parts> Split(std::string_view text, LicenceVerdict& fault) {
  if (!text.starts_with(kLicencePrefix)) {
    fault = Faulty(LicenceFault::kNotALicence, "this is not a licence key: it begins with AXON-");
    return std::nullopt;
  }
  if (text.size() > kLicenceBytesMax) {
    fault = Faulty(LicenceFault::kMalformed, "the licence key is too long");
    return std::nullopt;
  }
  const std::string_view rest = text.substr(kLicencePrefix.size());
  const std::size_t dot = rest.rfind('.');
  if (rest.starts_with("V2-") || dot == std::string_view::npos) {
    fault = Faulty(LicenceFault::kOldFormat,
                   "this licence key has a format of former versions, which this version does not "
                   "accept: ask for one with an Ed25519 signature");
    return std::nullopt;
  }
  return Parts{rest.substr(0, dot), rest.substr(dot + 1)};
}

}  // namespace

std::string_view ToString(LicenceFault fault) { return kFaults[static_cast<std::size_t>(fault)]; }
std::string_view ToString(LicenceTier tier) { return kTiers[static_cast<std::size_t>(tier)]; }

std::string ToString(LicenceRealm realm, LicenceScope scope) {
  return std::string(kAudienceStart) + std::string(kRealms[static_cast<std::size_t>(realm)]) + "." +
         std::string(kScopes[static_cast<std::size_t>(scope)]);
}

std::optional<LicenceTier> ParseLicenceTier(std::string_view text) {
  const auto found = std::find(kTiers.begin(), kTiers.end(), text);
  if (found == kTiers.end()) return std::nullopt;
  return static_cast<LicenceTier>(found - kTiers.begin());
}

std::optional<std::pair<LicenceRealm, LicenceScope>> ParseLicenceAudience(std::string_view text) {
  if (text.empty()) return std::pair{LicenceRealm::kSelfHosted, LicenceScope::kFull};
  if (text == kLegacyPlugin) return std::pair{LicenceRealm::kSaas, LicenceScope::kPlugin};
  for (const auto realm : {LicenceRealm::kSaas, LicenceRealm::kSelfHosted}) {
    for (const auto scope : {LicenceScope::kPlugin, LicenceScope::kSdk, LicenceScope::kFull}) {
      if (text == ToString(realm, scope)) return std::pair{realm, scope};
    }
  }
  return std::nullopt;
}

Result<LicenceKeys> LicenceKeys::Parse(const std::vector<std::string>& full,
                                       const std::vector<std::string>& evaluation) {
  LicenceKeys keys;
  for (const bool is_evaluation : {false, true}) {
    for (const std::string& text : is_evaluation ? evaluation : full) {
      if (const Status added = keys.Add(text, is_evaluation); !added) return added.error();
    }
  }
  return keys;
}

Status LicenceKeys::Add(const std::string& text, bool evaluation) {
  const std::size_t colon = text.find(':');
  const std::string_view id = std::string_view(text).substr(0, colon);
  if (colon == std::string::npos || !IsDirectoryName(id)) {
    return BadKey(id, "must be written as id:base64");
  }
  const auto bytes = Base64Decode(std::string_view(text).substr(colon + 1));
  const auto key = bytes ? ReadEd25519PublicKey(*bytes) : std::nullopt;
  if (!key) return BadKey(id, "is not a usable Ed25519 public key of 32 bytes in base64");
  if (keys_.size() == kLicenceKeysMax) return BadKey(id, "is one too many: 16 are allowed");
  for (const Key& known : keys_) {
    if (known.id == id) return BadKey(id, "has an id that another key has");
    if (known.key == *key) return BadKey(id, "is the same key as \"" + known.id + "\"");
  }
  keys_.push_back({std::string(id), *key, evaluation});
  return {};
}

const LicenceKeys::Key* LicenceKeys::Signer(std::string_view text,
                                            std::string_view signature) const {
  for (const Key& key : keys_) {
    if (VerifyEd25519(key.key, text, signature)) return &key;
  }
  return nullptr;
}

LicenceVerdict VerifyLicence(std::string_view text, const LicenceKeys& keys, Time now) {
  LicenceVerdict verdict;
  const auto parts = Split(text, verdict);
  if (!parts) return verdict;
  const auto signature = Base64UrlDecode(parts->signature);
  const auto payload = Base64UrlDecode(parts->payload);
  if (!signature || signature->size() != kEd25519SignatureBytes || !payload) {
    return Faulty(LicenceFault::kMalformed, "the licence key is damaged: it is not base64url");
  }
  const LicenceKeys::Key* signer = keys.Signer(parts->payload, *signature);
  if (signer == nullptr) {
    return Faulty(LicenceFault::kBadSignature, "no known key signed this licence");
  }
  auto licence = ReadLicencePayload(*payload, verdict);
  if (!licence) return verdict;
  verdict.key_id = signer->id;
  const bool evaluation = licence->tier == LicenceTier::kEvaluation;
  verdict.licence = std::move(*licence);
  if (signer->evaluation != evaluation) {
    verdict.fault = LicenceFault::kWrongKey;
    verdict.message = "the key \"" + signer->id + "\" may not sign licences of the tier " +
                      std::string(ToString(verdict.licence->tier));
    return verdict;
  }
  JudgeLicenceDates(verdict, now);
  return verdict;
}

void JudgeLicenceDates(LicenceVerdict& verdict, Time now) {
  const Licence& licence = *verdict.licence;
  verdict.fault = LicenceFault::kNone;
  verdict.message.clear();
  verdict.in_grace = false;
  verdict.days_left = std::chrono::floor<std::chrono::days>(licence.expires_at - now).count();
  if (licence.issued_at && now + kIssueLeeway < *licence.issued_at) {
    verdict.fault = LicenceFault::kNotIssuedYet;
    verdict.message = "the licence is issued in the future: the clock of this machine is wrong";
  } else if (now >= licence.expires_at + kLicenceGrace) {
    verdict.fault = LicenceFault::kExpired;
    verdict.message = "the licence expired on " + FormatLicenceDay(licence.expires_at);
  } else if (now >= licence.expires_at) {
    verdict.in_grace = true;
    const auto left =
        std::chrono::ceil<std::chrono::days>(licence.expires_at + kLicenceGrace - now).count();
    verdict.message = "the licence expired on " + FormatLicenceDay(licence.expires_at) +
                      " and is accepted for " + std::to_string(left) + " more days";
  } else if (licence.expires_at - now <= kLicenceWarning) {
    verdict.message = "the licence expires in " + std::to_string(verdict.days_left) + " days";
  }
}

std::string SignLicence(const Licence& licence, const Ed25519Signer& signer) {
  const std::string payload = Base64UrlEncode(WriteLicencePayload(licence));
  return std::string(kLicencePrefix) + payload + "." + Base64UrlEncode(signer.Sign(payload));
}

Status CheckLicence(const Licence& licence) {
  LicenceVerdict verdict;
  const std::string payload = WriteLicencePayload(licence);
  if (!ReadLicencePayload(payload, verdict)) {
    return Error{ErrorCode::kInvalidArgument, verdict.message};
  }
  // The prefix, the point, and both parts in base64url, which takes four bytes for three.
  const std::size_t size = kLicencePrefix.size() + 1 + (payload.size() * 4 + 2) / 3 +
                           (kEd25519SignatureBytes * 4 + 2) / 3;
  if (size > kLicenceBytesMax) {
    return Error{ErrorCode::kInvalidArgument, "the licence says more than a key can hold"};
  }
  return {};
}

bool LicenceAllows(const std::vector<std::string>& granted, std::string_view connector,
                   std::string_view operation) {
  const auto fits = [](std::string_view pattern, std::string_view part) {
    return pattern == "*" || pattern == part;
  };
  return std::any_of(granted.begin(), granted.end(), [&](std::string_view permission) {
    if (permission == "*" || permission == "mcp:*") return true;
    if (!permission.starts_with("mcp:")) return false;
    permission.remove_prefix(4);
    const std::size_t colon = permission.find(':');
    if (colon == std::string_view::npos) return false;
    return fits(permission.substr(0, colon), connector) &&
           fits(permission.substr(colon + 1), operation);
  });
}

std::optional<Time> ParseLicenceDay(std::string_view digits) {
  const bool eight = digits.size() == 8 && std::all_of(digits.begin(), digits.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  if (!eight) return std::nullopt;
  const std::string text(digits);
  return ParseRfc3339(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) +
                      "T00:00:00Z");
}

std::string FormatLicenceDay(Time day) {
  const std::string text = FormatRfc3339(day);
  return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 2);
}

}  // namespace axonflow::identity

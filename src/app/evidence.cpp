#include "app/evidence.h"

#include <optional>
#include <string>
#include <utility>

#include "app/open_store.h"

namespace axonflow::app {
namespace {

Result<std::optional<audit::SigningKey>> SignerOf(const settings::Settings& settings,
                                                  const DataDirectory& directory) {
  if (settings.String("AXONFLOW_AUDIT_SIGNATURES") == "off") {
    return std::optional<audit::SigningKey>();
  }
  const Secret configured = settings.SecretOf("AXONFLOW_AUDIT_SIGNING_KEY");
  if (configured.empty() && UsesPostgres(settings)) return std::optional<audit::SigningKey>();
  auto key = configured.empty()
                 ? audit::LoadOrCreateSigningKey(directory.audit_signing_key().string())
                 : audit::SigningKey::FromText(configured);
  if (key) return std::optional<audit::SigningKey>(std::move(*key));
  if (configured.empty()) return key.error();
  return Error{key.error().code, "AXONFLOW_AUDIT_SIGNING_KEY: " + key.error().message};
}

}  // namespace

Result<audit::EvidenceOptions> ConfigureEvidence(const settings::Settings& settings,
                                                 const DataDirectory& directory) {
  auto signer = SignerOf(settings, directory);
  if (!signer) return signer.error();
  audit::EvidenceOptions options;
  if (*signer) {
    options.keys =
        audit::KeyRing(std::move(**signer), settings.String("AXONFLOW_AUDIT_SIGNING_KEY_ID"));
  }
  for (const auto& text : settings.List("AXONFLOW_AUDIT_VERIFY_KEYS")) {
    const auto key = audit::ParsePublicKey(text);
    if (!key) {
      return Error{key.error().code, "AXONFLOW_AUDIT_VERIFY_KEYS: " + key.error().message};
    }
    options.keys.AddRetired(*key);
  }
  if (settings.String("AXONFLOW_AUDIT_SIGNATURES") == "each_record") {
    options.mode = audit::SignatureMode::kEachRecord;
  }
  return options;
}

}  // namespace axonflow::app

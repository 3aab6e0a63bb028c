#include "app/identity_options.h"

#include <memory>
#include <string>
#include <utility>

#include "base/time.h"
#include "identity/jwk_file.h"
#include "identity/licence_verifier.h"
#include "telemetry/log.h"

namespace axonflow::app {
namespace {

Error Refused(std::string_view variable, std::string_view why) {
  return {ErrorCode::kInvalidArgument, std::string(variable) + ": " + std::string(why)};
}

Status AddProvider(const settings::Settings& settings, identity::AuthenticatorOptions& options) {
  options.oidc_issuer = settings.String("AXONFLOW_OIDC_ISSUER");
  options.oidc_audience = settings.String("AXONFLOW_OIDC_AUDIENCE");
  const std::string file = settings.String("AXONFLOW_OIDC_JWKS_FILE");
  const bool none = options.oidc_issuer.empty() && options.oidc_audience.empty() && file.empty();
  if (none) return {};
  if (options.oidc_issuer.empty() || options.oidc_audience.empty() || file.empty()) {
    return Refused("AXONFLOW_OIDC_ISSUER, AXONFLOW_OIDC_AUDIENCE and AXONFLOW_OIDC_JWKS_FILE",
                   "set all three or none");
  }
  auto keys = identity::JwkFile::Open(file);
  if (!keys) return Error{keys.error().code, "AXONFLOW_OIDC_JWKS_FILE: " + keys.error().message};
  options.oidc_keys = std::move(*keys);
  return {};
}

Status CheckOwnLicence(const settings::Settings& settings,
                       const identity::LicenceVerifier& licences) {
  const Secret own = settings.SecretOf("AXONFLOW_LICENSE_KEY");
  if (own.empty()) return {};
  const auto verdict = licences.Verify(own.Reveal(), identity::LicenceScope::kFull, Now());
  if (!verdict.valid()) {
    return Refused("AXONFLOW_LICENSE_KEY",
                   std::string(identity::ToString(verdict.fault)) + ": " + verdict.message);
  }
  if (!verdict.message.empty()) {
    telemetry::LogWarn("the licence of this deployment needs attention",
                       {{"message", std::string_view(verdict.message)}});
  }
  return {};
}

Status AddLicences(const settings::Settings& settings, const DataDirectory& directory,
                   identity::AuthenticatorOptions& options) {
  auto keys = identity::LicenceKeys::Parse(settings.List("AXONFLOW_LICENSE_PUBLIC_KEYS"),
                                           settings.List("AXONFLOW_LICENSE_EVALUATION_KEYS"));
  if (!keys) return Refused("AXONFLOW_LICENSE_PUBLIC_KEYS", keys.error().message);
  const std::string revocations = settings.String("AXONFLOW_LICENSE_REVOCATIONS");
  if (keys->empty()) {
    if (settings.SecretOf("AXONFLOW_LICENSE_KEY").empty() && revocations.empty()) return {};
    return Refused("AXONFLOW_LICENSE_PUBLIC_KEYS",
                   "is needed to check AXONFLOW_LICENSE_KEY and AXONFLOW_LICENSE_REVOCATIONS");
  }
  identity::LicenceVerifier::Options verifying;
  verifying.keys = std::move(*keys);
  verifying.org = options.org;
  verifying.revocations = revocations;
  verifying.clock_mark = directory.pepper().parent_path() / "clock.mark";
  verifying.pepper = options.pepper;
  auto verifier = identity::LicenceVerifier::Start(std::move(verifying));
  if (!verifier) return verifier.error();
  options.licences = std::move(*verifier);
  return CheckOwnLicence(settings, *options.licences);
}

}  // namespace

Status AddLicencesAndProvider(const settings::Settings& settings, const DataDirectory& directory,
                              identity::AuthenticatorOptions& options) {
  if (Status added = AddProvider(settings, options); !added) return added;
  return AddLicences(settings, directory, options);
}

}  // namespace axonflow::app

#include "secrets/configuration.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

#include "settings/value.h"

namespace axonflow::secrets {
namespace {

using settings::Settings;

// Needed to ask Vault or AWS for the others.
constexpr std::string_view kOwnCredentials[] = {"VAULT_SECRET_ID", "AWS_SECRET_ACCESS_KEY",
                                                "AWS_SESSION_TOKEN"};

bool IsOwnCredential(std::string_view variable) {
  return std::find(std::begin(kOwnCredentials), std::end(kOwnCredentials), variable) !=
         std::end(kOwnCredentials);
}

std::optional<std::string> Variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Status ResolveOne(Settings& settings, std::string_view variable, SecretCache& cache) {
  const Secret reference = settings.SecretOf(variable);
  auto secret = cache.Resolve(reference.Reveal());
  if (!secret) {
    return Error{secret.error().code, std::string(variable) + ": " + secret.error().message};
  }
  return settings.ReplaceSecret(variable, std::move(*secret));
}

Status ResolveAll(Settings& settings, SecretCache& cache, bool own) {
  for (const settings::Setting& row : settings::Table()) {
    if (row.type != settings::Type::kSecret || IsOwnCredential(row.variable) != own) continue;
    if (!settings::IsSecretReference(settings.SecretOf(row.variable).Reveal())) continue;
    if (auto resolved = ResolveOne(settings, row.variable, cache); !resolved) return resolved;
  }
  return {};
}

bool HasReference(const Settings& settings) {
  const auto rows = settings::Table();
  return std::any_of(rows.begin(), rows.end(), [&](const settings::Setting& row) {
    return row.type == settings::Type::kSecret &&
           settings::IsSecretReference(settings.SecretOf(row.variable).Reveal());
  });
}

void AddLocalSources(SecretCache& cache) {
  cache.AddSource(Reference::Scheme::kEnv, MakeEnvironmentSource(Variable));
  cache.AddSource(Reference::Scheme::kFile, MakeFileSource());
}

bool IsDevelopment(const Settings& settings) {
  if (settings.String("DEPLOYMENT_KIND") == "production") return false;
  const std::string environment = settings.String("ENVIRONMENT");
  return settings.String("DEPLOYMENT_MODE") == "community" || environment == "development" ||
         environment == "dev" || environment == "local";
}

}  // namespace

Result<outbound::ClientOptions> ConfigureOutbound(const Settings& settings) {
  outbound::ClientOptions options;
  auto guard = outbound::EgressGuard::FromList(settings.List("AXONFLOW_EGRESS_ALLOW"));
  if (!guard) {
    return Error{guard.error().code, "AXONFLOW_EGRESS_ALLOW: " + guard.error().message};
  }
  options.guard = std::move(*guard);
  options.ca_file = settings.String("AXONFLOW_EGRESS_CA_FILE");
  options.proxy = settings.String("AXONFLOW_EGRESS_PROXY");
  if (!options.proxy.empty() && !outbound::Url::Parse(options.proxy)) {
    return Error{ErrorCode::kInvalidArgument,
                 "AXONFLOW_EGRESS_PROXY must be http://host:port, without a user name"};
  }
  return options;
}

Result<Sealing> ConfigureSealing(const Settings& settings) {
  auto ring = KeyRing::Parse(settings.SecretOf("CONNECTOR_ENCRYPTION_KEY"),
                             settings.SecretOf("CONNECTOR_ENCRYPTION_KEYS"));
  if (!ring) {
    return Error{ring.error().code,
                 "CONNECTOR_ENCRYPTION_KEY or CONNECTOR_ENCRYPTION_KEYS: " + ring.error().message};
  }
  return Sealing{std::move(*ring),
                 IsDevelopment(settings) || settings.Bool("AXONFLOW_ALLOW_PLAINTEXT_CREDENTIALS")};
}

Result<std::unique_ptr<SecretCache>> MakeSecretCache(const Settings& settings,
                                                     outbound::Client& client) {
  auto cache = SecretCache::Make();
  if (!cache) return cache.error();
  AddLocalSources(**cache);
  if (settings.IsSet("VAULT_ADDR")) {
    VaultOptions vault;
    vault.address = settings.String("VAULT_ADDR");
    vault.name_space = settings.String("VAULT_NAMESPACE");
    vault.auth_mount = settings.String("VAULT_AUTH_MOUNT");
    vault.role_id = settings.String("VAULT_ROLE_ID");
    vault.secret_id = settings.SecretOf("VAULT_SECRET_ID");
    (*cache)->AddSource(Reference::Scheme::kVault, MakeVaultSource(std::move(vault), client));
  }
  if (settings.IsSet("AWS_ACCESS_KEY_ID")) {
    AwsOptions aws;
    aws.region = settings.String("AWS_REGION");
    aws.endpoint = settings.String("AXONFLOW_AWS_SECRETS_ENDPOINT");
    aws.credentials.access_key_id = settings.String("AWS_ACCESS_KEY_ID");
    aws.credentials.secret_access_key = settings.SecretOf("AWS_SECRET_ACCESS_KEY");
    aws.credentials.session_token = settings.SecretOf("AWS_SESSION_TOKEN");
    (*cache)->AddSource(Reference::Scheme::kAws, MakeAwsSource(std::move(aws), client));
  }
  return cache;
}

Status ResolveSecretSettings(Settings& settings) {
  if (!HasReference(settings)) return {};
  auto local = SecretCache::Make();
  if (!local) return local.error();
  AddLocalSources(**local);
  if (auto resolved = ResolveAll(settings, **local, true); !resolved) return resolved;
  auto options = ConfigureOutbound(settings);
  if (!options) return options.error();
  auto client = outbound::Client::Start(std::move(*options));
  if (!client) return client.error();
  auto cache = MakeSecretCache(settings, **client);
  if (!cache) return cache.error();
  return ResolveAll(settings, **cache, false);
}

}  // namespace axonflow::secrets

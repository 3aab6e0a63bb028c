#pragma once

#include <memory>

#include "base/result.h"
#include "net/outbound/client.h"
#include "secrets/credentials.h"
#include "secrets/secret_cache.h"
#include "settings/settings.h"

namespace axonflow::secrets {

// What AXONFLOW_EGRESS_* say. kInvalidArgument names the setting.
Result<outbound::ClientOptions> ConfigureOutbound(const settings::Settings& settings);

// What CONNECTOR_ENCRYPTION_KEY(S) say; their references must be resolved. Plain text is allowed in
// community mode and where ENVIRONMENT is a developer's machine, unless DEPLOYMENT_KIND is
// production, and where AXONFLOW_ALLOW_PLAINTEXT_CREDENTIALS says so. Fails when a key is bad: a
// server that thinks it seals must not store anything else.
Result<Sealing> ConfigureSealing(const settings::Settings& settings);

// A cache with the sources that the settings configure: env and file always, Vault and AWS when
// their address or key is set. `client` must outlive it.
Result<std::unique_ptr<SecretCache>> MakeSecretCache(const settings::Settings& settings,
                                                     outbound::Client& client);

// Puts what they stand for in the place of all references among the secret settings: those of the
// sources' own credentials first, from the environment and files, the rest from everywhere. Asks
// nobody when there is none. Errors name the setting and the masked reference.
Status ResolveSecretSettings(settings::Settings& settings);

}  // namespace axonflow::secrets

#pragma once

#include "app/app.h"
#include "base/result.h"
#include "identity/authenticator.h"
#include "settings/settings.h"

namespace axonflow::app {

// Fills in what callers are known by beside their client secrets: licence keys and the keys of an
// identity provider. `options` has its organisation and its pepper. Fails, naming the setting, when
// a file cannot be read, when settings that belong together are not all there, and when the
// deployment's own licence is not valid or is for another organisation.
Status AddLicencesAndProvider(const settings::Settings& settings, const DataDirectory& directory,
                              identity::AuthenticatorOptions& options);

}  // namespace axonflow::app

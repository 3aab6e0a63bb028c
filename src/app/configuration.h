#pragma once

#include <string>
#include <string_view>

#include "api/services.h"
#include "audit/journal.h"
#include "base/result.h"
#include "governance/governor.h"
#include "identity/authenticator.h"
#include "net/server.h"
#include "policy/posture.h"
#include "policy_admin/policy_directory.h"
#include "settings/settings.h"

namespace axonflow::app {

// Whether a numeric address reaches this machine only.
bool IsLoopback(std::string_view address);

// What each room is told, derived from the settings and checked against each other.
struct Configuration {
  bool community = false;
  // Nobody has to show a credential because only this machine reaches the listener: web pages must
  // be kept out (see app/loopback_guard.h).
  bool guards_loopback = false;
  net::ServerOptions server;
  api::Options api;
  audit::JournalOptions journal;  // the directory is filled in by the owner
  governance::AuditAck ack = governance::AuditAck::kJournal;
  identity::AuthenticatorOptions authenticator;  // the pepper is filled in by the owner
  policy::Posture posture;
  policy_admin::Limits policy_limits;
  std::string policies_directory;  // empty: the built-in catalogue
  std::string node;
  std::string environment;  // ENVIRONMENT; may be empty
};

// Fails with a sentence that names the setting and what to do when the settings ask for what this
// version does not have. Settings that contradict each other were refused by Settings::Load.
Result<Configuration> Configure(const settings::Settings& settings);

}  // namespace axonflow::app

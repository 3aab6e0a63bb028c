#include "app/configuration.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "api/decide_context.h"
#include "app/version.h"

namespace axonflow::app {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr std::string_view kAllInterfaces = "0.0.0.0";
constexpr std::string_view kSentinelOrg = "local-dev-org";

Error Refused(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

bool IsLoopback(const std::string& address) {
  return address == "::1" || address.starts_with("127.");
}

bool IsNumericAddress(const std::string& address) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, address.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, address.c_str(), bytes) == 1;
}

// Modes whose tenants belong to several organisations, which only a database with row-level
// security keeps apart, or which need routes that this version does not have.
Status CheckMode(const settings::Settings& settings) {
  if (!settings.IsSet("DEPLOYMENT_MODE")) {
    return Refused("DEPLOYMENT_MODE is not set");
  }
  const auto mode = settings.String("DEPLOYMENT_MODE");
  if (mode == "saas" || mode == "community-saas") {
    return Refused("DEPLOYMENT_MODE=" + mode +
                   " serves several organisations, which the embedded store cannot keep apart; "
                   "this version serves one organisation: use enterprise");
  }
  if (settings.IsSet("DATABASE_URL")) {
    return Refused("DATABASE_URL is set, but this version has only the embedded store; unset it");
  }
  if (settings.Bool("AXONFLOW_DB_USE_APP_ROLE")) {
    return Refused(
        "AXONFLOW_DB_USE_APP_ROLE=true needs a database with row-level security; the embedded "
        "store has none: unset it");
  }
  if (settings.String("DEPLOYMENT_KIND") == "production" &&
      settings.String("ORG_ID") == kSentinelOrg) {
    return Refused("DEPLOYMENT_KIND=production needs an ORG_ID of your own, not " +
                   std::string(kSentinelOrg));
  }
  return {};
}

Result<net::ServerOptions> ConfigureServer(const settings::Settings& settings, bool community) {
  net::ServerOptions server;
  server.address = settings.String("AXONFLOW_BIND_ADDRESS");
  if (server.address.empty()) server.address = community ? kLoopback : kAllInterfaces;
  if (!IsNumericAddress(server.address)) {
    return Refused("AXONFLOW_BIND_ADDRESS must be a numeric IPv4 or IPv6 address");
  }
  if (community && !IsLoopback(server.address) && !settings.Bool("AXONFLOW_ALLOW_ANONYMOUS")) {
    return Refused(
        "community mode asks nobody for credentials, so it listens on loopback only; "
        "AXONFLOW_ALLOW_ANONYMOUS=true lets it listen on " +
        server.address);
  }
  server.port = static_cast<std::uint16_t>(settings.Integer("PORT"));
  server.threads = static_cast<int>(settings.Integer("AXONFLOW_IO_THREADS"));
  if (server.threads == 0) {
    server.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
  server.limits.body_bytes_max =
      static_cast<std::size_t>(settings.Integer("AXONFLOW_BODY_BYTES_MAX"));
  server.limits.idle_timeout = settings.Duration("AXONFLOW_IDLE_TIMEOUT");
  return server;
}

std::string NodeName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "node";
  return name;
}

}  // namespace

Result<Configuration> Configure(const settings::Settings& settings) {
  if (auto mode = CheckMode(settings); !mode) return mode.error();
  Configuration configuration;
  configuration.community = settings.String("DEPLOYMENT_MODE") == "community";
  auto server = ConfigureServer(settings, configuration.community);
  if (!server) return server.error();
  configuration.server = std::move(*server);

  auto posture = policy::Posture::FromVariables(settings.PostureVariables());
  if (!posture) return posture.error();
  configuration.posture = std::move(*posture);

  configuration.authenticator.org = OrgId(settings.String("ORG_ID"));
  configuration.authenticator.jwt_secret = settings.SecretOf("JWT_SECRET");
  configuration.authenticator.trust_identity_headers =
      settings.Bool("AXONFLOW_TRUST_IDENTITY_HEADERS");

  configuration.api.version = kVersion;
  configuration.api.deployment_mode = settings.String("DEPLOYMENT_MODE");
  configuration.api.community = configuration.community;
  configuration.api.decision_valid_for = settings.Duration("AXONFLOW_DECISION_EXPIRES_AFTER");
  for (const auto& key : settings.List("AXONFLOW_DECISION_CONTEXT_ALLOWLIST")) {
    configuration.api.decision_context_allowlist.push_back(api::CanonicalContextKey(key));
  }
  configuration.journal.retained_bytes_max =
      static_cast<std::size_t>(settings.Integer("AXONFLOW_JOURNAL_RETAINED_BYTES_MAX"));
  configuration.ack = settings.String("AXONFLOW_AUDIT_ACK") == "store"
                          ? governance::AuditAck::kStore
                          : governance::AuditAck::kJournal;
  configuration.policies_directory = settings.String("AXONFLOW_POLICIES_DIR");
  configuration.node = NodeName();
  return configuration;
}

}  // namespace axonflow::app

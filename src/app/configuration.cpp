#include "app/configuration.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "api/decide_context.h"
#include "api/router.h"
#include "app/version.h"
#include "net/tls.h"

namespace axonflow::app {
namespace {

// Until the server speaks TLS itself, other machines are let in by name only.
constexpr std::string_view kDefaultAddress = "127.0.0.1";

Error Refused(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
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
  return {};
}

net::ServerOptions ConfigureServer(const settings::Settings& settings) {
  net::ServerOptions server;
  server.address = settings.String("AXONFLOW_BIND_ADDRESS");
  if (server.address.empty()) server.address = kDefaultAddress;
  server.port = static_cast<std::uint16_t>(settings.Integer("PORT"));
  server.threads = static_cast<int>(settings.Integer("AXONFLOW_IO_THREADS"));
  if (server.threads == 0) {
    // The journal, the shipper and the compute pool want cores too. With an I/O thread a core they
    // preempt each other: about 8 % more CPU a request on two cores.
    server.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency() / 2));
  }
  server.limits.body_bytes_max =
      static_cast<std::size_t>(settings.Integer("AXONFLOW_BODY_BYTES_MAX"));
  server.limits.large_body_bytes_max = api::BodyBytesMax;
  server.limits.idle_timeout = settings.Duration("AXONFLOW_IDLE_TIMEOUT");
  return server;
}

std::string NodeName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "node";
  return name;
}

// The listener's certificate; null when none is set.
Result<std::shared_ptr<net::TlsContext>> ConfigureTls(const settings::Settings& settings) {
  net::TlsFiles files{settings.String("AXONFLOW_TLS_CERT_FILE"),
                      settings.String("AXONFLOW_TLS_KEY_FILE"),
                      settings.String("AXONFLOW_TLS_CLIENT_CA_FILE")};
  if (files.certificate.empty() && files.key.empty() && files.client_ca.empty()) {
    return std::shared_ptr<net::TlsContext>();
  }
  if (files.certificate.empty() || files.key.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "AXONFLOW_TLS_CERT_FILE and AXONFLOW_TLS_KEY_FILE go together; one is not set"};
  }
  return net::TlsContext::Load(std::move(files));
}

}  // namespace

bool IsLoopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

Result<Configuration> Configure(const settings::Settings& settings) {
  if (auto mode = CheckMode(settings); !mode) return mode.error();
  Configuration configuration;
  configuration.community = settings.String("DEPLOYMENT_MODE") == "community";
  configuration.server = ConfigureServer(settings);
  auto tls = ConfigureTls(settings);
  if (!tls) return tls.error();
  configuration.server.tls = std::move(*tls);
  configuration.guards_loopback = configuration.community &&
                                  IsLoopback(configuration.server.address) &&
                                  !settings.Bool("AXONFLOW_ALLOW_ANONYMOUS");

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
  configuration.policy_limits = {
      static_cast<std::size_t>(settings.Integer("AXONFLOW_TENANT_POLICIES_MAX")),
      static_cast<std::size_t>(settings.Integer("AXONFLOW_ORGANIZATION_POLICIES_MAX"))};
  configuration.node = NodeName();
  configuration.environment = settings.String("ENVIRONMENT");
  configuration.api.environment = configuration.environment;
  return configuration;
}

}  // namespace axonflow::app

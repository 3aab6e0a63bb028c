#include <map>
#include <string>

#include "cli/commands.h"
#include "cli/node.h"
#include "cli/start_probe.h"
#include "secrets/configuration.h"

namespace axonflow::cli {
namespace {

constexpr const char* kDevName = "dev";  // of the tenant and of its client

// Why `serve` cannot go on without a mode: whether callers need credentials is not for us to guess.
std::string MissingModeMessage() {
  std::string message = "DEPLOYMENT_MODE is not set. It says who may call: accepted values are ";
  std::string_view separator;
  for (const settings::Setting& setting : settings::Table()) {
    if (setting.variable != "DEPLOYMENT_MODE") continue;
    for (const std::string_view mode : setting.accepted) {
      if (mode == "saas" || mode == "community-saas") continue;  // app::Configure refuses them
      message.append(separator).append(mode);
      separator = ", ";
    }
  }
  return message +
         " (saas and community-saas are not served by this version).\nTo try it out: `axonflow "
         "dev`. For applications with credentials: "
         "DEPLOYMENT_MODE=enterprise axonflow serve";
}

// The development client with a fresh secret: made at the first start, rotated at later ones, since
// an old secret cannot be shown again.
Result<identity::IssuedClient> IssueDevClient(const Node& node) {
  const Result<OpenDirectory> directory = OpenClientDirectory(node);
  if (!directory) return directory.error();
  const auto clients = directory->clients->ListClients(TenantId(kDevName));
  if (!clients && clients.error().code != ErrorCode::kNotFound) return clients.error();
  if (clients) {
    for (const identity::ClientRow& client : *clients) {
      if (client.id == ClientId(kDevName)) return directory->clients->RotateClient(client.id);
    }
  }
  return directory->clients->CreateClient(kDevName, kDevName);
}

// Sets `name` to what `axonflow dev` stands for. What the operator wants otherwise is not
// overridden in silence.
Status Insist(std::map<std::string, std::string>& environment, const std::string& name,
              const std::string& value) {
  const auto [entry, is_new] = environment.try_emplace(name, value);
  if (is_new || entry->second == value) return {};
  return Error{ErrorCode::kInvalidArgument, "`axonflow dev` needs " + name + "=" + value +
                                                ", but it is set to \"" + entry->second +
                                                "\"; unset it, or run `axonflow serve`"};
}

Result<settings::Settings> DevSettings(const DevOptions& options) {
  std::map<std::string, std::string> environment = settings::ProcessEnvironment();
  if (const Status mode = Insist(environment, "DEPLOYMENT_MODE", "community"); !mode) {
    return mode.error();
  }
  if (const Status bind = Insist(environment, "AXONFLOW_BIND_ADDRESS", "127.0.0.1"); !bind) {
    return bind.error();
  }
  if (!options.data_dir.empty()) environment["AXONFLOW_DATA_DIR"] = options.data_dir;
  if (options.port != 0) environment["PORT"] = std::to_string(options.port);
  // The built-in posture only warns; who tries the product out wants to see it act. A posture that
  // the operator chose stands.
  if (!environment.contains("AXONFLOW_PROFILE") && !environment.contains("AXONFLOW_ENFORCE")) {
    environment.try_emplace("PII_ACTION", "redact");
    environment.try_emplace("SQLI_ACTION", "block");
  }
  return settings::Settings::Load(environment);
}

}  // namespace

ExitCode RunServe(const ServeOptions& options) {
  const Result<Node> node = LoadNode("");
  if (!node) return Fail(node.error());
  if (!node->settings.IsSet("DEPLOYMENT_MODE")) {
    return Fail(ExitCode::kUsage, MissingModeMessage());
  }
  if (!options.check) return static_cast<ExitCode>(app::Serve(node->settings));
  if (const Status startable = CanStart(*node); !startable) return Fail(startable.error());
  Print("`axonflow serve` can start here");
  return ExitCode::kOk;
}

ExitCode RunDev(const DevOptions& options) {
  Result<settings::Settings> settings = DevSettings(options);
  if (!settings) return Fail(settings.error());
  if (const Status resolved = secrets::ResolveSecretSettings(*settings); !resolved) {
    return Fail(resolved.error());
  }
  app::DataDirectory directory{settings->String("AXONFLOW_DATA_DIR")};
  OrgId org(settings->String("ORG_ID"));
  const Node node{std::move(*settings), std::move(directory), std::move(org)};
  // First, so that a start that fails does not end the secret that a running server knows.
  if (const Status startable = CanStart(node); !startable) return Fail(startable.error());
  const Result<identity::IssuedClient> issued = IssueDevClient(node);
  if (!issued) return Fail(issued.error());

  Print("AxonFlow for development, community mode, data in " + node.directory.root.string());
  Print("  url            http://127.0.0.1:" + std::to_string(node.settings.Integer("PORT")));
  Print("  client_id      " + issued->client.id.str());
  Print("  client_secret  " + std::string(issued->secret.Reveal()));
  Print("  tenant_id      " + issued->client.tenant.str());
  Print("Try `axonflow demo` in another terminal. Ctrl-C stops the server.");
  return static_cast<ExitCode>(app::Serve(node.settings));
}

}  // namespace axonflow::cli

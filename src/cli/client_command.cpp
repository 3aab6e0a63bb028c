#include <optional>

#include "base/json_writer.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/node.h"

namespace axonflow::cli {
namespace {

void PrintIssued(const identity::IssuedClient& issued, OutputFormat output) {
  if (output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject()
        .Field("client_id", issued.client.id.str())
        .Field("client_secret", issued.secret.Reveal())
        .Field("tenant_id", issued.client.tenant.str())
        .Field("org_id", issued.client.org.str())
        .Field("secret_version", issued.client.secret_version)
        .Field("tenant_created", issued.tenant_created)
        .EndObject();
    Print(json.text());
    return;
  }
  const std::string made = issued.tenant_created ? " (made with it)" : "";
  Print("client_id      " + issued.client.id.str());
  Print("client_secret  " + std::string(issued.secret.Reveal()));
  Print("tenant_id      " + issued.client.tenant.str() + made);
  Print("org_id         " + issued.client.org.str());
  Print("The secret is not stored and cannot be shown again.");
}

void PrintClientsAsJson(const std::vector<identity::ClientRow>& clients) {
  JsonWriter json;
  json.BeginObject().Key("clients").BeginArray();
  for (const identity::ClientRow& client : clients) {
    json.BeginObject()
        .Field("client_id", client.id.str())
        .Field("tenant_id", client.tenant.str())
        .Field("org_id", client.org.str())
        .Field("enabled", client.enabled)
        .Field("secret_version", client.secret_version)
        .Field("created_at", FormatRfc3339(client.created_at))
        .Field("rotated_at", FormatRfc3339(client.rotated_at))
        .EndObject();
  }
  json.EndArray().EndObject();
  Print(json.text());
}

}  // namespace

ExitCode RunClientCreate(const ClientOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Result<identity::IssuedClient> issued =
      directory->clients->CreateClient(options.tenant, options.client);
  if (!issued) return Fail(issued.error());
  PrintIssued(*issued, options.output);
  return ExitCode::kOk;
}

ExitCode RunClientList(const ClientOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  std::optional<TenantId> tenant;
  if (!options.tenant.empty()) tenant = TenantId(options.tenant);
  const Result<std::vector<identity::ClientRow>> clients = directory->clients->ListClients(tenant);
  if (!clients) return Fail(clients.error());
  if (options.output == OutputFormat::kJson) {
    PrintClientsAsJson(*clients);
    return ExitCode::kOk;
  }
  TextTable table({"CLIENT", "TENANT", "STATE", "SECRET", "CREATED", "ROTATED"});
  for (const identity::ClientRow& client : *clients) {
    table.AddRow({client.id.str(), client.tenant.str(), client.enabled ? "enabled" : "disabled",
                  "v" + std::to_string(client.secret_version), FormatRfc3339(client.created_at),
                  FormatRfc3339(client.rotated_at)});
  }
  Print(clients->empty() ? "no clients; `axonflow client create --tenant NAME` makes one"
                         : table.ToString());
  return ExitCode::kOk;
}

ExitCode RunClientRotate(const ClientOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Result<identity::IssuedClient> issued =
      directory->clients->RotateClient(ClientId(options.client));
  if (!issued) return Fail(issued.error());
  PrintIssued(*issued, options.output);
  return ExitCode::kOk;
}

ExitCode RunClientDisable(const ClientOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Status disabled = directory->clients->DisableClient(ClientId(options.client));
  if (!disabled) return Fail(disabled.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("client_id", options.client).Field("enabled", false).EndObject();
    Print(json.text());
  } else {
    Print("client " + options.client + " disabled");
  }
  return ExitCode::kOk;
}

}  // namespace axonflow::cli

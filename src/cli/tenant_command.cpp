#include "base/json_writer.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/node.h"

namespace axonflow::cli {
namespace {

void WriteTenant(JsonWriter& json, const identity::TenantRow& tenant) {
  json.BeginObject()
      .Field("tenant_id", tenant.id.str())
      .Field("org_id", tenant.org.str())
      .Field("enabled", tenant.enabled)
      .Field("created_at", FormatRfc3339(tenant.created_at))
      .EndObject();
}

}  // namespace

ExitCode RunTenantCreate(const TenantOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Result<identity::TenantRow> tenant = directory->clients->CreateTenant(options.tenant);
  if (!tenant) return Fail(tenant.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    WriteTenant(json, *tenant);
    Print(json.text());
  } else {
    Print("tenant " + tenant->id.str() + " created (org " + tenant->org.str() + ")");
  }
  return ExitCode::kOk;
}

ExitCode RunTenantList(const NodeOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Result<std::vector<identity::TenantRow>> tenants = directory->clients->ListTenants();
  if (!tenants) return Fail(tenants.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Key("tenants").BeginArray();
    for (const identity::TenantRow& tenant : *tenants) WriteTenant(json, tenant);
    json.EndArray().EndObject();
    Print(json.text());
    return ExitCode::kOk;
  }
  TextTable table({"TENANT", "ORG", "STATE", "CREATED"});
  for (const identity::TenantRow& tenant : *tenants) {
    table.AddRow({tenant.id.str(), tenant.org.str(), tenant.enabled ? "enabled" : "disabled",
                  FormatRfc3339(tenant.created_at)});
  }
  Print(tenants->empty() ? "no tenants; `axonflow client create --tenant NAME` makes one"
                         : table.ToString());
  return ExitCode::kOk;
}

ExitCode RunTenantDisable(const TenantOptions& options) {
  const Result<OpenDirectory> directory = OpenClientDirectory(options.data_dir);
  if (!directory) return Fail(directory.error());
  const Status disabled = directory->clients->DisableTenant(TenantId(options.tenant));
  if (!disabled) return Fail(disabled.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("tenant_id", options.tenant).Field("enabled", false).EndObject();
    Print(json.text());
  } else {
    Print("tenant " + options.tenant + " disabled");
  }
  return ExitCode::kOk;
}

}  // namespace axonflow::cli

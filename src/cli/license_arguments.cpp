#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/license_command.h"

namespace axonflow::cli {
namespace {

void AddKeygen(CLI::App* license, Picked& picked) {
  auto options = std::make_shared<LicenseKeygenOptions>();
  CLI::App* command = license->add_subcommand(
      "keygen", "Make a key that signs licences, and print its public half.");
  AddOutput(command, *options);
  command->add_option("--out", options->out, "File for the private key; must not exist")
      ->required()
      ->type_name("FILE");
  command->add_option("--key-id", options->key_id, "Name of the key (default: made up)")
      ->type_name("ID");
  OnPicked<LicenseKeygenOptions>(picked, command, options, RunLicenseKeygen);
  command->footer(
      "The private key is PKCS #8 in PEM with mode 0600. It never belongs on a server.\n\n"
      "Example:\n  axonflow license keygen --out license-signing.pem --key-id full-2026");
}

void AddIssue(CLI::App* license, Picked& picked) {
  auto options = std::make_shared<LicenseIssueOptions>();
  CLI::App* command = license->add_subcommand("issue", "Sign a licence key and print it.");
  AddOutput(command, *options);
  const auto text = [command](const char* name, std::string& target, const char* meaning,
                              const char* type) {
    return command->add_option(name, target, meaning)->type_name(type);
  };
  text("--key", options->key_file, "The private key, as keygen wrote it", "FILE")->required();
  text("--org", options->org, "The organisation it is for", "ORG")->required();
  text("--tier", options->tier, "Evaluation, Professional, Enterprise or Plus", "TIER")->required();
  text("--expires", options->expires, "First day on which it is no longer valid", "YYYYMMDD");
  command->add_option("--days", options->days, "Days from today, where there is no --expires")
      ->check(CLI::Range(1, 36500).description(""))
      ->type_name("DAYS")
      ->capture_default_str();
  text("--audience", options->audience, "What it may be used for", "AUDIENCE")
      ->capture_default_str();
  text("--id", options->id, "Its id (default: made up)", "ID");
  text("--tenant", options->tenant, "Only for this tenant", "TENANT");
  text("--service-name", options->service_name, "The service that uses it", "NAME");
  text("--service-type", options->service_type,
       "client-application, backend-service or integration", "TYPE");
  text("--email", options->email, "Whom to write to", "ADDRESS");
  text("--email2", options->email2, "Whom else", "ADDRESS");
  text("--deployment-id", options->deployment_id, "The deployment it is for", "ID");
  command->add_option("--permission", options->permissions, "mcp:<connector>:<operation>")
      ->type_name("PERMISSION")
      ->allow_extra_args(false);
  command->add_option("--limit", options->limits, "A limit of the tier to change")
      ->type_name("NAME=NUMBER")
      ->allow_extra_args(false);
  OnPicked<LicenseIssueOptions>(picked, command, options, RunLicenseIssue);
  command->footer(
      "Examples:\n"
      "  axonflow license issue --key license-signing.pem --org acme --tier Enterprise\n"
      "  axonflow license issue --key eval.pem --org acme --tier Evaluation --days 30 -o json");
}

void AddReading(CLI::App* command, LicenseReadOptions& options) {
  AddOutput(command, options);
  command
      ->add_option("LICENSE", options.licence,
                   "The key; - reads standard input (default: AXONFLOW_LICENSE_KEY)")
      ->type_name("");
  command
      ->add_option("--public-key", options.public_keys,
                   "A key that may sign paid tiers (default: AXONFLOW_LICENSE_PUBLIC_KEYS)")
      ->type_name("ID:BASE64")
      ->allow_extra_args(false);
  command
      ->add_option("--evaluation-key", options.evaluation_keys,
                   "A key that may sign Evaluation (default: AXONFLOW_LICENSE_EVALUATION_KEYS)")
      ->type_name("ID:BASE64")
      ->allow_extra_args(false);
  command
      ->add_option("--revocations", options.revocations,
                   "The list of revoked licences (default: AXONFLOW_LICENSE_REVOCATIONS)")
      ->type_name("FILE");
}

void AddInspectAndVerify(CLI::App* license, Picked& picked) {
  auto inspect = std::make_shared<LicenseReadOptions>();
  CLI::App* inspect_command =
      license->add_subcommand("inspect", "Show what a licence says, expired or revoked ones too.");
  AddReading(inspect_command, *inspect);
  OnPicked<LicenseReadOptions>(picked, inspect_command, inspect, RunLicenseInspect);
  inspect_command->footer(
      "Shows nothing of a licence that no known key signed, and exits 1.\n\n"
      "Example:\n  axonflow license inspect --public-key full-2026:BASE64 - < license.txt");

  auto verify = std::make_shared<LicenseReadOptions>();
  CLI::App* verify_command =
      license->add_subcommand("verify", "Say whether a licence is valid; exit 1 when it is not.");
  AddReading(verify_command, *verify);
  verify_command->add_option("--org", verify->org, "It must be for this organisation")
      ->type_name("ORG");
  OnPicked<LicenseReadOptions>(picked, verify_command, verify, RunLicenseVerify);
  verify_command->footer(
      "Examples:\n"
      "  AXONFLOW_LICENSE_KEY=AXON-... axonflow license verify --org acme\n"
      "  axonflow license verify - -o json < license.txt");
}

void AddRevoke(CLI::App* license, Picked& picked) {
  auto options = std::make_shared<LicenseRevokeOptions>();
  CLI::App* command =
      license->add_subcommand("revoke", "Add licences to the signed list of revoked ones.");
  AddOutput(command, *options);
  command->add_option("--key", options->key_file, "The private key of paid tiers")
      ->required()
      ->type_name("FILE");
  command->add_option("--list", options->list, "The list; made when it does not exist")
      ->required()
      ->type_name("FILE");
  command->add_option("--id", options->ids, "Id of a licence")
      ->type_name("ID")
      ->allow_extra_args(false);
  command->add_option("--license", options->licences, "A whole licence key, where it has no id")
      ->type_name("KEY")
      ->allow_extra_args(false);
  OnPicked<LicenseRevokeOptions>(picked, command, options, RunLicenseRevoke);
  command->footer(
      "Servers read the list from AXONFLOW_LICENSE_REVOCATIONS, and again when it changes.\n\n"
      "Example:\n"
      "  axonflow license revoke --key license-signing.pem --list revoked.txt --id lic-1");
}

}  // namespace

void AddLicenseCommands(CLI::App& app, Picked& picked) {
  CLI::App* license = AddGroup(app, "license", "Issue, inspect, verify or revoke licence keys.",
                               "Examples:\n  axonflow license verify - < license.txt\n"
                               "  axonflow license keygen --out license-signing.pem");
  AddKeygen(license, picked);
  AddIssue(license, picked);
  AddInspectAndVerify(license, picked);
  AddRevoke(license, picked);
}

}  // namespace axonflow::cli

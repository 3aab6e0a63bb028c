#include "cli/arguments.h"

namespace axonflow::cli {
namespace {

void AddKeys(CLI::App* command, std::vector<std::string>& keys) {
  command
      ->add_option("--key", keys,
                   "Public key of the log, base64; the current one is at /api/v1/audit/signing-key")
      ->type_name("BASE64");
}

void AddExport(CLI::App* audit, Picked& picked) {
  auto options = std::make_shared<AuditExportOptions>();
  CLI::App* command = audit->add_subcommand(
      "export", "Write a tenant's records with the proofs that somebody else can check.");
  AddDataDir(command, options->data_dir);
  command->add_option("--tenant", options->tenant, "Whose log")->required()->type_name("TENANT");
  command->add_option("--first", options->first, "First record of the log, counted from 0")
      ->type_name("INDEX");
  command->add_option("--end", options->end, "One behind the last record (default: all)")
      ->type_name("INDEX");
  command->add_option("-f,--file", options->file, "File to write (default: standard output)")
      ->type_name("FILE");
  OnPicked<AuditExportOptions>(picked, command, options, RunAuditExport);
  command->footer(
      "Works beside a running server; ends at the newest signed head. docs/evidence.md describes\n"
      "the format.\n\n"
      "Examples:\n"
      "  axonflow audit export --tenant shop --file shop.jsonl\n"
      "  axonflow audit verify --export shop.jsonl --key BASE64");
}

void AddVerify(CLI::App* audit, Picked& picked) {
  auto options = std::make_shared<AuditVerifyOptions>();
  CLI::App* command = audit->add_subcommand(
      "verify", "Check that journal and store are whole and agree, or check an export offline.");
  AddNode(command, *options);
  command->add_option("--export", options->export_file, "An export to check instead")
      ->type_name("FILE");
  AddKeys(command, options->keys);
  command
      ->add_option("--known-head", options->known_head,
                   "Checkpoint of the same log that was kept earlier")
      ->type_name("FILE");
  OnPicked<AuditVerifyOptions>(picked, command, options, RunAuditVerify);
  command->footer(
      "Changes nothing. Works beside a running server. Exit code 1: something is broken. Of an\n"
      "export also 2: nothing is broken, but not everything is signed. Without --key an export is\n"
      "believed about its own key.\n\n"
      "Examples:\n"
      "  axonflow audit verify\n"
      "  axonflow audit verify --data-dir /backup/axonflow\n"
      "  axonflow audit verify --export shop.jsonl --key BASE64 --known-head shop.checkpoint");
}

void AddWitness(CLI::App* audit, Picked& picked) {
  auto options = std::make_shared<AuditWitnessOptions>();
  CLI::App* command = audit->add_subcommand(
      "witness", "Remember the newest checkpoint of a server; refuse a second history.");
  command->add_option("--url", options->url, "Base URL of the server")
      ->type_name("URL")
      ->capture_default_str();
  command->add_option("--client-id", options->client_id, "Credential")->type_name("ID");
  command->add_option("--client-secret", options->client_secret, "Credential")
      ->type_name("SECRET")
      ->envname("AXONFLOW_CLIENT_SECRET");
  AddKeys(command, options->keys);
  command->add_option("--state", options->state, "File with the last checkpoint")
      ->required()
      ->type_name("FILE");
  OnPicked<AuditWitnessOptions>(picked, command, options, RunAuditWitness);
  command->footer(
      "Run it from another machine, again and again. Exit code 1 means that records were taken\n"
      "away or changed since the last time, or that the key is not the given one; the state stays\n"
      "as it was then.\n\n"
      "Examples:\n"
      "  axonflow audit witness --key BASE64 --state shop.checkpoint");
}

}  // namespace

void AddEvidenceCommands(CLI::App* audit, Picked& picked) {
  AddExport(audit, picked);
  AddVerify(audit, picked);
  AddWitness(audit, picked);
}

}  // namespace axonflow::cli

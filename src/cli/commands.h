#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output.h"

// One function a command. Each prints its result to standard output, what went wrong to standard
// error, and returns the exit code. main.cpp and *_arguments.cpp read the arguments.
namespace axonflow::cli {

struct ResultOptions {
  OutputFormat output = OutputFormat::kText;
};

// Commands that work on one node's files.
struct NodeOptions : ResultOptions {
  std::string data_dir;  // empty: AXONFLOW_DATA_DIR, else its default
};

ExitCode RunVersion(const ResultOptions& options);

// Every route of the server with the credential it asks for.
ExitCode RunRoutes(const ResultOptions& options);

struct ServeOptions {
  bool check = false;  // only say whether it could start
};
// Serves until SIGTERM or SIGINT.
ExitCode RunServe(const ServeOptions& options);

struct DevOptions {
  std::string data_dir;
  std::uint16_t port = 0;  // 0: PORT, else its default
};
ExitCode RunDev(const DevOptions& options);

struct DemoOptions : ResultOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string client_id;
  std::string client_secret;
  int wait_s = 0;  // how long to wait for the server to get ready, at most
};
ExitCode RunDemo(const DemoOptions& options);

struct SettingsOptions : ResultOptions {
  bool docs = false;  // the Markdown page instead of the values
};
ExitCode RunSettings(const SettingsOptions& options);
ExitCode RunSettingsCheck(const ResultOptions& options);

struct PolicyLintOptions : ResultOptions {
  std::vector<std::string> files;  // or folders of .yaml files; empty: the built-in catalogue
};
ExitCode RunPolicyLint(const PolicyLintOptions& options);

struct PolicyTestOptions : ResultOptions {
  std::string text;  // "-": standard input
  std::string phase = "request";
  std::string plane = "gateway";
  bool sql_tool = false;
  std::vector<std::string> files;  // empty: AXONFLOW_POLICIES_DIR, else the built-in catalogue
};
ExitCode RunPolicyTest(const PolicyTestOptions& options);

// Whose own policies are meant.
struct PolicyOwnerOptions : NodeOptions {
  std::string tenant;           // empty with the tier organization
  std::string tier = "tenant";  // or "organization"
};
ExitCode RunPolicyExport(const PolicyOwnerOptions& options);

struct PolicyCodeOptions : PolicyOwnerOptions {
  std::vector<std::string> files;  // or folders of .yaml files
  bool keep_absent = false;        // leave alone what the files do not hold
  bool yes = false;                // apply without a question
  std::string author;              // of the change; empty: "cli:<login>"
};
ExitCode RunPolicyPlan(const PolicyCodeOptions& options);
ExitCode RunPolicyDiff(const PolicyCodeOptions& options);
ExitCode RunPolicyApply(const PolicyCodeOptions& options);

struct PolicyBacktestOptions : NodeOptions {
  std::string tenant;              // empty: all tenants of the organisation
  std::vector<std::string> files;  // empty: the policies as they are
  std::string since;               // "24h" or RFC 3339; empty: as far back as `limit` reaches
  std::int64_t limit = 1'000;      // decisions, or lines of `input`
  std::string input;               // a file of decisions instead of the recorded ones
  bool replace = false;            // without own policies that the files do not hold
  bool fail_on_change = false;
};
ExitCode RunPolicyBacktest(const PolicyBacktestOptions& options);

struct AuditTailOptions : NodeOptions {
  std::string tenant;  // empty: all tenants of the organisation
  bool follow = false;
  std::int64_t count = 20;
};
ExitCode RunAuditTail(const AuditTailOptions& options);
struct AuditVerifyOptions : NodeOptions {
  std::string export_file;        // empty: the node's journal and store
  std::vector<std::string> keys;  // public keys that count; empty: the one in the export
  std::string known_head;         // file with a checkpoint, or empty
};
ExitCode RunAuditVerify(const AuditVerifyOptions& options);
// The part of RunAuditVerify for exports.
ExitCode VerifyExportFile(const AuditVerifyOptions& options);

struct AuditExportOptions {
  std::string data_dir;  // empty: AXONFLOW_DATA_DIR, else its default
  std::string tenant;
  std::uint64_t first = 0;
  std::uint64_t end = 0;  // 0: all
  std::string file;       // empty or "-": standard output
};
ExitCode RunAuditExport(const AuditExportOptions& options);

struct AuditWitnessOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> keys;
  std::string state;
};
ExitCode RunAuditWitness(const AuditWitnessOptions& options);

ExitCode RunDoctor(const NodeOptions& options);

struct TenantOptions : NodeOptions {
  std::string tenant;
};
ExitCode RunTenantCreate(const TenantOptions& options);
ExitCode RunTenantList(const NodeOptions& options);
ExitCode RunTenantDisable(const TenantOptions& options);

struct ClientOptions : NodeOptions {
  std::string tenant;
  std::string client;  // for create: the client id to use, empty = made up
};
ExitCode RunClientCreate(const ClientOptions& options);
ExitCode RunClientList(const ClientOptions& options);
ExitCode RunClientRotate(const ClientOptions& options);
ExitCode RunClientDisable(const ClientOptions& options);

}  // namespace axonflow::cli

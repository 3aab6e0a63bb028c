#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/nearest.h"

namespace axonflow::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 ok; 1 the check failed or the answer is no; 2 wrong arguments or settings;\n"
    "3 a file, the database or the server is not reachable; 70 internal error.";

constexpr const char* kGettingStarted =
    "Getting started:\n"
    "  axonflow dev                      try it here: loopback, data in ./var, credentials "
    "printed\n"
    "  axonflow demo                     send three prompts to it from another terminal\n"
    "  axonflow doctor                   find out what is wrong\n"
    "  axonflow settings --docs          every setting with its meaning\n"
    "  axonflow client create --tenant shop\n"
    "                                    credentials for an application\n"
    "  axonflow audit tail --follow      watch decisions as they are made\n\n";

// Owns the argument parser and the command that the arguments picked.
class CommandLine {
 public:
  CommandLine();
  ExitCode Run(int argc, char** argv);

 private:
  template <typename Options>
  void OnPicked(CLI::App* command, std::shared_ptr<Options> options,
                ExitCode (*run)(const Options&)) {
    cli::OnPicked(run_, command, std::move(options), run);
  }

  void AddServing();
  void AddDemo();
  void AddSettings();
  void AddAudit();
  void AddDoctor();
  void AddTenant();
  void AddClient();
  bool SuggestForUnknownCommand(int argc, char** argv) const;

  CLI::App app_{
      "AxonFlow: decides which prompts and tool calls AI applications may make, and keeps the "
      "record.",
      "axonflow"};
  Picked run_;
};

CommandLine::CommandLine() {
  app_.require_subcommand(1);
  app_.footer(std::string(kGettingStarted) +
              "Every command has --help with examples. docs/cli.md describes all of them.\n" +
              kExitCodes);
  AddServing();
  AddDemo();
  AddSettings();
  AddPolicyCommands(app_, run_);
  AddMigrateCommands(app_, run_);
  AddKeysCommands(app_, run_);
  AddLicenseCommands(app_, run_);
  AddAudit();
  AddDoctor();
  AddTenant();
  AddClient();
}

void CommandLine::AddServing() {
  CLI::App* serve = app_.add_subcommand(
      "serve",
      "Run the server. All settings come from the environment; DEPLOYMENT_MODE is needed.");
  auto serve_options = std::make_shared<ServeOptions>();
  serve->add_flag("--check", serve_options->check,
                  "Only say whether it could start: settings, port, journal not in use");
  OnPicked<ServeOptions>(serve, serve_options, RunServe);
  serve->footer(
      "Listens on loopback unless AXONFLOW_BIND_ADDRESS says otherwise; there is no TLS.\n"
      "The modes saas and community-saas are known but not served by this version.\n"
      "Stops on SIGTERM or Ctrl-C: finishes what is in flight and syncs the journal first.\n\n"
      "Examples:\n"
      "  DEPLOYMENT_MODE=community axonflow serve\n"
      "  DEPLOYMENT_MODE=enterprise PORT=8099 AXONFLOW_DATA_DIR=/srv/axonflow axonflow serve\n"
      "  DEPLOYMENT_MODE=community axonflow serve --check\n\n"
      "Does not start? `axonflow settings check` lists what is wrong with the settings,\n"
      "`axonflow doctor` what is wrong with the machine.");

  auto dev = std::make_shared<DevOptions>();
  CLI::App* dev_command = app_.add_subcommand(
      "dev", "Run the server for trying it out: community mode, loopback, credentials printed.");
  AddDataDir(dev_command, dev->data_dir);
  dev_command->add_option("--port", dev->port, "Port to listen on (default: PORT, else 8080)")
      ->check(CLI::Range(1, 65535).description(""))
      ->type_name("PORT");
  OnPicked<DevOptions>(dev_command, dev, RunDev);
  dev_command->footer(
      "Makes the client \"dev\" of tenant \"dev\" and gives it a new secret at every start, once\n"
      "it is sure that nothing stands in the way of the start.\n"
      "Unless you set a posture, personal data is redacted and SQL injection blocked.\n"
      "Not for production: in community mode callers need no credentials.\n\n"
      "Examples:\n"
      "  axonflow dev\n"
      "  axonflow dev --port 8099 --data-dir /tmp/try");

  auto version = std::make_shared<ResultOptions>();
  CLI::App* version_command = app_.add_subcommand("version", "Print the version.");
  AddOutput(version_command, *version);
  OnPicked<ResultOptions>(version_command, version, RunVersion);
  version_command->footer("Examples:\n  axonflow version\n  axonflow version -o json");

  auto routes = std::make_shared<ResultOptions>();
  CLI::App* routes_command = app_.add_subcommand(
      "routes", "Print every route of the server with the credential that it asks for.");
  AddOutput(routes_command, *routes);
  OnPicked<ResultOptions>(routes_command, routes, RunRoutes);
  routes_command->footer("Examples:\n  axonflow routes\n  axonflow routes -o json");
}

void CommandLine::AddDemo() {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* demo = app_.add_subcommand(
      "demo", "Send three prompts to a running server and check the verdicts and audit records.");
  AddOutput(demo, *options);
  demo->add_option("--url", options->url, "Address of the server")
      ->type_name("URL")
      ->capture_default_str();
  demo->add_option("--client-id", options->client_id,
                   "Client to authenticate as; not needed in community mode")
      ->type_name("ID")
      ->envname("AXONFLOW_CLIENT_ID");
  demo->add_option("--client-secret", options->client_secret,
                   "Its secret. Better given in the environment: arguments show in `ps`")
      ->type_name("SECRET")
      ->envname("AXONFLOW_CLIENT_SECRET");
  demo->add_option("--wait", options->wait_s, "Wait at most so long for the server to get ready")
      ->check(CLI::Range(0, 600).description(""))
      ->type_name("SECONDS")
      ->capture_default_str();
  OnPicked<DemoOptions>(demo, options, RunDemo);
  demo->footer(
      "Sends a harmless prompt, one with a test card number and one with SQL injection. Exits 1 "
      "when\n"
      "a verdict or an audit record is not as expected, for example because PII_ACTION or\n"
      "SQLI_ACTION of the server only warn.\n\n"
      "Examples:\n"
      "  axonflow demo\n"
      "  AXONFLOW_CLIENT_SECRET=... axonflow demo --url http://127.0.0.1:8099 --client-id shop-1");
}

void CommandLine::AddSettings() {
  auto options = std::make_shared<SettingsOptions>();
  CLI::App* settings = app_.add_subcommand(
      "settings", "Print every setting with the value in force and where it comes from.");
  AddOutput(settings, *options);
  settings->add_flag("--docs", options->docs, "Print the page that describes all settings instead");

  auto check_options = std::make_shared<ResultOptions>();
  CLI::App* check = settings->add_subcommand(
      "check", "Only say whether the settings are usable (exit 2 if not).");
  AddOutput(check, *check_options);
  check->footer(
      "Names as well what is allowed and has no effect in this version.\n\n"
      "Examples:\n"
      "  DEPLOYMENT_MODE=community axonflow settings check\n"
      "  AXONFLOW_CONFIG_FILE=axonflow.yaml axonflow settings check -o json");
  settings->callback([this, options, check_options, check] {
    if (check->parsed()) {
      run_ = [check_options] { return RunSettingsCheck(*check_options); };
    } else {
      run_ = [options] { return RunSettings(*options); };
    }
  });
  settings->footer(
      "Secrets are never printed, only whether they are set.\n\n"
      "Examples:\n"
      "  axonflow settings\n"
      "  AXONFLOW_CONFIG_FILE=axonflow.yaml axonflow settings check\n"
      "  axonflow settings --docs | less");
}

void CommandLine::AddAudit() {
  CLI::App* audit = AddGroup(app_, "audit", "Read or verify the record of decisions.",
                             "Examples:\n  axonflow audit tail\n  axonflow audit verify");

  auto tail = std::make_shared<AuditTailOptions>();
  CLI::App* tail_command =
      audit->add_subcommand("tail", "Print the latest decisions, oldest first.");
  AddNode(tail_command, *tail);
  tail_command->add_option("--tenant", tail->tenant, "Only this tenant (default: all)")
      ->type_name("TENANT");
  tail_command->add_option("-n,--lines", tail->count, "How many to print")
      ->check(CLI::Range(1, 10000).description(""))
      ->type_name("COUNT")
      ->capture_default_str();
  tail_command->add_flag("-f,--follow", tail->follow, "Go on printing what comes, until Ctrl-C");
  OnPicked<AuditTailOptions>(tail_command, tail, RunAuditTail);
  tail_command->footer(
      "Works beside a running server. With -o json each line is one JSON object.\n\n"
      "Examples:\n"
      "  axonflow audit tail -n 50\n"
      "  axonflow audit tail --follow --tenant shop\n"
      "  axonflow audit tail -n 1000 -o json | grep '\"verdict\":\"blocked\"'");

  AddEvidenceCommands(audit, run_);
}

void CommandLine::AddDoctor() {
  auto options = std::make_shared<NodeOptions>();
  CLI::App* doctor = app_.add_subcommand(
      "doctor", "Check settings, disk, database, journal, policies and port; say what to do.");
  AddNode(doctor, *options);
  OnPicked<NodeOptions>(doctor, options, RunDoctor);
  doctor->footer(
      "Each line is ok, warn or fail. Exits 1 when one is fail. Changes nothing that is stored.\n\n"
      "Examples:\n  DEPLOYMENT_MODE=community axonflow doctor\n  axonflow doctor -o json");
}

void CommandLine::AddTenant() {
  CLI::App* tenant = AddGroup(app_, "tenant", "Create, list or disable tenants.",
                              "Examples:\n  axonflow tenant create shop\n  axonflow tenant list");

  auto create = std::make_shared<TenantOptions>();
  CLI::App* create_command = tenant->add_subcommand("create", "Create a tenant.");
  AddNode(create_command, *create);
  create_command->add_option("NAME", create->tenant, "1 to 128 characters of A-Z a-z 0-9 . _ -")
      ->required()
      ->type_name("");
  OnPicked<TenantOptions>(create_command, create, RunTenantCreate);
  create_command->footer("Example:\n  axonflow tenant create shop");

  auto list = std::make_shared<NodeOptions>();
  CLI::App* list_command = tenant->add_subcommand("list", "List all tenants.");
  AddNode(list_command, *list);
  OnPicked<NodeOptions>(list_command, list, RunTenantList);
  list_command->footer("Examples:\n  axonflow tenant list\n  axonflow tenant list -o json");

  auto disable = std::make_shared<TenantOptions>();
  CLI::App* disable_command =
      tenant->add_subcommand("disable", "Refuse every client of a tenant from now on.");
  AddNode(disable_command, *disable);
  disable_command->add_option("NAME", disable->tenant, "The tenant")->required()->type_name("");
  OnPicked<TenantOptions>(disable_command, disable, RunTenantDisable);
  disable_command->footer("Its records stay readable.\n\nExample:\n  axonflow tenant disable shop");
}

void CommandLine::AddClient() {
  CLI::App* client = AddGroup(app_, "client", "Create, list, rotate or disable API clients.",
                              "Examples:\n  axonflow client create --tenant shop\n"
                              "  axonflow client list");

  auto create = std::make_shared<ClientOptions>();
  CLI::App* create_command = client->add_subcommand(
      "create", "Create a client and print its secret, once. Makes the tenant when it is new.");
  AddNode(create_command, *create);
  create_command->add_option("--tenant", create->tenant, "The tenant it acts for")
      ->required()
      ->type_name("NAME");
  create_command->add_option("--client-id", create->client, "The id to give it (default: made up)")
      ->type_name("ID");
  OnPicked<ClientOptions>(create_command, create, RunClientCreate);
  create_command->footer(
      "Works before the first start and while the server runs. The secret cannot be shown "
      "again.\n\n"
      "Examples:\n"
      "  axonflow client create --tenant shop\n"
      "  axonflow client create --tenant shop -o json > credentials.json");

  auto list = std::make_shared<ClientOptions>();
  CLI::App* list_command = client->add_subcommand("list", "List clients. Secrets are not stored.");
  AddNode(list_command, *list);
  list_command->add_option("--tenant", list->tenant, "Only this tenant (default: all)")
      ->type_name("NAME");
  OnPicked<ClientOptions>(list_command, list, RunClientList);
  list_command->footer(
      "Examples:\n  axonflow client list\n  axonflow client list --tenant shop -o json");

  auto rotate = std::make_shared<ClientOptions>();
  CLI::App* rotate_command =
      client->add_subcommand("rotate", "Give a client a new secret. The old one ends at once.");
  AddNode(rotate_command, *rotate);
  rotate_command->add_option("ID", rotate->client, "The client")->required()->type_name("");
  OnPicked<ClientOptions>(rotate_command, rotate, RunClientRotate);
  rotate_command->footer("Example:\n  axonflow client rotate shop-1f2e3d4c");

  auto disable = std::make_shared<ClientOptions>();
  CLI::App* disable_command = client->add_subcommand("disable", "Refuse this client from now on.");
  AddNode(disable_command, *disable);
  disable_command->add_option("ID", disable->client, "The client")->required()->type_name("");
  OnPicked<ClientOptions>(disable_command, disable, RunClientDisable);
  disable_command->footer("Example:\n  axonflow client disable shop-1f2e3d4c");
}

// Follows the words down the tree of commands. CLI11 would call an unknown command an unexpected
// argument and leave the user to guess.
bool CommandLine::SuggestForUnknownCommand(int argc, char** argv) const {
  const CLI::App* at = &app_;
  std::string path = "axonflow";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    std::vector<std::string> names;  // get_name() answers by value
    const CLI::App* next = nullptr;
    for (const CLI::App* child : at->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(child->get_name());
      if (child->get_name() == word) next = child;
    }
    if (names.empty() || word.starts_with('-')) return false;
    if (next == nullptr) {
      std::string message = "there is no command \"" + path + " " + ForTerminal(word) + "\"";
      const auto nearest = NearestCommand(word, {names.begin(), names.end()});
      message += nearest ? "; did you mean \"" + path + " " + std::string(*nearest) + "\"?"
                         : "; `" + path + " --help` lists the commands";
      Fail(ExitCode::kUsage, message);
      return true;
    }
    at = next;
    path += " " + word;
  }
  return false;
}

ExitCode CommandLine::Run(int argc, char** argv) {
  if (argc == 1) {
    Print(app_.help());
    return ExitCode::kUsage;
  }
  if (argc == 2 && std::string_view(argv[1]) == "--version") return RunVersion({});
  if (SuggestForUnknownCommand(argc, argv)) return ExitCode::kUsage;
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {
    app_.exit(asked_for);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& wrong) {
    std::string path = "axonflow";
    for (const CLI::App* at = &app_; !at->get_subcommands().empty();) {
      at = at->get_subcommands().front();
      path += " " + at->get_name();
    }
    return Fail(ExitCode::kUsage,
                ForTerminal(wrong.what()) + "\nRun `" + path + " --help` for its usage.");
  }
  return run_();
}

}  // namespace
}  // namespace axonflow::cli

int main(int argc, char** argv) {
  using axonflow::cli::ExitCode;
  ExitCode code = ExitCode::kInternal;
  try {
    axonflow::cli::CommandLine command_line;
    code = command_line.Run(argc, argv);
  } catch (const std::exception& unexpected) {
    code = axonflow::cli::Fail(ExitCode::kInternal,
                               std::string("internal error: ") + unexpected.what());
  }
  return static_cast<int>(code);
}

#include <memory>
#include <string>

#include "cli/arguments.h"

namespace axonflow::cli {
namespace {

void AddLint(CLI::App* policy, Picked& picked) {
  auto lint = std::make_shared<PolicyLintOptions>();
  CLI::App* lint_command = policy->add_subcommand(
      "lint", "Run every policy against its own texts; exit 1 when one does not hold.");
  AddOutput(lint_command, *lint);
  lint_command->add_option(
      "FILE", lint->files,
      "Files of own policies or of the catalogue, or folders (default: the built-in "
      "catalogue)");
  OnPicked<PolicyLintOptions>(picked, lint_command, lint, RunPolicyLint);
  lint_command->footer(
      "Exits 2 when a file cannot be read as policies at all.\n\n"
      "Examples:\n  axonflow policy lint\n  axonflow policy lint policies/*.yaml\n"
      "  axonflow policy lint shop.yaml");
}

void AddTest(CLI::App* policy, Picked& picked) {
  auto test = std::make_shared<PolicyTestOptions>();
  CLI::App* test_command = policy->add_subcommand(
      "test", "Show what the policies say about a text, under the posture of the environment.");
  AddOutput(test_command, *test);
  test_command->add_option("TEXT", test->text, "The text; - reads standard input")
      ->required()
      ->type_name("");
  test_command->add_option("--phase", test->phase, "request or response")
      ->check(CLI::IsMember({"request", "response"}).description(""))
      ->type_name("PHASE")
      ->capture_default_str();
  test_command->add_option("--plane", test->plane, "gateway, decision, mcp or proxy")
      ->check(CLI::IsMember({"gateway", "decision", "mcp", "proxy"}).description(""))
      ->type_name("PLANE")
      ->capture_default_str();
  test_command->add_flag("--sql-tool", test->sql_tool, "The text goes to a tool that executes SQL");
  test_command
      ->add_option(
          "--policies", test->files,
          "Files or folders: own policies join the server's, a catalogue takes their place")
      ->type_name("FILE")
      ->allow_extra_args(false);
  OnPicked<PolicyTestOptions>(picked, test_command, test, RunPolicyTest);
  test_command->footer(
      "Exits 0 when the text may pass (as it is or redacted), 1 when it is blocked or needs "
      "approval.\n"
      "Nothing is stored or sent.\n\n"
      "Examples:\n"
      "  axonflow policy test \"my card is 4111 1111 1111 1111\"\n"
      "  SQLI_ACTION=block axonflow policy test - < prompt.txt");
}

void AddOwner(CLI::App* command, PolicyOwnerOptions& options) {
  command->add_option("--tenant", options.tenant, "Whose policies they are")->type_name("NAME");
  command
      ->add_option("--tier", options.tier,
                   "tenant, or organization for the policies of all its tenants")
      ->check(CLI::IsMember({"tenant", "organization"}).description(""))
      ->type_name("TIER")
      ->capture_default_str();
}

// What plan, diff and apply have in common.
void AddCode(CLI::App* command, PolicyCodeOptions& options) {
  AddNode(command, options);
  AddOwner(command, options);
  command->add_flag("--keep-absent", options.keep_absent,
                    "Leave alone the policies that the files do not hold");
  command->add_option("FILE", options.files, "Policy files or folders; together they are one set")
      ->required()
      ->type_name("");
}

void AddPlanAndDiff(CLI::App* policy, Picked& picked) {
  auto plan = std::make_shared<PolicyCodeOptions>();
  CLI::App* command = policy->add_subcommand(
      "plan", "Show what applying the files would change; exit 1 when it is anything.");
  AddCode(command, *plan);
  OnPicked<PolicyCodeOptions>(picked, command, plan, RunPolicyPlan);
  command->footer(
      "Changes nothing. Exits 0 when the store is as the files say, 1 when it is not, 2 when the\n"
      "files are wrong.\n\n"
      "Examples:\n  axonflow policy plan --tenant shop shop.yaml\n"
      "  axonflow policy plan --tier organization rules/ -o json");

  auto diff = std::make_shared<PolicyCodeOptions>();
  CLI::App* diff_command = policy->add_subcommand(
      "diff", "Drift check: where the store has left the files; exit 1 when it has.");
  AddCode(diff_command, *diff);
  OnPicked<PolicyCodeOptions>(picked, diff_command, diff, RunPolicyDiff);
  diff_command->footer(
      "The comparison of `plan`, told from the side of the files: what was changed by hand.\n\n"
      "Example:\n  axonflow policy diff --tenant shop shop.yaml");
}

void AddApply(CLI::App* policy, Picked& picked) {
  auto apply = std::make_shared<PolicyCodeOptions>();
  CLI::App* command = policy->add_subcommand(
      "apply", "Make the stored policies what the files say: all of it or nothing.");
  AddCode(command, *apply);
  command->add_flag("-y,--yes", apply->yes, "Do not ask");
  command->add_option("--author", apply->author, "Who changes them (default: cli:<your login>)")
      ->type_name("NAME");
  OnPicked<PolicyCodeOptions>(picked, command, apply, RunPolicyApply);
  command->footer(
      "Policies that the files do not hold are deleted, unless --keep-absent. Works before the\n"
      "first start; a running server judges by the change within a second.\n\n"
      "Examples:\n  axonflow policy apply --tenant shop shop.yaml\n"
      "  axonflow policy apply --tier organization --yes rules/");
}

void AddExport(CLI::App* policy, Picked& picked) {
  auto options = std::make_shared<PolicyOwnerOptions>();
  CLI::App* command =
      policy->add_subcommand("export", "Print the stored policies as a file that plan can read.");
  AddDataDir(command, options->data_dir);
  AddOwner(command, *options);
  OnPicked<PolicyOwnerOptions>(picked, command, options, RunPolicyExport);
  command->footer(
      "Texts that dynamic policies are tried on stand in files only and are not exported.\n\n"
      "Example:\n  axonflow policy export --tenant shop > shop.yaml");
}

void AddBacktest(CLI::App* policy, Picked& picked) {
  auto options = std::make_shared<PolicyBacktestOptions>();
  CLI::App* command = policy->add_subcommand(
      "backtest", "Show how past decisions would come out under changed policies.");
  AddNode(command, *options);
  command->add_option("--tenant", options->tenant, "Only this tenant (default: all)")
      ->type_name("NAME");
  command
      ->add_option("--since", options->since,
                   "Decisions not older: a span such as 24h or 7d, or an RFC 3339 time")
      ->type_name("WHEN");
  command->add_option("--limit", options->limit, "At most so many, the newest first")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("COUNT")
      ->capture_default_str();
  command
      ->add_option("--input", options->input,
                   "Replay this file of JSON lines instead of recorded decisions; - reads "
                   "standard input")
      ->type_name("FILE");
  command->add_flag("--replace", options->replace,
                    "Leave out own policies that the files do not hold, as apply would");
  command->add_flag("--fail-on-change", options->fail_on_change,
                    "Exit 1 when a decision would come out otherwise");
  command
      ->add_option("FILE", options->files,
                   "Policy files or folders that join the stored ones or take their place")
      ->type_name("");
  OnPicked<PolicyBacktestOptions>(picked, command, options, RunPolicyBacktest);
  command->footer(
      "Changes nothing. Uses the posture of the environment, as the server would.\n\n"
      "Examples:\n  axonflow policy backtest --tenant shop --since 24h shop.yaml\n"
      "  axonflow policy backtest --tenant shop --input decisions.jsonl shop.yaml -o json");
}

}  // namespace

void AddPolicyCommands(CLI::App& app, Picked& picked) {
  CLI::App* policy = AddGroup(app, "policy", "Check, try, compare and change policies as files.",
                              "Examples:\n  axonflow policy lint\n"
                              "  axonflow policy test \"my card is 4111 1111 1111 1111\"\n"
                              "  axonflow policy plan --tenant shop shop.yaml");
  AddLint(policy, picked);
  AddTest(policy, picked);
  AddPlanAndDiff(policy, picked);
  AddApply(policy, picked);
  AddExport(policy, picked);
  AddBacktest(policy, picked);
}

}  // namespace axonflow::cli

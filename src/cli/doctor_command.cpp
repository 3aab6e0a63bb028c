#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/doctor_checks.h"

namespace axonflow::cli {
namespace {

std::vector<Check> RunChecks(const Node& node) {
  std::vector<Check> checks = {CheckSettings(node), CheckDataDirectory(node)};
  std::error_code failed;
  if (std::filesystem::is_directory(node.directory.root, failed)) {
    checks.push_back(CheckSyncTime(node.directory.root));
    checks.push_back(CheckDatabase(node));
    checks.push_back(CheckJournal(node));
  }
  checks.push_back(CheckPolicies(node.settings.String("AXONFLOW_POLICIES_DIR")));
  checks.push_back(CheckPort(node));
  return checks;
}

void PrintAsJson(const std::vector<Check>& checks, bool healthy) {
  JsonWriter json;
  json.BeginObject().Field("healthy", healthy).Key("checks").BeginArray();
  for (const Check& check : checks) {
    json.BeginObject()
        .Field("name", check.name)
        .Field("state", ToString(check.state))
        .Field("finding", check.finding)
        .Field("todo", check.todo)
        .EndObject();
  }
  json.EndArray().EndObject();
  Print(json.text());
}

void PrintAsText(const std::vector<Check>& checks) {
  TextTable table({"STATE", "CHECK", "FINDING"});
  for (const Check& check : checks) {
    table.AddRow({std::string(ToString(check.state)), check.name, check.finding});
    if (!check.todo.empty()) table.AddRow({"", "", "-> " + check.todo});
  }
  Print(table.ToString());
}

}  // namespace

ExitCode RunDoctor(const NodeOptions& options) {
  std::vector<Check> checks;
  const Result<Node> node = LoadNode(options.data_dir);
  if (node) {
    checks = RunChecks(*node);
  } else {
    // Without settings there is no folder and no port to look at, and no other policies.
    checks = {Check{"settings", CheckState::kFail, node.error().message, "correct what is named"},
              CheckPolicies("")};
  }
  const bool healthy = std::none_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.state == CheckState::kFail;
  });
  if (options.output == OutputFormat::kJson) {
    PrintAsJson(checks, healthy);
  } else {
    PrintAsText(checks);
  }
  return healthy ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli

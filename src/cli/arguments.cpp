#include "cli/arguments.h"

#include <string>

namespace axonflow::cli {

void AddOutput(CLI::App* command, ResultOptions& options) {
  const auto choose = [&options](const std::string& word) {
    options.output = word == "json" ? OutputFormat::kJson : OutputFormat::kText;
  };
  command
      ->add_option_function<std::string>("-o,--output", choose,
                                         "How to print the result: text or json")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->default_str("text");
}

void AddDataDir(CLI::App* command, std::string& data_dir) {
  command
      ->add_option("--data-dir", data_dir,
                   "The node's folder (default: AXONFLOW_DATA_DIR, else ./var)")
      ->type_name("DIR");
}

void AddNode(CLI::App* command, NodeOptions& options) {
  AddOutput(command, options);
  AddDataDir(command, options.data_dir);
}

// A command that only groups others: "tenant create".
CLI::App* AddGroup(CLI::App& app, const std::string& name, const std::string& meaning,
                   const std::string& examples) {
  CLI::App* group = app.add_subcommand(name, meaning);
  group->require_subcommand(1);
  group->footer(examples);
  return group;
}

}  // namespace axonflow::cli

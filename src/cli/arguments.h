#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"

// How groups of commands read their arguments. Only main.cpp and *_arguments.cpp include this and,
// with it, CLI11: it costs seconds to compile.
namespace axonflow::cli {

// The command that the arguments picked, ready to run.
using Picked = std::function<ExitCode()>;

template <typename Options>
void OnPicked(Picked& picked, CLI::App* command, std::shared_ptr<Options> options,
              ExitCode (*run)(const Options&)) {
  command->callback([&picked, options, run] { picked = [options, run] { return run(*options); }; });
}

// Options that many commands share.
void AddOutput(CLI::App* command, ResultOptions& options);
void AddDataDir(CLI::App* command, std::string& data_dir);
void AddNode(CLI::App* command, NodeOptions& options);  // both

// A command that only groups others: "tenant create".
CLI::App* AddGroup(CLI::App& app, const std::string& name, const std::string& meaning,
                   const std::string& examples);

void AddMigrateCommands(CLI::App& app, Picked& picked);
void AddEvidenceCommands(CLI::App* audit, Picked& picked);  // below the group "audit"
void AddPolicyCommands(CLI::App& app, Picked& picked);
void AddKeysCommands(CLI::App& app, Picked& picked);
void AddLicenseCommands(CLI::App& app, Picked& picked);

}  // namespace axonflow::cli

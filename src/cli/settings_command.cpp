#include "settings/settings.h"

#include <chrono>
#include <string>
#include <vector>

#include "app/configuration.h"
#include "base/json_writer.h"
#include "cli/commands.h"

namespace axonflow::cli {
namespace {

// In the largest unit that divides it, as the settings take it: "90s", "5m".
std::string DurationText(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count % 1'000 != 0) return std::to_string(count) + "ms";
  if (count == 0 || count % 60'000 != 0) return std::to_string(count / 1'000) + "s";
  return std::to_string(count / 60'000) + "m";
}

// The value in force as text. Of a secret only whether there is one.
std::string ValueText(const settings::Settings& settings, const settings::Setting& setting) {
  const std::string_view name = setting.variable;
  switch (setting.type) {
    case settings::Type::kSecret:
      return settings.IsSet(name) ? "(set)" : "";
    case settings::Type::kBool:
      if (!settings.IsSet(name) && setting.default_value.empty()) return "";
      return settings.Bool(name) ? "true" : "false";
    case settings::Type::kInteger:
      if (!settings.IsSet(name) && setting.default_value.empty()) return "";
      return std::to_string(settings.Integer(name));
    case settings::Type::kDuration:
      if (!settings.IsSet(name) && setting.default_value.empty()) return "";
      return DurationText(settings.Duration(name));
    case settings::Type::kList: {
      std::string joined;
      for (const std::string& item : settings.List(name)) {
        if (!joined.empty()) joined += ',';
        joined += item;
      }
      return joined;
    }
    case settings::Type::kString:
    case settings::Type::kPath:
    case settings::Type::kEnum:
      break;
  }
  return settings.String(name);
}

// Whether the server would take them: each for itself, and all together.
Status CanServe(const Result<settings::Settings>& settings) {
  if (!settings) return settings.error();
  const auto configuration = app::Configure(*settings);
  if (!configuration) return configuration.error();
  return {};
}

}  // namespace

ExitCode RunSettings(const SettingsOptions& options) {
  if (options.docs) {
    Print(settings::DocumentationPage());
    return ExitCode::kOk;
  }
  const auto settings = settings::Settings::Load(settings::ProcessEnvironment());
  if (!settings) return Fail(settings.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Key("settings").BeginArray();
    for (const settings::Setting& setting : settings::Table()) {
      json.BeginObject()
          .Field("variable", setting.variable)
          .Field("yaml_key", setting.yaml_key)
          .Field("value", ValueText(*settings, setting))
          .Field("source", settings->Source(setting.variable))
          .Field("secret", setting.type == settings::Type::kSecret)
          .Field("meaning", setting.meaning)
          .EndObject();
    }
    json.EndArray().EndObject();
    Print(json.text());
    return ExitCode::kOk;
  }
  TextTable table({"VARIABLE", "VALUE", "SOURCE"});
  for (const settings::Setting& setting : settings::Table()) {
    std::string value = ValueText(*settings, setting);
    table.AddRow({std::string(setting.variable), value.empty() ? "-" : std::move(value),
                  std::string(settings->Source(setting.variable))});
  }
  Print(table.ToString());
  return ExitCode::kOk;
}

ExitCode RunSettingsCheck(const ResultOptions& options) {
  const auto settings = settings::Settings::Load(settings::ProcessEnvironment());
  const Status usable = CanServe(settings);
  const auto warnings = settings ? settings->Warnings() : std::vector<std::string>();
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("ok", usable.ok());
    json.Field("problems", usable ? std::string() : usable.error().message);
    json.Key("warnings").BeginArray();
    for (const std::string& warning : warnings) json.String(warning);
    json.EndArray().EndObject();
    Print(json.text());
    return usable ? ExitCode::kOk : ExitCodeFor(usable.error().code);
  }
  // With the result, not with the errors: the command succeeds, and this is what it found out.
  for (const std::string& warning : warnings) Print("warning: " + ForTerminal(warning));
  if (!usable) return Fail(usable.error());
  Print("`axonflow serve` can start with these settings");
  return ExitCode::kOk;
}

}  // namespace axonflow::cli

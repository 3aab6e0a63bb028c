#include <string>

#include "settings/names.h"
#include "settings/settings.h"

namespace axonflow::settings {
namespace {

std::string_view Name(Type type) {
  switch (type) {
    case Type::kString:
      return "text";
    case Type::kBool:
      return "`true` or `false`";
    case Type::kInteger:
      return "integer";
    case Type::kDuration:
      return "duration";
    case Type::kPath:
      return "path";
    case Type::kEnum:
      return "one of";
    case Type::kList:
      return "list with commas";
    case Type::kSecret:
      return "secret";
  }
  return "text";
}

std::string TypeText(const Setting& setting) {
  std::string text(Name(setting.type));
  std::string_view separator = " ";
  for (const std::string_view word : setting.accepted) {
    text.append(separator).append("`").append(word).append("`");
    separator = ", ";
  }
  if (setting.min == 0 && setting.max == 0) return text;
  const std::string_view unit = setting.type == Type::kDuration ? " ms" : "";
  text += ", " + std::to_string(setting.min) + " to " + std::to_string(setting.max);
  return text.append(unit);
}

std::string Code(std::string_view text) {
  return text.empty() ? "-" : "`" + std::string(text) + "`";
}

std::string_view Section(const Setting& setting) {
  return setting.yaml_key.substr(0, setting.yaml_key.find('.'));
}

void AppendNames(std::string& page, std::span<const std::string_view> names) {
  std::string_view separator;
  for (const std::string_view name : names) {
    page.append(separator).append(Code(name));
    separator = ", ";
  }
  page += ".\n";
}

void AppendUnsupported(std::string& page) {
  page += "\n| Variable | May be set to |\n| --- | --- |\n";
  for (const UnsupportedVariable& variable : UnsupportedVariables()) {
    page.append("| ").append(Code(variable.name)).append(" | ");
    std::string_view separator;
    for (const std::string_view word : variable.harmless) {
      page.append(separator).append(Code(word));
      separator = ", ";
    }
    page += variable.harmless.empty() ? "- |\n" : " |\n";
  }
}

}  // namespace

std::string DocumentationPage() {
  std::string page =
      "# Settings\n\n"
      "This page is printed by `axonflow settings --docs`; change `src/settings/table.cpp`, not "
      "the "
      "page.\n\n"
      "Every setting is an environment variable. `AXONFLOW_CONFIG_FILE` may name a YAML file with "
      "the "
      "nested keys below; the environment goes before it. An empty variable counts as unset. A "
      "duration is written as in `30s`, `5m`, `1h30m` or `500ms`. An unknown `AXONFLOW_*` "
      "variable, an "
      "unknown key and a value that does not fit stop the start; all problems are reported at "
      "once.\n\n"
      "| Variable | YAML key | Type | Default | Meaning |\n"
      "| --- | --- | --- | --- | --- |\n";
  std::string_view section;
  for (const Setting& setting : Table()) {
    if (!setting.yaml_key.empty() && Section(setting) != section) {
      section = Section(setting);
      page += "| **" + std::string(section) + "** | | | | |\n";
    }
    page += "| `" + std::string(setting.variable) + "` | " + Code(setting.yaml_key) + " | " +
            TypeText(setting) + " | " + Code(setting.default_value) + " | " +
            std::string(setting.meaning) + " |\n";
  }
  page +=
      "\n## Known and ignored\n\nThe official clients and plugins read these for themselves; the "
      "server "
      "does not:\n";
  AppendNames(page, ClientVariables());
  page +=
      "\n## Known, without effect in this version\n\nThey may be set; one warning at start names "
      "those "
      "that are, and `HIGH_RISK_ACTION` and the `high_risk` of `AXONFLOW_ENFORCE`:\n";
  AppendNames(page, VariablesWithoutEffect());
  page +=
      "\n## Known, not supported in this version\n\nThey ask for a protection that this version "
      "does not have, so they stop the start. Only the values named here, which ask for nothing, "
      "are let through:\n";
  AppendUnsupported(page);
  page.pop_back();
  return page;
}

}  // namespace axonflow::settings

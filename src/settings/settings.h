#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace axonflow::settings {

enum class Type { kString, kBool, kInteger, kDuration, kPath, kEnum, kList, kSecret };

// One row of the table that everything else is generated from: parsing, --help, docs/settings.md.
struct Setting {
  std::string_view variable;  // "PORT"
  std::string_view yaml_key;  // "server.port"
  Type type;
  std::string_view default_value;          // as text; empty = unset
  std::string_view meaning;                // one line
  std::vector<std::string_view> accepted;  // of an enum
  // Of an integer, or of a duration in milliseconds; inclusive. Both 0 = any.
  std::int64_t min = 0, max = 0;
};

std::span<const Setting> Table();

// Values in force, checked. Built once at start, immutable afterwards.
class Settings {
 public:
  // Reads `environment` and, when AXONFLOW_CONFIG_FILE names one, a YAML file below it (environment
  // wins). Fails with every problem at once, one a line: unknown AXONFLOW_* names and unknown YAML
  // keys with the nearest known one, bad values with variable, value (never of a secret) and what
  // is accepted, settings that ask for a protection which this version does not have. Names that
  // only the official clients read are known and ignored.
  static Result<Settings> Load(const std::map<std::string, std::string>& environment);

  // One line for each thing that is allowed but probably not what the operator meant, to be logged
  // at start: settings of other versions that have no effect in this one.
  const std::vector<std::string>& Warnings() const { return warnings_; }

  // Of a variable of the table; a name that is not in it, or of another type, ends the process.
  // String is for the types string, path and enum; secrets come from SecretOf only.
  bool IsSet(std::string_view variable) const;  // by the operator, not by default
  std::string String(std::string_view variable) const;
  bool Bool(std::string_view variable) const;
  std::int64_t Integer(std::string_view variable) const;
  std::chrono::milliseconds Duration(std::string_view variable) const;
  std::vector<std::string> List(std::string_view variable) const;
  Secret SecretOf(std::string_view variable) const;  // empty when unset

  // Puts what a reference stands for in its place. kInvalidArgument, naming the variable, when it
  // will not do as that secret. Only while the settings are made ready.
  Status ReplaceSecret(std::string_view variable, Secret secret);

  // Of the variables that are set and whose name is one of the posture's (see policy/posture.h).
  std::map<std::string, std::string> PostureVariables() const;

  // "env", "file" or "default".
  std::string_view Source(std::string_view variable) const;

 private:
  struct Entry {
    std::string text;
    std::string_view source;
  };
  friend class Loader;

  std::map<std::string, Entry, std::less<>> values_;
  std::map<std::string, Secret, std::less<>> secrets_;
  std::vector<std::string> warnings_;
};

// Every variable of the process, as a map.
std::map<std::string, std::string> ProcessEnvironment();

// The settings page in Markdown (docs/settings.md is this text and a line end).
std::string DocumentationPage();

// The nearest name of the table to `name`, when one is near enough to be a slip of the finger.
std::optional<std::string> NearestVariable(std::string_view name);

}  // namespace axonflow::settings

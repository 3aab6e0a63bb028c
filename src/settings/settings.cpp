#include "settings/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "settings/names.h"
#include "settings/value.h"

namespace axonflow::settings {
namespace {

[[noreturn]] void EndProcess(std::string_view variable) {
  std::fprintf(stderr, "setting %.*s is not in the table or has another type\n",
               static_cast<int>(variable.size()), variable.data());
  std::abort();
}

const Setting& Row(std::string_view variable, std::initializer_list<Type> types) {
  for (const Setting& setting : Table()) {
    if (setting.variable != variable) continue;
    if (types.size() != 0 && std::find(types.begin(), types.end(), setting.type) == types.end())
      break;
    return setting;
  }
  EndProcess(variable);
}

}  // namespace

bool Settings::IsSet(std::string_view variable) const {
  Row(variable, {});
  return values_.contains(variable);
}

std::string_view Settings::Source(std::string_view variable) const {
  Row(variable, {});
  const auto entry = values_.find(variable);
  return entry == values_.end() ? "default" : entry->second.source;
}

std::string Settings::String(std::string_view variable) const {
  const Setting& row = Row(variable, {Type::kString, Type::kPath, Type::kEnum});
  const auto entry = values_.find(variable);
  return entry == values_.end() ? std::string(row.default_value) : entry->second.text;
}

bool Settings::Bool(std::string_view variable) const {
  const Setting& row = Row(variable, {Type::kBool});
  const auto entry = values_.find(variable);
  return ParseBool(entry == values_.end() ? row.default_value : entry->second.text).value_or(false);
}

std::int64_t Settings::Integer(std::string_view variable) const {
  const Setting& row = Row(variable, {Type::kInteger});
  const auto entry = values_.find(variable);
  return ParseInteger(entry == values_.end() ? row.default_value : entry->second.text).value_or(0);
}

std::chrono::milliseconds Settings::Duration(std::string_view variable) const {
  const Setting& row = Row(variable, {Type::kDuration});
  const auto entry = values_.find(variable);
  const auto value = ParseDuration(entry == values_.end() ? row.default_value : entry->second.text);
  return value.value_or(std::chrono::milliseconds(0));
}

std::vector<std::string> Settings::List(std::string_view variable) const {
  const Setting& row = Row(variable, {Type::kList});
  const auto entry = values_.find(variable);
  return ParseList(entry == values_.end() ? row.default_value : entry->second.text);
}

Secret Settings::SecretOf(std::string_view variable) const {
  Row(variable, {Type::kSecret});
  const auto secret = secrets_.find(variable);
  return secret == secrets_.end() ? Secret() : secret->second;
}

Status Settings::ReplaceSecret(std::string_view variable, Secret secret) {
  Row(variable, {Type::kSecret});
  if (const auto complaint = SecretComplaint(variable, secret.Reveal())) {
    return Error{ErrorCode::kInvalidArgument, std::string(variable) + " " + *complaint};
  }
  secrets_.insert_or_assign(std::string(variable), std::move(secret));
  return {};
}

std::map<std::string, std::string> Settings::PostureVariables() const {
  std::map<std::string, std::string> variables;
  for (const Setting& setting : Table()) {
    if (!setting.yaml_key.starts_with("posture.") || setting.type != Type::kString) continue;
    const auto entry = values_.find(setting.variable);
    if (entry != values_.end()) variables.emplace(entry->first, entry->second.text);
  }
  return variables;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> NearestVariable(std::string_view name) {
  std::vector<std::string_view> candidates;
  for (const Setting& setting : Table()) candidates.push_back(setting.variable);
  const auto nearest = Nearest(name, candidates);
  return nearest ? std::optional<std::string>(*nearest) : std::nullopt;
}

}  // namespace axonflow::settings

#include "settings/yaml_file.h"

#include <yaml-cpp/yaml.h>

#include <set>

#include "base/file.h"

namespace axonflow::settings {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Error Bad(const std::string& key, std::string_view why) {
  return {ErrorCode::kInvalidArgument, (key.empty() ? "the file" : key) + ": " + std::string(why)};
}

Result<std::string> JoinScalars(const YAML::Node& list, const std::string& key) {
  std::string joined;
  for (const auto& item : list) {
    if (!item.IsScalar()) return Bad(key, "a list must hold plain values only");
    if (!joined.empty()) joined += ',';
    joined += item.Scalar();
  }
  return joined;
}

Status Flatten(const YAML::Node& map, const std::string& prefix, int depth, Pairs& out) {
  if (depth > kConfigDepthMax) return Bad(prefix, "nested too deeply");
  std::set<std::string> seen;
  for (const auto& member : map) {
    if (!member.first.IsScalar()) return Bad(prefix, "a key must be plain text");
    const std::string name = member.first.Scalar();
    const std::string key = prefix.empty() ? name : prefix + "." + name;
    if (!seen.insert(name).second) return Bad(key, "appears twice");
    if (out.size() >= kConfigKeysMax) return Bad(key, "too many keys");
    // An empty map counts as a value, so that every branch adds to the bounded output.
    if (member.second.IsMap() && member.second.size() > 0) {
      if (const Status nested = Flatten(member.second, key, depth + 1, out); !nested) return nested;
    } else if (member.second.IsSequence()) {
      auto joined = JoinScalars(member.second, key);
      if (!joined) return joined.error();
      out.emplace_back(key, std::move(*joined));
    } else {
      out.emplace_back(key, member.second.IsScalar() ? member.second.Scalar() : std::string());
    }
  }
  return {};
}

}  // namespace

Result<Pairs> ReadYamlFile(const std::string& file) {
  const auto text = ReadFile(file, kConfigBytesMax);
  if (!text) return text.error();
  try {
    const YAML::Node root = YAML::Load(*text);
    Pairs pairs;
    if (root.IsNull()) return pairs;
    if (!root.IsMap()) return Bad("", "must be a map of settings");
    if (const Status flat = Flatten(root, "", 1, pairs); !flat) return flat.error();
    return pairs;
  } catch (const YAML::Exception& problem) {
    // The library's own text repeats no content, only what it expected.
    return Error{ErrorCode::kInvalidArgument,
                 "line " + std::to_string(problem.mark.line + 1) + ": " + problem.msg};
  }
}

}  // namespace axonflow::settings

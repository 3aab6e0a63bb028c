#include "policy/dynamic/dynamic_catalogue.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/embedded_file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy/dynamic/text_form.h"

extern const axonflow::EmbeddedFile kDynamicPolicyFiles[];
extern const unsigned kDynamicPolicyFilesCount;

namespace axonflow::policy {
namespace {

constexpr std::size_t kCatalogueBytesMax = 4U << 20U;
constexpr int kDepthMax = 16;

constexpr auto kKeys = std::to_array<std::string_view>(
    {"id", "name", "description", "type", "category", "tier", "priority", "enabled", "mode",
     "segment_id", "risk_level", "allow_override", "planes", "version", "conditions", "actions"});

struct Malformed {
  int line;  // from 0, as yaml-cpp counts
  std::string message;
};

[[noreturn]] void Fail(const YAML::Node& node, std::string message) {
  throw Malformed{node.Mark().line, std::move(message)};
}

void WriteScalar(const YAML::Node& node, JsonWriter& json) {
  const std::string& text = node.Scalar();
  const bool quoted = node.Tag() == "!";
  const auto number = quoted ? std::nullopt : ParseNumber(text);
  if (!quoted && (text == "true" || text == "false")) {
    json.Bool(text == "true");
  } else if (number) {
    json.Raw(NumberText(*number));
  } else {
    json.String(text);
  }
}

// The same value in the notation that the wire has, so that one reader serves both.
void WriteJson(const YAML::Node& node, int depth, JsonWriter& json) {
  // Aliases can make a small file large.
  if (depth > kDepthMax || json.text().size() > kCatalogueBytesMax) {
    Fail(node, "too deeply nested or too large");
  }
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      WriteScalar(node, json);
      return;
    case YAML::NodeType::Sequence:
      json.BeginArray();
      for (const auto& element : node) WriteJson(element, depth + 1, json);
      json.EndArray();
      return;
    case YAML::NodeType::Map:
      json.BeginObject();
      for (const auto& member : node) {
        json.Key(member.first.Scalar());
        WriteJson(member.second, depth + 1, json);
      }
      json.EndObject();
      return;
    default:
      json.Null();
  }
}

PlaneSet PlanesOf(const YAML::Node& node) {
  if (!node.IsSequence() || node.size() == 0) Fail(node, "planes must be a list of planes");
  PlaneSet planes = PlaneSet::None();
  for (const auto& element : node) {
    const auto plane = ParsePlane(element.Scalar());
    if (!plane) Fail(element, "planes takes gateway, decision, mcp and proxy");
    planes = planes.With(*plane);
  }
  return planes;
}

void CheckKeys(const YAML::Node& node) {
  std::set<std::string> seen;
  for (const auto& member : node) {
    const std::string key = member.first.Scalar();
    if (std::ranges::find(kKeys, key) == kKeys.end()) {
      Fail(member.first, "unknown key \"" + key + "\"");
    }
    if (!seen.insert(key).second) Fail(member.first, "the key \"" + key + "\" stands twice");
  }
}

DynamicPolicy ReadEntry(const YAML::Node& node) {
  if (!node.IsMap()) Fail(node, "a policy must be a mapping of keys to values");
  CheckKeys(node);
  if (!node["id"] || !node["id"].IsScalar() || node["id"].Scalar().empty()) {
    Fail(node, "the key \"id\" is missing");
  }
  DynamicPolicy policy;
  policy.policy.id = node["id"].Scalar();
  if (node["planes"]) policy.policy.planes = PlanesOf(node["planes"]);
  if (node["version"]) policy.policy.version = node["version"].as<int>();

  JsonWriter json;
  json.BeginObject();
  for (const auto& member : node) {
    const std::string key = member.first.Scalar();
    // A system policy is nothing that a caller may ask for, so the reader of the wire refuses it.
    if (key == "tier" && member.second.Scalar() == ToString(Tier::kSystem)) continue;
    json.Key(key);
    WriteJson(member.second, 0, json);
  }
  json.EndObject();

  JsonDocument document;
  const auto body = document.Parse(json.text());
  if (!body) Fail(node, policy.policy.id + ": " + body.error().message);
  std::vector<FieldProblem> problems;
  ReadDynamicPolicy(*body, Completeness::kCreate, PatternCheck::kShape, policy, problems);
  if (!problems.empty()) {
    Fail(node, policy.policy.id + ": " + problems[0].field + ": " + problems[0].message);
  }
  return policy;
}

std::vector<DynamicPolicy> ReadFile(std::string_view yaml) {
  const YAML::Node root = YAML::Load(std::string(yaml));
  if (!root.IsMap() || root.size() != 1 || !root["policies"]) {
    Fail(root, "the file must be a mapping with the key policies alone");
  }
  const YAML::Node list = root["policies"];
  if (!list.IsSequence()) Fail(list, "policies must be a list");
  std::vector<DynamicPolicy> policies;
  for (const auto& node : list) policies.push_back(ReadEntry(node));
  return policies;
}

Error At(std::string_view source, int line, std::string_view message) {
  return Error{ErrorCode::kInvalidArgument,
               std::string(source) + ":" + std::to_string(line + 1) + ": " + std::string(message)};
}

}  // namespace

Result<std::vector<DynamicPolicy>> ParseDynamicCatalogue(std::string_view yaml,
                                                         std::string_view source) {
  if (yaml.size() > kCatalogueBytesMax) {
    return Error{ErrorCode::kTooLarge,
                 std::string(source) + ": a catalogue file has at most 4 MiB"};
  }
  try {
    return ReadFile(yaml);
  } catch (const Malformed& malformed) {
    return At(source, malformed.line, malformed.message);
  } catch (const YAML::Exception& exception) {
    return At(source, exception.mark.line, exception.msg);
  }
}

Result<std::vector<DynamicPolicy>> BuiltinDynamicPolicies() {
  std::vector<DynamicPolicy> all;
  for (unsigned i = 0; i < kDynamicPolicyFilesCount; ++i) {
    auto policies = ParseDynamicCatalogue(kDynamicPolicyFiles[i].text, kDynamicPolicyFiles[i].name);
    if (!policies) return policies.error();
    for (DynamicPolicy& policy : *policies) {
      policy.policy.tier = Tier::kSystem;
      policy.policy.builtin = true;
    }
    std::ranges::move(*policies, std::back_inserter(all));
  }
  return all;
}

}  // namespace axonflow::policy

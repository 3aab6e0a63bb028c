#include "cli/policy_files.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/json_writer.h"
#include "cli/policy_yaml.h"
#include "policy_admin/policy_directory.h"

namespace axonflow::cli {
namespace {

using policy_admin::DynamicChange;
using policy_admin::StaticChange;

constexpr int kDepthMax = 16;
constexpr std::size_t kJsonBytesMax = 1U << 20U;
constexpr std::size_t kTextsMax = 1'000;  // of one list; the directory's own bound is lower

template <typename Change, typename Value>
using Member = std::pair<std::string_view, std::optional<Value> Change::*>;
template <typename Change, typename Value, std::size_t N>
using Members = std::array<Member<Change, Value>, N>;

// Which keys an entry may have, by the type of their values.
template <typename Change>
struct Keys;

template <>
struct Keys<StaticChange> {
  using C = StaticChange;
  static constexpr std::string_view kList = "static_policies";
  static constexpr Members<C, std::string, 15> kTexts{
      {{"id", &C::slug},
       {"tier", &C::tier},
       {"name", &C::name},
       {"description", &C::description},
       {"category", &C::category},
       {"pattern", &C::pattern},
       {"action", &C::action},
       {"action_request", &C::action_request},
       {"action_response", &C::action_response},
       {"redaction_strategy", &C::redaction_strategy},
       {"phase", &C::phase},
       {"severity", &C::severity},
       {"risk_level", &C::risk_level},
       {"mode", &C::mode},
       {"segment", &C::segment}}};
  static constexpr Members<C, std::string, 1> kJson{{{"metadata", &C::metadata}}};
  static constexpr Members<C, std::vector<std::string>, 3> kLists{
      {{"tags", &C::tags}, {"must_match", &C::must_match}, {"must_not_match", &C::must_not_match}}};
};

template <>
struct Keys<DynamicChange> {
  using C = DynamicChange;
  static constexpr std::string_view kList = "dynamic_policies";
  static constexpr Members<C, std::string, 10> kTexts{{{"id", &C::slug},
                                                       {"tier", &C::tier},
                                                       {"name", &C::name},
                                                       {"description", &C::description},
                                                       {"type", &C::type},
                                                       {"category", &C::category},
                                                       {"severity", &C::severity},
                                                       {"risk_level", &C::risk_level},
                                                       {"mode", &C::mode},
                                                       {"segment", &C::segment}}};
  static constexpr Members<C, std::string, 3> kJson{
      {{"conditions", &C::conditions}, {"actions", &C::actions}, {"metadata", &C::metadata}}};
  static constexpr Members<C, std::vector<std::string>, 1> kLists{{{"tags", &C::tags}}};
};

template <typename Table>
auto FindKey(const Table& table, std::string_view key) {
  return std::ranges::find_if(table, [&](const auto& member) { return member.first == key; });
}

// The directory's problems speak of members by the names of the wire.
std::string_view WireName(std::string_view key) {
  if (key == "id") return "policy_id";
  return key == "segment" ? "segment_id" : key;
}

std::string_view FileName(std::string_view member) {
  if (member == "policy_id") return "id";
  return member == "segment_id" ? "segment" : member;
}

std::string Element(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// Reads one file; goes on after a mistake, so that all of them are reported.
class FileReader {
 public:
  FileReader(std::string_view source, PolicyFiles& files) : source_(source), files_(files) {
    RememberIds(files.desired.static_policies);
    RememberIds(files.desired.dynamic_policies);
  }

  void Read(const YAML::Node& root);
  const std::string& mistakes() const { return mistakes_; }

 private:
  std::string PlaceOf(const YAML::Node& node) const {
    return std::string(source_) + ":" + std::to_string(std::max(node.Mark().line, 0) + 1);
  }
  void Mistake(const YAML::Node& node, std::string_view message) {
    if (!mistakes_.empty()) mistakes_ += '\n';
    mistakes_ += PlaceOf(node) + ": " + std::string(message);
  }
  void Remember(std::string path, const YAML::Node& node) {
    files_.places.insert_or_assign(std::move(path), PlaceOf(node));
  }
  // Those of the files before this one.
  template <typename Change>
  void RememberIds(const std::vector<Change>& changes) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto place = files_.places.find(Element(Keys<Change>::kList, i));
      if (changes[i].slug && place != files_.places.end()) {
        slugs_.emplace(*changes[i].slug, place->second);
      }
    }
  }

  template <typename Change>
  void ReadEntries(const YAML::Node& list, std::vector<Change>& changes);
  template <typename Change>
  Examples ReadEntry(const YAML::Node& node, const std::string& path, Change& change);
  template <typename Change>
  void ReadValue(const std::string& key, const YAML::Node& value, const std::string& path,
                 Change& change, Examples& examples);
  void ReadId(const YAML::Node& node, const std::optional<std::string>& slug);
  bool IsScalar(std::string_view key, const YAML::Node& value);
  void ReadBoolean(std::string_view key, const YAML::Node& value, std::optional<bool>& out);
  void ReadPriority(const YAML::Node& value, std::optional<std::int64_t>& out);
  std::vector<std::string> ReadTexts(std::string_view key, const YAML::Node& value,
                                     const std::string& path);
  std::string ReadJson(const YAML::Node& value, const std::string& path);
  void WriteJson(const YAML::Node& node, const std::string& path, int depth, JsonWriter& json);

  const std::string_view source_;
  PolicyFiles& files_;
  std::string mistakes_;
  std::map<std::string, std::string, std::less<>> slugs_;  // where each stands
};

void FileReader::Read(const YAML::Node& root) {
  constexpr std::string_view kExpected =
      "the file must be a mapping with the keys static_policies and dynamic_policies, or one of "
      "them";
  if (!root.IsMap() || root.size() == 0) return Mistake(root, kExpected);
  std::set<std::string> seen;
  for (const auto& entry : root) {
    const std::string& key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      Mistake(entry.first, "the key \"" + key + "\" stands twice");
    } else if (key == Keys<StaticChange>::kList) {
      ReadEntries(entry.second, files_.desired.static_policies);
    } else if (key == Keys<DynamicChange>::kList) {
      ReadEntries(entry.second, files_.desired.dynamic_policies);
    } else {
      Mistake(entry.first, "unknown key \"" + key + "\"; " + std::string(kExpected));
    }
  }
}

template <typename Change>
void FileReader::ReadEntries(const YAML::Node& list, std::vector<Change>& changes) {
  const std::string name(Keys<Change>::kList);
  if (list.IsNull()) return;  // a list of which everything was deleted
  if (!list.IsSequence()) return Mistake(list, name + " must be a list");
  if (list.size() > policy_admin::kDesiredMax) {
    return Mistake(
        list, "a set holds at most " + std::to_string(policy_admin::kDesiredMax) + " policies");
  }
  for (const auto& node : list) {
    const std::string path = Element(name, changes.size());
    Remember(path, node);
    Change change;
    Examples examples = ReadEntry(node, path, change);
    changes.push_back(std::move(change));
    if constexpr (std::is_same_v<Change, DynamicChange>) {
      files_.dynamic_examples.push_back(std::move(examples));
    }
  }
}

template <typename Change>
Examples FileReader::ReadEntry(const YAML::Node& node, const std::string& path, Change& change) {
  Examples examples;
  if (!node.IsMap()) {
    Mistake(node, "a policy must be a mapping of keys to values");
    return examples;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      Mistake(entry.first, "the key \"" + key + "\" stands twice");
      continue;
    }
    const std::string place = path + "." + std::string(WireName(key));
    Remember(place, entry.first);
    if (key == "enabled") {
      ReadBoolean(key, entry.second, change.enabled);
    } else if (key == "allow_override") {
      ReadBoolean(key, entry.second, change.allow_override);
    } else if (key == "priority") {
      ReadPriority(entry.second, change.priority);
    } else {
      ReadValue(key, entry.second, place, change, examples);
    }
  }
  ReadId(node, change.slug);
  return examples;
}

template <typename Change>
void FileReader::ReadValue(const std::string& key, const YAML::Node& value, const std::string& path,
                           Change& change, Examples& examples) {
  using K = Keys<Change>;
  if (const auto* text = FindKey(K::kTexts, key); text != K::kTexts.end()) {
    if (IsScalar(key, value)) change.*(text->second) = value.Scalar();
  } else if (const auto* list = FindKey(K::kLists, key); list != K::kLists.end()) {
    change.*(list->second) = ReadTexts(key, value, path);
  } else if (const auto* json = FindKey(K::kJson, key); json != K::kJson.end()) {
    change.*(json->second) = ReadJson(value, path);
  } else if (key == "must_match") {
    examples.must_match = ReadTexts(key, value, path);
  } else if (key == "must_not_match") {
    examples.must_not_match = ReadTexts(key, value, path);
  } else {
    Mistake(value, "unknown key \"" + key + "\"");
  }
}

void FileReader::ReadId(const YAML::Node& node, const std::optional<std::string>& slug) {
  if (!slug) return Mistake(node, "the key \"id\" is missing");
  const auto [known, is_new] = slugs_.emplace(*slug, PlaceOf(node));
  if (!is_new) Mistake(node, "the id \"" + *slug + "\" stands already in " + known->second);
}

bool FileReader::IsScalar(std::string_view key, const YAML::Node& value) {
  if (value.IsScalar()) return true;
  Mistake(value, std::string(key) + " must be a text");
  return false;
}

void FileReader::ReadBoolean(std::string_view key, const YAML::Node& value,
                             std::optional<bool>& out) {
  if (value.IsScalar() && (value.Scalar() == "true" || value.Scalar() == "false")) {
    out = value.Scalar() == "true";
  } else {
    Mistake(value, std::string(key) + " must be true or false");
  }
}

void FileReader::ReadPriority(const YAML::Node& value, std::optional<std::int64_t>& out) {
  const std::string text = value.IsScalar() ? value.Scalar() : "";
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) {
    return Mistake(value, "priority must be a whole number");
  }
  out = number;
}

std::vector<std::string> FileReader::ReadTexts(std::string_view key, const YAML::Node& value,
                                               const std::string& path) {
  std::vector<std::string> texts;
  if (!value.IsSequence() || value.size() > kTextsMax) {
    Mistake(value, std::string(key) + " must be a list of texts");
    return texts;
  }
  for (const auto& element : value) {
    Remember(Element(path, texts.size()), element);
    if (!element.IsScalar()) Mistake(element, std::string(key) + " must be a list of texts");
    texts.push_back(element.IsScalar() ? element.Scalar() : "");
  }
  return texts;
}

std::string FileReader::ReadJson(const YAML::Node& value, const std::string& path) {
  JsonWriter json;
  WriteJson(value, path, 0, json);
  return std::move(json).Take();
}

// The same value in the notation of the wire, so that one reader serves both. Remembers the places
// of its parts under the names that the directory's problems have.
void FileReader::WriteJson(const YAML::Node& node, const std::string& path, int depth,
                           JsonWriter& json) {
  // Aliases can make a small file large.
  if (depth > kDepthMax || json.text().size() > kJsonBytesMax) {
    Mistake(node, "too deeply nested or too large");
    json.Null();
    return;
  }
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      json.Raw(ScalarAsJson(node.Scalar(), node.Tag() == "!"));
      return;
    case YAML::NodeType::Sequence: {
      json.BeginArray();
      std::size_t index = 0;
      for (const auto& element : node) {
        const std::string place = Element(path, index++);
        // The steps and conditions stand in lists of the policy, and are named without it.
        Remember(place, element);
        WriteJson(element, place, depth + 1, json);
      }
      json.EndArray();
      return;
    }
    case YAML::NodeType::Map: {
      std::set<std::string> seen;
      json.BeginObject();
      for (const auto& member : node) {
        const std::string& name = member.first.Scalar();
        if (!seen.insert(name).second) {
          Mistake(member.first, "the key \"" + name + "\" stands twice");
          continue;
        }
        Remember(path + "." + name, member.first);
        json.Key(name);
        WriteJson(member.second, path + "." + name, depth + 1, json);
      }
      json.EndObject();
      return;
    }
    default:
      json.Null();
  }
}

// The files of one folder, or the path itself.
Status ListPath(const std::string& path, std::vector<std::string>& files) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) {
    files.push_back(path);
    return {};
  }
  std::vector<std::string> found;
  for (std::filesystem::directory_iterator entry(path, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto extension = entry->path().extension();
    if (extension == ".yaml" || extension == ".yml") found.push_back(entry->path());
  }
  if (failed) return Error{ErrorCode::kUnavailable, path + ": " + failed.message()};
  if (found.empty()) return Error{ErrorCode::kUnavailable, path + ": holds no .yaml file"};
  std::ranges::sort(found);
  files.insert(files.end(), found.begin(), found.end());
  return {};
}

}  // namespace

std::size_t PolicyFiles::example_count() const {
  std::size_t count = 0;
  const auto add = [&count](const std::optional<std::vector<std::string>>& texts) {
    count += texts ? texts->size() : 0;
  };
  for (const auto& each : desired.static_policies) {
    add(each.must_match);
    add(each.must_not_match);
  }
  for (const Examples& each : dynamic_examples) {
    count += each.must_match.size() + each.must_not_match.size();
  }
  return count;
}

Result<std::vector<std::string>> ListYamlFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (auto listed = ListPath(path, files); !listed) return listed.error();
  }
  if (files.size() > kPolicyFilesMax) {
    return Error{ErrorCode::kTooLarge,
                 "more than " + std::to_string(kPolicyFilesMax) + " policy files"};
  }
  return files;
}

bool IsCatalogueText(std::string_view yaml) {
  while (!yaml.empty()) {
    const std::string_view line = yaml.substr(0, yaml.find('\n'));
    if (line.starts_with("policies:") || line.starts_with("terms:")) return true;
    yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
  }
  return false;
}

Status ParsePolicyFile(std::string_view yaml, std::string_view source, PolicyFiles& files) {
  if (yaml.size() > kPolicyFileBytesMax) {
    return Error{ErrorCode::kTooLarge, std::string(source) + ": a policy file has at most 4 MiB"};
  }
  if (IsCatalogueText(yaml)) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(source) +
                     ": this is a file of the system's catalogue (policies:); policies of a tenant "
                     "or an organization stand under static_policies: and dynamic_policies:"};
  }
  FileReader reader(source, files);
  try {
    reader.Read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& exception) {
    return Error{
        ErrorCode::kInvalidArgument,
        std::string(source) + ":" + std::to_string(exception.mark.line + 1) + ": " + exception.msg};
  }
  if (reader.mistakes().empty()) return {};
  return Error{ErrorCode::kInvalidArgument, reader.mistakes()};
}

Result<PolicyFiles> ReadPolicyFiles(const std::vector<std::string>& paths) {
  const auto listed = ListYamlFiles(paths);
  if (!listed) return listed.error();
  PolicyFiles files;
  std::string mistakes;
  for (const std::string& file : *listed) {
    const Result<std::string> text = ReadFile(file, kPolicyFileBytesMax);
    if (!text) return Error{ErrorCode::kUnavailable, text.error().message};
    if (auto parsed = ParsePolicyFile(*text, file, files); !parsed) {
      mistakes += (mistakes.empty() ? "" : "\n") + parsed.error().message;
    }
  }
  if (!mistakes.empty()) return Error{ErrorCode::kInvalidArgument, std::move(mistakes)};
  return files;
}

std::string AtItsPlace(const PolicyFiles& files, const policy_admin::FieldProblem& problem) {
  const std::string& path = problem.field;
  // The longest part of the path that stands in a file: a member that is absent has no place.
  std::string known = path;
  auto place = files.places.find(known);
  while (place == files.places.end() && !known.empty()) {
    const auto cut = known.find_last_of(".[");
    known.resize(cut == std::string::npos ? 0 : cut);
    place = files.places.find(known);
  }
  const auto dot = path.find("].");
  const std::string member = dot == std::string::npos
                                 ? path
                                 : std::string(FileName(std::string_view(path).substr(dot + 2)));
  const bool says_member = problem.message.starts_with(member);
  return (place == files.places.end() ? std::string() : place->second + ": ") +
         (says_member ? "" : member + ": ") + problem.message;
}

std::string AtTheirPlaces(const PolicyFiles& files,
                          const std::vector<policy_admin::FieldProblem>& problems) {
  std::string lines;
  for (const auto& problem : problems) {
    if (!lines.empty()) lines += '\n';
    lines += AtItsPlace(files, problem);
  }
  return lines;
}

}  // namespace axonflow::cli

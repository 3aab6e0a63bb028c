#include "app/policy_source.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "policy/catalogue.h"
#include "policy/dynamic/dynamic_catalogue.h"

namespace axonflow::app {
namespace {

constexpr std::size_t kFileBytesMax = 4 << 20;
constexpr std::size_t kFilesMax = 256;

Result<std::vector<std::filesystem::path>> ListFiles(const std::string& directory) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto extension = entry->path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entry->path());
    if (files.size() > kFilesMax) {
      return Error{ErrorCode::kTooLarge, directory + " holds more than 256 policy files"};
    }
  }
  if (error) {
    return Error{ErrorCode::kUnavailable, "cannot read " + directory + ": " + error.message()};
  }
  std::ranges::sort(files);
  return files;
}

Result<std::vector<policy::Policy>> ReadCatalogue(const std::string& directory) {
  const auto files = ListFiles(directory);
  if (!files) return files.error();
  std::vector<policy::Policy> policies;
  for (const auto& file : *files) {
    const auto text = ReadFile(file, kFileBytesMax);
    if (!text) return text.error();
    auto parsed = policy::ParseCatalogue(*text, file.string());
    if (!parsed) return parsed.error();
    std::ranges::move(*parsed, std::back_inserter(policies));
  }
  return policies;
}

}  // namespace

Result<std::shared_ptr<const policy::PolicySet>> LoadPolicies(const std::string& directory) {
  auto policies = directory.empty() ? policy::BuiltinCatalogue() : ReadCatalogue(directory);
  if (!policies) return policies.error();
  return policy::PolicySet::Compile(std::move(*policies));
}

Result<SystemPolicies> LoadSystemPolicies(const std::string& directory) {
  auto patterns = LoadPolicies(directory);
  if (!patterns) return patterns.error();
  SystemPolicies loaded{std::move(*patterns), nullptr};
  if (!directory.empty()) return loaded;
  auto policies = policy::BuiltinDynamicPolicies();
  if (!policies) return policies.error();
  auto dynamic = policy::DynamicSet::Compile(std::move(*policies));
  if (!dynamic) return dynamic.error();
  loaded.dynamic = std::move(*dynamic);
  return loaded;
}

}  // namespace axonflow::app

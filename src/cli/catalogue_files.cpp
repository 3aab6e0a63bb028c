#include "cli/catalogue_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace axonflow::cli {
namespace {

constexpr std::size_t kCatalogueBytesMax = 8 << 20;

// `path` itself, or the catalogue files of the folder that it names, in order.
Result<std::vector<std::string>> CatalogueFiles(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  if (failed) return Error{ErrorCode::kUnavailable, path + ": " + failed.message()};
  if (files.empty()) return Error{ErrorCode::kUnavailable, path + ": holds no .yaml file"};
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<policy::Policy>> ReadPolicies(const std::vector<std::string>& paths) {
  if (paths.empty()) return policy::BuiltinCatalogue();
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    const Result<std::vector<std::string>> found = CatalogueFiles(path);
    if (!found) return found.error();
    files.insert(files.end(), found->begin(), found->end());
  }
  std::vector<policy::Policy> all;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadFile(file, kCatalogueBytesMax);
    if (!text) return Error{ErrorCode::kUnavailable, text.error().message};
    Result<std::vector<policy::Policy>> policies = policy::ParseCatalogue(*text, file);
    if (!policies) return policies.error();
    std::move(policies->begin(), policies->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace axonflow::cli

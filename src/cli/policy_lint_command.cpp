#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json_writer.h"
#include "cli/catalogue_files.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "policy/catalogue.h"

namespace axonflow::cli {
namespace {

struct Problem {
  std::string policy_id;
  std::string message;
  std::string line;  // as it is printed
};

struct LintResult {
  std::size_t policies = 0;
  std::size_t texts = 0;
  std::size_t without_texts = 0;  // own policies that nobody tries
  std::vector<Problem> problems;
};

Status LintCatalogue(const std::vector<std::string>& paths, LintResult& result) {
  const auto policies = ReadPolicies(paths);
  if (!policies) return policies.error();
  const auto problems = policy::Lint(*policies);
  if (!problems) return problems.error();
  result.policies += policies->size();
  for (const policy::Policy& one : *policies) {
    result.texts += one.must_match.size() + one.must_not_match.size();
  }
  for (const policy::LintProblem& problem : *problems) {
    result.problems.push_back(
        {problem.policy_id, problem.message, problem.policy_id + ": " + problem.message});
  }
  return {};
}

// The id of the policy that "static_policies[2].pattern" speaks of.
std::string IdAt(const PolicyFiles& files, std::string_view field) {
  const auto open = field.find('[');
  if (open == std::string_view::npos) return "";
  std::size_t index = 0;
  std::from_chars(field.data() + open + 1, field.data() + field.size(), index);
  const auto& set = files.desired;
  if (field.starts_with("static_policies")) {
    return index < set.static_policies.size() ? set.static_policies[index].slug.value_or("") : "";
  }
  return index < set.dynamic_policies.size() ? set.dynamic_policies[index].slug.value_or("") : "";
}

// Files say themselves whose they are, if they say it.
policy::Tier TierOf(const policy_admin::DesiredSet& set) {
  const auto whole = [](const auto& change) { return change.tier == "organization"; };
  return std::ranges::any_of(set.static_policies, whole) ||
                 std::ranges::any_of(set.dynamic_policies, whole)
             ? policy::Tier::kOrganization
             : policy::Tier::kTenant;
}

std::size_t CountWithoutTexts(const PolicyFiles& files) {
  const auto empty = [](const auto& texts) { return !texts || texts->empty(); };
  const auto in_static = std::ranges::count_if(files.desired.static_policies, [&](const auto& one) {
    return empty(one.must_match) && empty(one.must_not_match);
  });
  const auto in_dynamic = std::ranges::count_if(files.dynamic_examples, [](const Examples& one) {
    return one.must_match.empty() && one.must_not_match.empty();
  });
  return static_cast<std::size_t>(in_static + in_dynamic);
}

Status LintOwn(const std::vector<std::string>& paths, LintResult& result) {
  const auto files = ReadPolicyFiles(paths);
  if (!files) return files.error();
  const auto problems = ProblemsOf(*files, TierOf(files->desired));
  if (!problems) return problems.error();
  result.policies += files->size();
  result.texts += files->example_count();
  result.without_texts += CountWithoutTexts(*files);
  for (const auto& problem : *problems) {
    const std::string message = AtItsPlace(*files, problem);
    const std::string id = IdAt(*files, problem.field);
    result.problems.push_back({id, message, message + (id.empty() ? "" : " (" + id + ")")});
  }
  return {};
}

// The two kinds of files are told apart by their keys.
Status LintFiles(const std::vector<std::string>& paths, LintResult& result) {
  const auto files = ListYamlFiles(paths);
  if (!files) return files.error();
  std::vector<std::string> catalogue;
  std::vector<std::string> own;
  for (const std::string& file : *files) {
    const auto text = ReadFile(file, kPolicyFileBytesMax);
    if (!text) return Error{ErrorCode::kUnavailable, text.error().message};
    (IsCatalogueText(*text) ? catalogue : own).push_back(file);
  }
  if (!catalogue.empty()) {
    if (auto linted = LintCatalogue(catalogue, result); !linted) return linted;
  }
  return own.empty() ? Status() : LintOwn(own, result);
}

void PrintAsJson(const LintResult& result) {
  JsonWriter json;
  json.BeginObject()
      .Field("ok", result.problems.empty())
      .Field("policies", static_cast<std::uint64_t>(result.policies))
      .Field("texts", static_cast<std::uint64_t>(result.texts))
      .Key("problems")
      .BeginArray();
  for (const Problem& problem : result.problems) {
    json.BeginObject()
        .Field("policy_id", problem.policy_id)
        .Field("message", problem.message)
        .EndObject();
  }
  json.EndArray().EndObject();
  Print(json.text());
}

void PrintAsText(const LintResult& result) {
  for (const Problem& problem : result.problems) Print(ForTerminal(problem.line));
  std::string count = std::to_string(result.policies) + " policies, " +
                      std::to_string(result.texts) + " texts, " +
                      std::to_string(result.problems.size()) + " problems";
  if (result.without_texts > 0) {
    count += "; " + std::to_string(result.without_texts) + " without any text that tries them";
  }
  Print(count);
}

}  // namespace

ExitCode RunPolicyLint(const PolicyLintOptions& options) {
  LintResult result;
  const Status linted =
      options.files.empty() ? LintCatalogue({}, result) : LintFiles(options.files, result);
  if (!linted) return Fail(linted.error());
  if (options.output == OutputFormat::kJson) {
    PrintAsJson(result);
  } else {
    PrintAsText(result);
  }
  return result.problems.empty() ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli

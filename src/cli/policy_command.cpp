#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "app/policy_source.h"
#include "base/json_writer.h"
#include "cli/catalogue_files.h"
#include "cli/commands.h"
#include "policy/catalogue.h"
#include "policy/policy_set.h"
#include "policy/posture.h"
#include "policy/resolver.h"
#include "settings/settings.h"

namespace axonflow::cli {
namespace {

constexpr std::size_t kTextBytesMax = 1 << 20;  // as the server's default limit of a body
constexpr std::size_t kSpansShownMax = 5;

Result<std::string> ReadStandardInput() {
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorCode::kUnavailable,
                   "standard input: " + std::generic_category().message(errno)};
    }
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kTextBytesMax) {
      return Error{ErrorCode::kTooLarge, "the text is larger than 1 MiB"};
    }
  }
  // A shell's here-document or echo ends its text with a line end that nobody meant.
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

policy::Plane PlaneFrom(std::string_view word) {
  if (word == "decision") return policy::Plane::kDecision;
  if (word == "mcp") return policy::Plane::kMcp;
  if (word == "proxy") return policy::Plane::kProxy;
  return policy::Plane::kGateway;
}

// Everything that one run of `policy test` found out.
struct TestResult {
  std::shared_ptr<const policy::PolicySet> set;
  policy::Posture posture;
  std::vector<policy::Finding> findings;
  policy::Verdict verdict;
};

// The set that the server would use, or one of the files that were named.
Result<std::shared_ptr<const policy::PolicySet>> SetFor(const PolicyTestOptions& options,
                                                        const settings::Settings& settings) {
  if (options.files.empty()) return app::LoadPolicies(settings.String("AXONFLOW_POLICIES_DIR"));
  Result<std::vector<policy::Policy>> policies = ReadPolicies(options.files);
  if (!policies) return policies.error();
  return policy::PolicySet::Compile(std::move(*policies));
}

Result<TestResult> TestText(const PolicyTestOptions& options, std::string_view text) {
  const auto settings = settings::Settings::Load(settings::ProcessEnvironment());
  if (!settings) return settings.error();
  Result<policy::Posture> posture = policy::Posture::FromVariables(settings->PostureVariables());
  if (!posture) return posture.error();
  auto set = SetFor(options, *settings);
  if (!set) return set.error();

  policy::DetectInput input;
  input.text = text;
  input.phase = options.phase == "response" ? policy::Phase::kResponse : policy::Phase::kRequest;
  input.sql_capable_target = options.sql_tool;
  input.want_spans = true;
  Result<std::vector<policy::Finding>> findings = (*set)->Detect(input);
  if (!findings) return findings.error();
  policy::Verdict verdict =
      policy::Resolve(**set, *findings, *posture, PlaneFrom(options.plane), input.phase);
  return TestResult{std::move(*set), std::move(*posture), std::move(*findings), std::move(verdict)};
}

const policy::Finding* FindingOf(const TestResult& result, std::uint32_t index) {
  for (const policy::Finding& finding : result.findings) {
    if (finding.policy == index) return &finding;
  }
  return nullptr;
}

void PrintAsJson(const TestResult& result, const PolicyTestOptions& options) {
  JsonWriter json;
  json.BeginObject()
      .Field("verdict", policy::ToString(result.verdict.outcome))
      .Field("reason", result.verdict.reason)
      .Field("risk_level", policy::ToString(result.verdict.risk_level))
      .Field("redact", result.verdict.redact)
      .Field("plane", options.plane)
      .Field("phase", options.phase)
      .Field("profile", result.posture.profile())
      .Field("policy_set_version", result.set->version())
      .Key("policies")
      .BeginArray();
  for (const policy::Match& match : result.verdict.matches) {
    const policy::Policy& matched = result.set->policies()[match.policy];
    json.BeginObject()
        .Field("policy_id", matched.id)
        .Field("name", matched.name)
        .Field("category", matched.category)
        .Field("severity", policy::ToString(matched.severity))
        .Field("action", policy::ToString(match.action))
        .Field("count", static_cast<std::uint64_t>(match.count))
        .Key("spans")
        .BeginArray();
    if (const policy::Finding* finding = FindingOf(result, match.policy)) {
      for (const policy::Span& span : finding->spans) {
        json.BeginObject()
            .Field("begin", static_cast<std::uint64_t>(span.begin))
            .Field("end", static_cast<std::uint64_t>(span.end))
            .EndObject();
      }
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  Print(json.text());
}

std::string SpansText(const policy::Finding* finding) {
  if (finding == nullptr) return "";
  std::string out;
  for (std::size_t i = 0; i < finding->spans.size() && i < kSpansShownMax; ++i) {
    if (!out.empty()) out += ' ';
    out += std::to_string(finding->spans[i].begin) + "-" + std::to_string(finding->spans[i].end);
  }
  return finding->spans.size() > kSpansShownMax ? out + " ..." : out;
}

void PrintAsText(const TestResult& result) {
  std::string head = "verdict: " + std::string(policy::ToString(result.verdict.outcome));
  if (!result.verdict.reason.empty()) head += " (" + result.verdict.reason + ")";
  Print(head);
  if (result.verdict.matches.empty()) {
    Print("no policy found anything");
    return;
  }
  TextTable table({"POLICY", "ACTION", "CATEGORY", "SEVERITY", "FOUND", "BYTES"});
  for (const policy::Match& match : result.verdict.matches) {
    const policy::Policy& matched = result.set->policies()[match.policy];
    table.AddRow({matched.id, std::string(policy::ToString(match.action)), matched.category,
                  std::string(policy::ToString(matched.severity)), std::to_string(match.count),
                  SpansText(FindingOf(result, match.policy))});
  }
  Print(table.ToString());
}

}  // namespace

ExitCode RunPolicyLint(const PolicyLintOptions& options) {
  const Result<std::vector<policy::Policy>> policies = ReadPolicies(options.files);
  if (!policies) return Fail(policies.error());
  const Result<std::vector<policy::LintProblem>> problems = policy::Lint(*policies);
  if (!problems) return Fail(problems.error());
  std::size_t texts = 0;
  for (const policy::Policy& one : *policies) {
    texts += one.must_match.size() + one.must_not_match.size();
  }

  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject()
        .Field("ok", problems->empty())
        .Field("policies", static_cast<std::uint64_t>(policies->size()))
        .Field("texts", static_cast<std::uint64_t>(texts))
        .Key("problems")
        .BeginArray();
    for (const policy::LintProblem& problem : *problems) {
      json.BeginObject()
          .Field("policy_id", problem.policy_id)
          .Field("message", problem.message)
          .EndObject();
    }
    json.EndArray().EndObject();
    Print(json.text());
  } else {
    for (const policy::LintProblem& problem : *problems) {
      Print(ForTerminal(problem.policy_id + ": " + problem.message));
    }
    Print(std::to_string(policies->size()) + " policies, " + std::to_string(texts) + " texts, " +
          std::to_string(problems->size()) + " problems");
  }
  return problems->empty() ? ExitCode::kOk : ExitCode::kNegative;
}

ExitCode RunPolicyTest(const PolicyTestOptions& options) {
  Result<std::string> text = options.text;
  if (options.text == "-") text = ReadStandardInput();
  if (!text) return Fail(text.error());
  const Result<TestResult> result = TestText(options, *text);
  if (!result) return Fail(result.error());
  if (options.output == OutputFormat::kJson) {
    PrintAsJson(*result, options);
  } else {
    PrintAsText(*result);
  }
  const policy::Outcome outcome = result->verdict.outcome;
  const bool passes = outcome == policy::Outcome::kAllowed || outcome == policy::Outcome::kRedacted;
  return passes ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli

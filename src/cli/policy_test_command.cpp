#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "app/policy_source.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cli/catalogue_files.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "policy/dynamic/risk_score.h"
#include "policy/policy_view.h"
#include "policy/posture.h"
#include "policy/resolver.h"
#include "policy_admin/draft_view.h"
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

// Everything that one run of `policy test` found out.
struct TestResult {
  std::shared_ptr<const policy::PolicyView> view;
  std::vector<policy::Finding> findings;
  policy::Verdict verdict;
};

// The two kinds of files that --policies may name.
struct NamedFiles {
  std::vector<std::string> catalogue;  // take the place of the system's policies
  PolicyFiles own;                     // join them
};

Result<NamedFiles> ReadNamed(const std::vector<std::string>& paths) {
  const auto files = ListYamlFiles(paths);
  if (!files) return files.error();
  NamedFiles named;
  for (const std::string& file : *files) {
    const auto text = ReadFile(file, kPolicyFileBytesMax);
    if (!text) return Error{ErrorCode::kUnavailable, text.error().message};
    if (IsCatalogueText(*text)) {
      named.catalogue.push_back(file);
    } else if (auto parsed = ParsePolicyFile(*text, file, named.own); !parsed) {
      return parsed.error();
    }
  }
  return named;
}

Result<app::SystemPolicies> SystemFor(const NamedFiles& named, const settings::Settings& settings) {
  if (named.catalogue.empty()) {
    return app::LoadSystemPolicies(settings.String("AXONFLOW_POLICIES_DIR"));
  }
  Result<std::vector<policy::Policy>> policies = ReadPolicies(named.catalogue);
  if (!policies) return policies.error();
  auto set = policy::PolicySet::Compile(std::move(*policies));
  if (!set) return set.error();
  return app::SystemPolicies{std::move(*set), nullptr};
}

// What would judge a tenant that has the policies of the files and nothing else of its own.
Result<std::shared_ptr<const policy::PolicyView>> ViewFor(const PolicyTestOptions& options,
                                                          const settings::Settings& settings) {
  Result<policy::Posture> posture = policy::Posture::FromVariables(settings.PostureVariables());
  if (!posture) return posture.error();
  const auto named = ReadNamed(options.files);
  if (!named) return named.error();
  auto system = SystemFor(*named, settings);
  if (!system) return system.error();
  policy::PolicyView::Parts parts;
  parts.system = std::move(system->patterns);
  if (system->dynamic) parts.dynamic.push_back(std::move(system->dynamic));
  parts.posture = std::make_shared<const policy::Posture>(std::move(*posture));
  const auto view = policy::PolicyView::Make(std::move(parts));
  if (!view) return view.error();
  const auto with_own = policy_admin::DraftView(**view, {named->own.desired, {}, {}});
  if (with_own) return *with_own;
  const auto& refusal = with_own.refusal();
  if (refusal.fields.empty()) return refusal.error;
  return Error{ErrorCode::kInvalidArgument, AtTheirPlaces(named->own, refusal.fields)};
}

// Of the dynamic policies, as a request would meet them of which only the text is known.
void EvaluateDynamic(const policy::PolicyView& view, std::string_view text, policy::Plane plane,
                     std::vector<policy::Finding>& findings) {
  if (!view.HasDynamic(plane)) return;
  const bool injected = std::ranges::any_of(findings, [&](const policy::Finding& finding) {
    return view.policy(finding.policy).category == "security-sqli";
  });
  policy::Facts facts;
  facts.query = text;
  facts.risk_score = policy::RiskScore(injected, text);
  facts.plane = plane;
  view.Evaluate(facts, findings);
}

Result<TestResult> TestText(const PolicyTestOptions& options, std::string_view text) {
  const auto settings = settings::Settings::Load(settings::ProcessEnvironment());
  if (!settings) return settings.error();
  const auto view = ViewFor(options, *settings);
  if (!view) return view.error();

  policy::DetectInput input;
  input.text = text;
  input.phase = options.phase == "response" ? policy::Phase::kResponse : policy::Phase::kRequest;
  input.sql_capable_target = options.sql_tool;
  input.want_spans = true;
  Result<std::vector<policy::Finding>> findings = (*view)->Detect(input);
  if (!findings) return findings.error();
  const policy::Plane plane = policy::ParsePlane(options.plane).value_or(policy::Plane::kGateway);
  if (input.phase == policy::Phase::kRequest) EvaluateDynamic(**view, text, plane, *findings);
  policy::Verdict verdict =
      policy::Resolve(**view, *findings, {.plane = plane, .phase = input.phase, .now = Now()});
  return TestResult{*view, std::move(*findings), std::move(verdict)};
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
      .Field("profile", result.view->posture().profile())
      .Field("policy_set_version", result.view->version())
      .Key("policies")
      .BeginArray();
  for (const policy::Match& match : result.verdict.matches) {
    const policy::Policy& matched = result.view->policy(match.policy);
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
    const policy::Policy& matched = result.view->policy(match.policy);
    table.AddRow({matched.id, std::string(policy::ToString(match.action)), matched.category,
                  std::string(policy::ToString(matched.severity)), std::to_string(match.count),
                  SpansText(FindingOf(result, match.policy))});
  }
  Print(table.ToString());
}

}  // namespace

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

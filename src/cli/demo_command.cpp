#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/demo_exchange.h"
#include "cli/http_client.h"

namespace axonflow::cli {
namespace {

// The client, and so the tenant, that community mode takes when nobody is named. The body must name
// the same one: reads have no body, and they would look in another tenant.
constexpr const char* kAnonymousClient = "community";

struct Step {
  std::string_view label;
  PreCheckAnswer answer;
  bool recorded = false;  // the audit record was found and agrees
  std::string problem;    // empty: as expected
};

// Sends and insists on 200; anything else becomes an error with the server's own words.
Result<std::string> Call(HttpClient& client, std::string_view method, const std::string& path,
                         std::string_view body) {
  constexpr std::size_t kAnswerShownBytesMax = 300;
  Result<HttpAnswer> answer = client.Send(method, path, body);
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  const std::string said = ForTerminal(answer->body.substr(0, kAnswerShownBytesMax));
  Error error{ErrorCode::kNotFound, std::string(method) + " " + path + " answered " +
                                        std::to_string(answer->status) + ": " + said};
  if (answer->status == 401) error.message += "; give --client-id and --client-secret";
  return error;
}

// Asks /readyz until it says yes or `seconds` have passed; the first request then finds out why
// not.
void WaitUntilReady(HttpClient& client, int seconds) {
  constexpr std::chrono::milliseconds kPause{100};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < deadline) {
    const Result<HttpAnswer> answer = client.Send("GET", "/readyz");
    if (answer && answer->status == 200) return;
    std::this_thread::sleep_for(kPause);
  }
}

Result<Step> RunStep(HttpClient& client, const DemoPrompt& prompt, std::string_view client_id) {
  const Result<std::string> checked =
      Call(client, "POST", "/api/policy/pre-check", PreCheckBody(prompt.text, client_id));
  if (!checked) return checked.error();
  Result<PreCheckAnswer> answer = ReadPreCheckAnswer(*checked);
  if (!answer) return answer.error();

  const Result<std::string> found =
      Call(client, "POST", "/api/v1/audit/search", SearchBody(answer->decision_id));
  if (!found) return found.error();
  const Result<std::vector<AuditEntry>> entries = ReadSearchAnswer(*found);
  if (!entries) return entries.error();
  const Result<std::string> explained =
      Call(client, "GET", "/api/v1/decisions/" + answer->decision_id + "/explain", {});
  if (!explained) return explained.error();
  const Result<Explanation> explanation = ReadExplanation(*explained);
  if (!explanation) return explanation.error();

  Step step{prompt.label, std::move(*answer), false, {}};
  const auto bad_record = JudgeRecord(step.answer, *entries, *explanation);
  const auto bad_verdict = JudgeVerdict(prompt.expectation, step.answer);
  step.recorded = !bad_record;
  step.problem = bad_verdict ? *bad_verdict : bad_record.value_or("");
  return step;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out.empty() ? "-" : out;
}

void PrintAsJson(const std::vector<Step>& steps, const std::string& url, bool passed) {
  JsonWriter json;
  json.BeginObject().Field("url", url).Field("passed", passed).Key("prompts").BeginArray();
  for (const Step& step : steps) {
    json.BeginObject()
        .Field("prompt", step.label)
        .Field("verdict", step.answer.verdict)
        .Key("policies")
        .BeginArray();
    for (const std::string& policy : step.answer.policies) json.String(policy);
    json.EndArray()
        .Field("decision_id", step.answer.decision_id)
        .Field("audit_record", step.recorded)
        .Field("as_expected", step.problem.empty())
        .Field("problem", step.problem)
        .EndObject();
  }
  json.EndArray().EndObject();
  Print(json.text());
}

void PrintAsText(const std::vector<Step>& steps, bool passed) {
  TextTable table({"PROMPT", "VERDICT", "DECISION", "AUDIT", "POLICIES"});
  for (const Step& step : steps) {
    table.AddRow({std::string(step.label), step.answer.verdict, step.answer.decision_id,
                  step.recorded ? "recorded" : "WRONG", Joined(step.answer.policies)});
  }
  Print(table.ToString());
  for (const Step& step : steps) {
    if (!step.problem.empty())
      Print("NOT AS EXPECTED, " + std::string(step.label) + ": " + ForTerminal(step.problem));
  }
  if (passed) Print("All verdicts and audit records are as expected.");
}

}  // namespace

ExitCode RunDemo(const DemoOptions& options) {
  Result<HttpUrl> url = ParseHttpUrl(options.url);
  if (!url) return Fail(url.error());
  if (options.client_id.empty() != options.client_secret.empty()) {
    return Fail(ExitCode::kUsage, "--client-id and --client-secret go together");
  }
  HttpClient client(std::move(*url), options.client_id, options.client_secret);
  const std::string client_id = options.client_id.empty() ? kAnonymousClient : options.client_id;
  WaitUntilReady(client, options.wait_s);
  std::vector<Step> steps;
  for (const DemoPrompt& prompt : DemoPrompts()) {
    Result<Step> step = RunStep(client, prompt, client_id);
    if (!step) return Fail(step.error());
    steps.push_back(std::move(*step));
  }
  const bool passed = std::all_of(steps.begin(), steps.end(),
                                  [](const Step& step) { return step.problem.empty(); });
  if (options.output == OutputFormat::kJson) {
    PrintAsJson(steps, options.url, passed);
  } else {
    PrintAsText(steps, passed);
  }
  return passed ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli

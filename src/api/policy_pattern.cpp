#include <string>
#include <vector>

#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "base/json_writer.h"
#include "policy/pattern_check.h"

namespace axonflow::api {
namespace {

struct Input {
  std::string pattern;
  std::vector<std::string> texts;
};

std::variant<Input, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  Input input{body.Text("pattern").value_or(""), {}};
  auto texts = body.Texts("inputs");
  auto text = body.Text("input");
  if (input.pattern.empty() && body.problems().empty()) body.Problem("pattern", "is required");
  if (!texts && !text && body.problems().empty()) {
    body.Problem("inputs", "is required: an array of texts to try the pattern on");
  }
  if (texts && texts->size() > policy::kPatternTestInputsMax) {
    body.Problem("inputs",
                 "holds more than " + std::to_string(policy::kPatternTestInputsMax) + " texts");
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  if (texts) input.texts = std::move(*texts);
  if (text) input.texts.push_back(std::move(*text));
  return input;
}

std::string_view TextOf(const policy::PatternMatch& match, std::string_view input) {
  return input.substr(match.begin, match.end - match.begin);
}

// The groups of the first match, the way clients read them: texts only.
void WriteGroups(JsonWriter& json, const policy::PatternTestResult& result) {
  json.Key("groups").BeginArray();
  if (!result.matches.empty()) {
    for (const auto& group : result.matches.front().groups) json.String(group.value_or(""));
  }
  json.EndArray();
}

// Two names for the same list: clients read `matches`, the published document says `results`.
net::Response Write(const Input& input, const policy::PatternTest& test) {
  JsonWriter json;
  json.BeginObject().Field("valid", test.valid);
  if (!test.error.empty()) json.Field("error", test.error);
  json.Field("pattern", input.pattern).Key("inputs").BeginArray();
  for (const auto& text : input.texts) json.String(text);
  json.EndArray().Key("matches").BeginArray();
  for (std::size_t i = 0; i < test.results.size(); ++i) {
    json.BeginObject().Field("input", input.texts[i]).Field("matched", test.results[i].matched);
    if (!test.results[i].finished) json.Field("finished", false);
    WriteGroups(json, test.results[i]);
    json.EndObject();
  }
  json.EndArray().Key("results").BeginArray();
  for (std::size_t i = 0; i < test.results.size(); ++i) {
    json.BeginObject().Field("input", input.texts[i]).Field("matched", test.results[i].matched);
    json.Key("matches").BeginArray();
    for (const auto& match : test.results[i].matches) json.String(TextOf(match, input.texts[i]));
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

}  // namespace

// A dry run of a pattern: an invalid one is an answer, not an error.
Task<PolicyReply> TryPattern(Api& api, Call& call) {
  auto parsed = Parse(call);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return std::move(*problem);
  const auto& input = std::get<Input>(parsed);
  auto work = [&](policy_admin::PolicyDirectory&) {
    return policy_admin::Outcome<policy::PatternTest>(
        policy::TestPattern(input.pattern, input.texts));
  };
  const auto test = co_await AskDirectory(api, work);
  if (!test) co_return ProblemOf(test.refusal());
  co_return Write(input, *test);
}

}  // namespace axonflow::api

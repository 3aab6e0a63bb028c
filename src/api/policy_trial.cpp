#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "api/condition_context.h"
#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"
#include "policy/dynamic/dynamic_set.h"
#include "policy/dynamic/risk_score.h"

namespace axonflow::api {
namespace {

using policy::DynamicPolicy;
using policy::DynamicSet;
using policy_admin::Outcome;
using policy_admin::PolicyDirectory;

// What a trial supposes about an exchange. Owns the texts that the facts point to. Who the user is
// may be made up here, since nothing is enforced; the tenant is the caller's.
struct Supposition {
  std::string query;
  std::optional<std::string> response, request_type, connector, environment;
  std::map<std::string, std::string> user;
  std::vector<std::string> permissions, segments;
  std::vector<std::pair<std::string, std::string>> context;
  std::optional<double> risk_score, cost_estimate;
};

std::optional<double> ReadNumber(BodyReader& body, std::string_view name) {
  const auto member = body.object().Find(name);
  if (!member) return std::nullopt;
  const auto number = member->AsDouble();
  if (!number) body.Problem(name, "must be a number");
  return number;
}

std::optional<PolicyProblem> ReadUser(BodyReader& body, const Call& call, Supposition& supposed) {
  const auto user = body.object().Find("user");
  if (!user) return std::nullopt;
  if (user->type() != JsonType::kObject) {
    body.Problem("user", "must be an object");
    return std::nullopt;
  }
  if (auto problem = CheckOwner(*user, call)) return problem;
  BodyReader reader(*user, "user.");
  supposed.permissions = reader.Texts("permissions").value_or(std::vector<std::string>{});
  supposed.segments = reader.Texts("segments").value_or(std::vector<std::string>{});
  for (const char* name : {"id", "email", "role", "department", "region"}) {
    const auto member = user->Find(name);
    if (!member) continue;
    const auto text = member->AsString();
    supposed.user.emplace(name, text ? std::string(*text) : member->ToString());
  }
  for (auto& problem : reader.problems()) body.problems().push_back(std::move(problem));
  return std::nullopt;
}

std::variant<Supposition, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  Supposition supposed;
  if (auto problem = ReadUser(body, call, supposed)) return std::move(*problem);
  const auto query = body.Text("query");
  if (!query && body.problems().empty()) body.Problem("query", "is required");
  supposed.query = query.value_or("");
  supposed.response = body.Text("response");
  supposed.request_type = body.Text("request_type");
  supposed.connector = body.Text("connector");
  supposed.environment = body.Text("environment");
  supposed.risk_score = ReadNumber(body, "risk_score");
  supposed.cost_estimate = ReadNumber(body, "cost_estimate");
  if (const auto context = body.object().Find("context")) {
    auto pairs = context->type() == JsonType::kObject
                     ? ReadConditionContext(*context)
                     : Error{ErrorCode::kInvalidArgument, "must be an object"};
    if (pairs) {
      supposed.context = std::move(*pairs);
    } else {
      body.Problem("context", pairs.error().message);
    }
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return supposed;
}

std::optional<std::string_view> View(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<std::string_view> UserMember(const Supposition& supposed, const std::string& name) {
  const auto found = supposed.user.find(name);
  if (found == supposed.user.end()) return std::nullopt;
  return found->second;
}

policy::Facts FactsOf(const Supposition& supposed, const identity::Principal& principal,
                      double risk_score) {
  policy::Facts facts;
  facts.query = supposed.query;
  facts.response = View(supposed.response);
  facts.request_type = View(supposed.request_type);
  facts.connector = View(supposed.connector);
  facts.environment = View(supposed.environment);
  facts.user_id = UserMember(supposed, "id");
  facts.user_email = UserMember(supposed, "email");
  facts.user_role = UserMember(supposed, "role");
  facts.user_department = UserMember(supposed, "department");
  facts.user_region = UserMember(supposed, "region");
  facts.user_tenant = principal.tenant.str();
  facts.user_permissions = std::span<const std::string>(supposed.permissions);
  facts.segments = supposed.segments;
  facts.client_id = principal.client.str();
  facts.client_org = principal.org.str();
  facts.client_tenant = principal.tenant.str();
  facts.risk_score = risk_score;
  facts.cost_estimate = supposed.cost_estimate;
  facts.context = supposed.context;
  facts.plane = policy::Plane::kProxy;
  return facts;
}

// The score that the pipeline would give the text, unless the trial supposes one.
Result<double> ScoreOf(const Supposition& supposed, const policy::PolicyView& view) {
  if (supposed.risk_score) return std::clamp(*supposed.risk_score, 0.0, 1.0);
  const auto findings = view.Detect({.text = supposed.query});
  if (!findings) return findings.error();
  const bool injection = std::ranges::any_of(*findings, [&](const policy::Finding& finding) {
    return view.policy(finding.policy).category == "security-sqli";
  });
  return policy::RiskScore(injection, supposed.query);
}

double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Trial {
  DynamicPolicy policy;
  bool matched = false;
  std::vector<bool> conditions_hold;
  double took_ms = 0;
};

// Judges the policy whole, and each of its conditions alone, to say which one kept it from
// matching.
Outcome<Trial> Try(DynamicPolicy tried, const policy::Facts& facts) {
  tried.policy.enabled = true;
  tried.policy.segment.clear();
  tried.policy.planes = policy::PlaneSet::All();
  std::vector<DynamicPolicy> alone;
  for (const auto& condition : tried.conditions) {
    auto one = tried;
    one.policy.id = std::to_string(alone.size());
    one.conditions = {condition};
    alone.push_back(std::move(one));
  }
  auto whole = DynamicSet::Compile({tried});
  if (!whole) return whole.error();
  auto parts = DynamicSet::Compile(std::move(alone));
  if (!parts) return parts.error();
  Trial trial;
  std::vector<std::uint32_t> matched;
  const auto start = std::chrono::steady_clock::now();
  (*whole)->Match(facts, matched);
  trial.took_ms = MillisecondsSince(start);
  trial.matched = !matched.empty();
  matched.clear();
  (*parts)->Match(facts, matched);
  trial.conditions_hold.resize(tried.conditions.size());
  for (const auto index : matched) {
    trial.conditions_hold[std::stoul((*parts)->policies()[index].policy.id)] = true;
  }
  trial.policy = std::move(tried);
  return trial;
}

std::string Explain(const Trial& trial, bool enabled) {
  const auto& hold = trial.conditions_hold;
  std::string text;
  if (trial.matched) {
    text = "All " + std::to_string(hold.size()) + " conditions hold.";
  } else {
    for (std::size_t i = 0; i < hold.size(); ++i) {
      if (hold[i]) continue;
      const auto& condition = trial.policy.conditions[i];
      text += "Condition " + std::to_string(i) + " does not hold: " + condition.field + " " +
              std::string(policy::ToString(condition.op)) + ". ";
    }
    if (!text.empty()) text.pop_back();
  }
  if (!enabled) text += " The policy is disabled, so it judges nothing at the moment.";
  return text;
}

// The sentence that an action carries, under either of the names that clients write.
std::string MessageOf(const std::string& config) {
  thread_local JsonDocument document;
  const auto root = document.Parse(config);
  if (!root) return {};
  for (const char* name : {"message", "reason"}) {
    const auto member = root->Find(name);
    if (const auto text = member ? member->AsString() : std::nullopt) return std::string(*text);
  }
  return {};
}

// The exchange that a trial supposes, for the one pipeline.
governance::Exchange ExchangeOf(const Supposition& supposed, const Call& call) {
  governance::Exchange exchange;
  exchange.principal = call.principal;
  exchange.principal.user_permissions = supposed.permissions;
  exchange.principal.segments = supposed.segments;
  exchange.principal.user_email = UserMember(supposed, "email").value_or("");
  exchange.principal.user_role = UserMember(supposed, "role").value_or("");
  exchange.principal.user_department = UserMember(supposed, "department").value_or("");
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kProxy;
  exchange.request_type =
      supposed.request_type ? std::string_view(*supposed.request_type) : "policy_test";
  exchange.text = supposed.query;
  exchange.connector = supposed.connector.value_or("");
  exchange.policy_context = supposed.context;
  return exchange;
}

bool Blocks(const DynamicPolicy& policy) {
  return std::ranges::any_of(policy.actions, [](const policy::ActionStep& step) {
    return step.type == policy::DynamicAction::kBlock;
  });
}

}  // namespace

Task<PolicyReply> TestTenantPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  const auto& supposed = std::get<Supposition>(parsed);
  const auto actor = ActorOf(call.principal);
  const auto view = co_await api.services().governor.ViewOf(actor.org, actor.tenant);
  if (!view) co_return ProblemOf(view.error());
  bool enabled = true;
  auto work = [&](PolicyDirectory& directory) -> Outcome<Trial> {
    auto record = directory.GetDynamic(actor, PathId(call));
    if (!record) return record.refusal();
    const auto score = ScoreOf(supposed, **view);
    if (!score) return score.error();
    enabled = record->policy.policy.enabled;
    return Try(std::move(record->policy), FactsOf(supposed, call.principal, *score));
  };
  const auto trial = co_await AskDirectory(api, work);
  if (!trial) co_return ProblemOf(trial.refusal());
  JsonWriter json;
  json.BeginObject().Field("matched", trial->matched);
  json.Field("blocked", trial->matched && Blocks(trial->policy)).Key("actions").BeginArray();
  if (trial->matched) {
    for (const auto& step : trial->policy.actions) {
      json.BeginObject().Field("type", policy::ToString(step.type));
      json.Key("config").Raw(step.config).Field("message", MessageOf(step.config)).EndObject();
    }
  }
  json.EndArray().Field("explanation", Explain(*trial, enabled));
  json.Field("eval_time_ms", trial->took_ms).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

// A dry run of everything that applies to the tenant, as the proxy plane would judge it.
Task<PolicyReply> EvaluateTenantPolicies(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = Parse(call);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return *problem;
  auto exchange = ExchangeOf(std::get<Supposition>(parsed), call);
  const auto run = co_await api.services().governor.DryRun(std::move(exchange));
  if (!run) co_return ProblemOf(run.error());
  const auto& verdict = run->verdict;
  const bool allowed =
      verdict.outcome == policy::Outcome::kAllowed || verdict.outcome == policy::Outcome::kRedacted;
  JsonWriter json;
  json.BeginObject().Field("allowed", allowed).Key("applied_policies").BeginArray();
  for (const auto& match : verdict.matches) {
    if (!match.shadow) json.String(run->view->policy(match.policy).name);
  }
  json.EndArray().Field("risk_score", run->consequences.risk_score);
  WriteTexts(json, "required_actions", run->consequences.required_actions);
  json.Field("processing_time_ms", static_cast<std::int64_t>(MillisecondsSince(start)));
  json.Field("database_accessed", false).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api

#include "api/simulation.h"

#include <algorithm>

#include <utility>

#include "api/condition_context.h"
#include "api/simulation_endpoints.h"
#include "api/tool_target.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "governance/governor.h"
#include "policy/dynamic/conflicts.h"
#include "policy/policy_view.h"

namespace axonflow::api {
namespace {

using policy_admin::Outcome;
using policy_admin::PolicyDirectory;

// Inputs of one impact report; each is judged like a request.
constexpr std::size_t kInputsMax = 100;
constexpr std::string_view kTier = "community";

double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void ReadUser(BodyReader& body, identity::Principal& principal) {
  const auto user = body.object().Find("user");
  if (!user) return;
  if (user->type() != JsonType::kObject) {
    body.Problem("user", "must be an object");
    return;
  }
  BodyReader reader(*user, "user.");
  if (auto email = reader.Text("email")) principal.user_email = std::move(*email);
  if (auto role = reader.Text("role")) principal.user_role = std::move(*role);
  if (auto department = reader.Text("department")) {
    principal.user_department = std::move(*department);
  }
  if (auto texts = reader.Texts("permissions")) principal.user_permissions = std::move(*texts);
  if (auto texts = reader.Texts("segments")) principal.segments = std::move(*texts);
  for (auto& problem : reader.problems()) body.problems().push_back(std::move(problem));
}

struct PolicyRef {
  std::string id;
  std::string name;
  std::string type;
};

void WriteRef(JsonWriter& json, std::string_view key, const PolicyRef& ref) {
  json.Key(key).BeginObject();
  json.Field("id", ref.id).Field("name", ref.name).Field("type", ref.type).EndObject();
}

void WriteTexts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const auto& text : texts) json.String(text);
  json.EndArray();
}

net::Response WriteSimulation(const governance::Judgement& judgement, double took_ms,
                              const identity::Principal& principal) {
  const policy::PolicyView& view = *judgement.view;
  const auto outcome = judgement.verdict.outcome;
  JsonWriter json;
  json.BeginObject();
  json.Field("allowed",
             outcome == policy::Outcome::kAllowed || outcome == policy::Outcome::kRedacted);
  json.Field("verdict", policy::ToString(outcome)).Field("reason", judgement.verdict.reason);
  json.Key("applied_policies").BeginArray();
  for (const auto& match : judgement.verdict.matches) {
    if (!match.shadow) json.String(view.policy(match.policy).name);
  }
  json.EndArray().Key("matched_policies").BeginArray();
  for (const auto& match : judgement.verdict.matches) {
    const policy::Policy& policy = view.policy(match.policy);
    json.BeginObject().Field("policy_id", policy.id).Field("policy_name", policy.name);
    json.Field("category", policy.category).Field("action", policy::ToString(match.action));
    json.Field("tier", policy::ToString(policy.tier)).Field("version", policy.version);
    json.Field("mode", policy::ToString(policy.mode)).Field("overridden", match.overridden);
    json.EndObject();
  }
  json.EndArray().Field("risk_score", judgement.consequences.risk_score);
  WriteTexts(json, "required_actions", judgement.consequences.required_actions);
  json.Field("processing_time_ms", static_cast<std::int64_t>(took_ms));
  json.Field("total_policies", static_cast<std::uint64_t>(view.size())).Field("dry_run", true);
  json.Field("simulated_at", FormatRfc3339(Now())).Field("tier", kTier);
  json.Field("policy_set_version", view.version());
  WriteTexts(json, "segments_resolved", principal.segments);
  json.EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

}  // namespace

governance::Exchange ReadSupposedExchange(BodyReader& body, const Call& call) {
  governance::Exchange exchange;
  exchange.principal = call.principal;
  exchange.decision_id = call.decision_id;
  exchange.trace = call.trace;
  exchange.plane = policy::Plane::kProxy;
  exchange.request_type = body.Text("request_type").value_or("simulation");
  const auto query = body.Text("query");
  if (!query || query->empty()) body.Problem("query", "is required");
  exchange.text = query.value_or("");
  exchange.connector = body.Text("connector").value_or("");
  exchange.sql_capable_target = IsSqlCapable(exchange.connector);
  ReadUser(body, exchange.principal);
  if (const auto context = body.object().Find("context")) {
    auto pairs = context->type() == JsonType::kObject
                     ? ReadConditionContext(*context)
                     : Error{ErrorCode::kInvalidArgument, "must be an object"};
    if (pairs) {
      exchange.policy_context = std::move(*pairs);
    } else {
      body.Problem("context", pairs.error().message);
    }
  }
  return exchange;
}

// What the pipeline would decide about an exchange, by every policy that judges it.
Task<PolicyReply> SimulatePolicies(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) co_return std::move(*problem);
  auto exchange = ReadSupposedExchange(body, call);
  if (!body.problems().empty()) co_return InvalidFields(std::move(body.problems()));
  const identity::Principal supposed = exchange.principal;
  const auto judgement = co_await api.services().governor.DryRun(std::move(exchange));
  if (!judgement) co_return ProblemOf(judgement.error());
  co_return WriteSimulation(*judgement, MillisecondsSince(start), supposed);
}

namespace {

// The policy that an impact report is about, and a view in which it judges, as if it were enabled,
// enforced and asked on every plane.
struct Subject {
  std::string id;    // as the request named it
  std::string slug;  // in the view
  std::string name;
  governance::View view;
};

void JudgeEverywhere(policy::Policy& policy) {
  policy.enabled = true;
  policy.mode = policy::Mode::kEnforce;
  policy.planes = policy::PlaneSet::All();
}

Result<governance::View> Alone(const policy::PolicyView& own, const policy::Policy& subject,
                               const policy::DynamicPolicy* dynamic) {
  policy::PolicyView::Parts parts;
  parts.system = own.parts().system;
  parts.posture = own.parts().posture;
  if (dynamic != nullptr) {
    policy::DynamicPolicy copy = *dynamic;
    JudgeEverywhere(copy.policy);
    auto set = policy::DynamicSet::Compile({std::move(copy)});
    if (!set) return set.error();
    parts.dynamic.push_back(std::move(*set));
  } else if (subject.tier != policy::Tier::kSystem) {
    policy::Policy copy = subject;
    JudgeEverywhere(copy);
    auto set = policy::PolicySet::Compile({std::move(copy)}, policy::PolicySet::Kind::kCustom);
    if (!set) return set.error();
    parts.own.push_back(std::move(*set));
  }
  return policy::PolicyView::Make(std::move(parts));
}

Outcome<Subject> FindSubject(PolicyDirectory& directory, const policy_admin::Actor& actor,
                             const std::string& id, const policy::PolicyView& own) {
  Subject subject{id, "", "", nullptr};
  auto dynamic = directory.GetDynamic(actor, id);
  if (dynamic) {
    subject.slug = dynamic->policy.policy.id;
    subject.name = dynamic->policy.policy.name;
    auto view = Alone(own, dynamic->policy.policy, &dynamic->policy);
    if (!view) return view.error();
    subject.view = std::move(*view);
    return subject;
  }
  if (dynamic.error().code != ErrorCode::kNotFound) return dynamic.refusal();
  auto pattern = directory.GetStatic(actor, id);
  if (!pattern) return pattern.refusal();
  subject.slug = pattern->policy.id;
  subject.name = pattern->policy.name;
  auto view = Alone(own, pattern->policy, nullptr);
  if (!view) return view.error();
  subject.view = std::move(*view);
  return subject;
}

struct ImpactRequest {
  std::string policy_id;
  std::vector<governance::Exchange> inputs;
};

std::variant<ImpactRequest, PolicyProblem> ParseImpact(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  ImpactRequest request;
  request.policy_id = body.Text("policy_id").value_or("");
  if (request.policy_id.empty()) body.Problem("policy_id", "is required");
  const auto inputs = body.object().Find("inputs");
  if (!inputs || inputs->type() != JsonType::kArray || inputs->size() == 0) {
    body.Problem("inputs", "must be an array of at least one input");
  } else if (inputs->size() > kInputsMax) {
    return PolicyProblem{400,
                         "INPUT_LIMIT_EXCEEDED",
                         "An impact report takes at most " + std::to_string(kInputsMax) + " inputs",
                         {}};
  } else {
    std::optional<PolicyProblem> foreign;
    inputs->ForEachElement([&](JsonValue element) {
      const std::string prefix = "inputs[" + std::to_string(request.inputs.size()) + "]";
      if (element.type() != JsonType::kObject) {
        body.Problem(prefix, "must be an object");
        return;
      }
      if (!foreign) foreign = CheckOwner(element, call);
      BodyReader reader(element, prefix + ".");
      request.inputs.push_back(ReadSupposedExchange(reader, call));
      for (auto& problem : reader.problems()) body.problems().push_back(std::move(problem));
    });
    if (foreign) return std::move(*foreign);
  }
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return request;
}

struct ImpactResult {
  bool matched = false;
  bool blocked = false;
  std::vector<std::string> actions;
};

ImpactResult ResultFor(const governance::Judgement& judgement, const std::string& slug) {
  ImpactResult result;
  for (const auto& match : judgement.verdict.matches) {
    if (judgement.view->policy(match.policy).id != slug) continue;
    result.matched = true;
    result.blocked = match.action == policy::Action::kBlock;
    const auto* dynamic = judgement.view->Dynamic(match.policy);
    if (dynamic == nullptr) {
      result.actions.emplace_back(policy::ToString(match.action));
    } else {
      for (const auto& step : dynamic->actions) result.actions.emplace_back(ToString(step.type));
    }
  }
  return result;
}

double Share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

net::Response WriteImpact(const Subject& subject, const std::vector<ImpactResult>& results,
                          double took_ms) {
  const auto matched = static_cast<std::size_t>(
      std::ranges::count_if(results, [](const auto& each) { return each.matched; }));
  const auto blocked = static_cast<std::size_t>(
      std::ranges::count_if(results, [](const auto& each) { return each.blocked; }));
  JsonWriter json;
  json.BeginObject().Field("policy_id", subject.id).Field("policy_name", subject.name);
  json.Field("total_inputs", static_cast<std::uint64_t>(results.size()));
  json.Field("matched", static_cast<std::uint64_t>(matched));
  json.Field("blocked", static_cast<std::uint64_t>(blocked));
  json.Field("match_rate", Share(matched, results.size()));
  json.Field("block_rate", Share(blocked, results.size()));
  json.Key("results").BeginArray();
  for (std::size_t i = 0; i < results.size(); ++i) {
    json.BeginObject().Field("input_index", static_cast<std::uint64_t>(i));
    json.Field("matched", results[i].matched).Field("blocked", results[i].blocked);
    WriteTexts(json, "actions", results[i].actions);
    json.EndObject();
  }
  json.EndArray().Field("processing_time_ms", static_cast<std::int64_t>(took_ms));
  json.Field("generated_at", FormatRfc3339(Now())).Field("tier", kTier).EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

}  // namespace

// How one policy, enabled or not, judges many exchanges.
Task<PolicyReply> ReportImpact(Api& api, Call& call) {
  const auto start = std::chrono::steady_clock::now();
  auto parsed = ParseImpact(call);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return std::move(*problem);
  auto request = std::get<ImpactRequest>(std::move(parsed));
  const auto own =
      co_await api.services().governor.ViewOf(call.principal.org, call.principal.tenant);
  if (!own) co_return ProblemOf(own.error());
  const auto actor = ActorOf(call.principal);
  const auto find = [&](PolicyDirectory& directory) {
    return FindSubject(directory, actor, request.policy_id, **own);
  };
  const auto subject = co_await AskDirectory(api, find);
  if (!subject) co_return ProblemOf(subject.refusal());
  std::vector<ImpactResult> results;
  for (auto& input : request.inputs) {
    const auto judgement = co_await api.services().governor.DryRun(std::move(input), subject->view);
    if (!judgement) co_return ProblemOf(judgement.error());
    results.push_back(ResultFor(*judgement, subject->slug));
  }
  co_return WriteImpact(*subject, results, MillisecondsSince(start));
}

namespace {

// The tenant's and its organization's policies by conditions, by the ids of the wire.
struct OwnDynamic {
  std::vector<policy::DynamicPolicy> policies;  // policy.id is the uuid
  std::string asked;                            // uuid of the policy asked for; empty: all
};

Outcome<OwnDynamic> ReadOwnDynamic(PolicyDirectory& directory, const policy_admin::Actor& actor,
                                   const std::string& asked) {
  auto effective = directory.Effective(actor);
  if (!effective) return effective.refusal();
  OwnDynamic own;
  own.asked = asked;
  for (auto& each : effective->dynamic_policies) {
    if (each.record.policy.policy.tier == policy::Tier::kSystem) continue;
    policy::DynamicPolicy policy = each.record.policy;
    if (policy.policy.id == asked) own.asked = each.record.uuid;
    policy.policy.id = each.record.uuid;
    policy.policy.enabled = each.enabled;
    own.policies.push_back(std::move(policy));
  }
  return own;
}

PolicyRef RefOf(const policy::DynamicPolicy& policy) {
  return {policy.policy.id, policy.policy.name, policy.type};
}

net::Response WriteConflicts(const OwnDynamic& own, const policy::ConflictReport& report) {
  JsonWriter json;
  json.BeginObject().Key("conflicts").BeginArray();
  for (const policy::Conflict& conflict : report.conflicts) {
    json.BeginObject();
    WriteRef(json, "policy_a", RefOf(own.policies[conflict.a]));
    WriteRef(json, "policy_b", RefOf(own.policies[conflict.b]));
    json.Field("conflict_type", policy::ToString(conflict.type));
    json.Field("description", conflict.description);
    json.Field("severity", policy::ToString(policy::SeverityOf(conflict.type)));
    json.Field("overlapping_field", conflict.overlapping_field).EndObject();
  }
  json.EndArray().Field("total_policies", static_cast<std::uint64_t>(report.policy_count));
  json.Field("conflict_count", static_cast<std::uint64_t>(report.conflict_count));
  json.Field("checked_at", FormatRfc3339(Now())).Field("tier", kTier).EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

}  // namespace

// Policies that contradict, repeat or hide each other. The body may be absent.
Task<PolicyReply> DetectConflicts(Api& api, Call& call) {
  std::string asked;
  if (!call.request.body.empty()) {
    auto parsed = ParsePolicyBody(call.request.body);
    if (auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return std::move(*problem);
    BodyReader body(std::get<JsonValue>(parsed));
    if (auto problem = CheckOwner(body.object(), call)) co_return std::move(*problem);
    asked = body.Text("policy_id").value_or("");
    if (!body.problems().empty()) co_return InvalidFields(std::move(body.problems()));
  }
  const auto actor = ActorOf(call.principal);
  const auto read = [&](PolicyDirectory& directory) {
    return ReadOwnDynamic(directory, actor, asked);
  };
  const auto own = co_await AskDirectory(api, read);
  if (!own) co_return ProblemOf(own.refusal());
  const auto report = own->asked.empty() ? policy::FindConflicts(own->policies)
                                         : policy::FindConflicts(own->policies, own->asked);
  co_return WriteConflicts(*own, report);
}

}  // namespace axonflow::api

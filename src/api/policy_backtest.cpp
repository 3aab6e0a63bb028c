#include <algorithm>
#include <string>
#include <utility>

#include "api/condition_context.h"
#include "api/policy_body.h"
#include "api/simulation_endpoints.h"
#include "api/store_reads.h"
#include "api/tool_target.h"
#include "audit/audit_store.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "governance/backtest.h"
#include "governance/governor.h"
#include "policy_admin/draft_view.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kDecisionsDefault = 1'000;
constexpr std::int64_t kDecisionsMax = 10'000;
constexpr std::int64_t kPageRows = 500;  // records in memory at a time
constexpr std::size_t kInputsMax = 1'000;

struct BacktestRequest {
  policy_admin::Draft draft;
  std::optional<Time> since;
  std::optional<Time> until;
  std::int64_t limit = kDecisionsDefault;
  std::vector<governance::PastDecision> inputs;  // instead of recorded decisions
};

// Calls `read` with a reader for each element of the array `name`.
template <typename Read>
void ForEachObject(BodyReader& body, std::string_view name, std::size_t elements_max, Read read) {
  const auto list = body.object().Find(name);
  if (!list) return;
  if (list->type() != JsonType::kArray || list->size() > elements_max) {
    body.Problem(name, "must be an array of at most " + std::to_string(elements_max) + " objects");
    return;
  }
  std::size_t index = 0;
  list->ForEachElement([&](JsonValue element) {
    const std::string place = std::string(name) + "[" + std::to_string(index++) + "]";
    if (element.type() != JsonType::kObject) {
      body.Problem(place, "must be an object");
      return;
    }
    BodyReader reader(element, place + ".");
    read(reader);
    for (auto& problem : reader.problems()) body.problems().push_back(std::move(problem));
  });
}

void ReadDraft(BodyReader& body, policy_admin::Draft& draft) {
  const auto member = body.object().Find("draft");
  if (!member) return;
  if (member->type() != JsonType::kObject) {
    body.Problem("draft", "must be an object");
    return;
  }
  BodyReader reader(*member, "draft.");
  ForEachObject(reader, "static_policies", policy_admin::kDesiredMax, [&](BodyReader& each) {
    draft.policies.static_policies.push_back(ReadStaticChange(each));
  });
  ForEachObject(reader, "dynamic_policies", policy_admin::kDesiredMax, [&](BodyReader& each) {
    draft.policies.dynamic_policies.push_back(ReadDynamicChange(each));
  });
  ForEachObject(reader, "overrides", policy_admin::kDesiredMax, [&](BodyReader& each) {
    policy::AdminOverride supposed;
    supposed.policy_id = each.Text("policy_id").value_or("");
    supposed.enabled = each.Bool("enabled");
    if (const auto word = each.Text("action")) {
      supposed.action = policy::ParseAction(*word);
      if (!supposed.action) each.Problem("action", "must be an action");
    }
    draft.overrides.push_back(std::move(supposed));
  });
  draft.removed = reader.Texts("remove").value_or(std::vector<std::string>{});
  for (auto& problem : reader.problems()) body.problems().push_back(std::move(problem));
}

// A decision of the caller's own making. What it says of the user counts: nothing is enforced.
void ReadInput(BodyReader& reader, const Call& call, BacktestRequest& request) {
  governance::PastDecision past;
  past.exchange.principal = call.principal;
  past.id = reader.Text("id").value_or(std::to_string(request.inputs.size()));
  past.was = audit::CanonicalVerdict(reader.Text("was").value_or("allowed"));
  past.policies = reader.Texts("policies").value_or(std::vector<std::string>{});
  const auto text = reader.Text("text");
  if (!text) reader.Problem("text", "is required");
  past.exchange.text = text.value_or("");
  past.exchange.tool_signature = reader.Text("tool_signature").value_or("");
  past.exchange.connector = reader.Text("connector").value_or("");
  past.exchange.sql_capable_target = IsSqlCapable(past.exchange.connector);
  if (auto email = reader.Text("user_email")) past.exchange.principal.user_email = *email;
  if (auto role = reader.Text("user_role")) past.exchange.principal.user_role = *role;
  const auto plane = policy::ParsePlane(reader.Text("plane").value_or("gateway"));
  if (!plane) reader.Problem("plane", "must be one of: gateway, decision, mcp, proxy");
  past.exchange.plane = plane.value_or(policy::Plane::kGateway);
  request.inputs.push_back(std::move(past));
}

std::variant<BacktestRequest, PolicyProblem> Parse(const Call& call) {
  auto parsed = ParsePolicyBody(call.request.body);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) return std::move(*problem);
  BodyReader body(std::get<JsonValue>(parsed));
  if (auto problem = CheckOwner(body.object(), call)) return std::move(*problem);
  BacktestRequest request;
  ReadDraft(body, request.draft);
  request.since = body.Moment("since");
  request.until = body.Moment("until");
  request.limit = body.Integer("limit").value_or(kDecisionsDefault);
  if (request.limit < 1 || request.limit > kDecisionsMax) {
    body.Problem("limit", "must be from 1 to " + std::to_string(kDecisionsMax));
  }
  ForEachObject(body, "inputs", kInputsMax,
                [&](BodyReader& reader) { ReadInput(reader, call, request); });
  if (!body.problems().empty()) return InvalidFields(std::move(body.problems()));
  return request;
}

Status ReplayInputs(const BacktestRequest& request, const governance::View& view,
                    governance::Backtest& backtest) {
  for (const auto& past : request.inputs) {
    if (auto added = backtest.Add(past, view, Now()); !added) return added;
  }
  return {};
}

// The newest decisions first, page by page.
Status ReplayRecorded(store::Database& database, const store::OrgScope& scope,
                      const BacktestRequest& request, const governance::View& view,
                      governance::Backtest& backtest) {
  audit::SearchFilter filter;
  filter.start_time = request.since;
  // A moment that stays, so that decisions made meanwhile do not move the pages.
  filter.end_time = request.until.value_or(Now());
  filter.decisions_only = true;
  for (std::int64_t read = 0; read < request.limit;) {
    filter.limit = std::min(kPageRows, request.limit - read);
    filter.offset = read;
    const auto page = audit::Search(database, scope, filter);
    if (!page) return page.error();
    if (page->records.empty()) break;
    read += static_cast<std::int64_t>(page->records.size());
    for (const auto& stored : page->records) {
      auto past = governance::ReplayOf(stored.record);
      if (!past) {
        backtest.CountUnreplayable();
        continue;
      }
      past->exchange.sql_capable_target = IsSqlCapable(past->exchange.connector);
      if (auto added = backtest.Add(*past, view, stored.record.timestamp); !added) {
        return added;
      }
    }
  }
  return {};
}

net::Response Write(const governance::Backtest& backtest, const governance::View& current,
                    const governance::View& draft) {
  JsonWriter json;
  json.BeginObject().Field("dry_run", true).Field("evaluated_at", FormatRfc3339(Now()));
  json.Field("policy_set_version", current->version());
  json.Field("draft_policy_set_version", draft->version());
  json.Key("report").Raw(ToJson(backtest)).EndObject();
  return JsonAnswer(200, std::move(json).Take());
}

}  // namespace

// How recorded decisions, or those of the body, would come out after a change of the policies.
Task<PolicyReply> BacktestPolicies(Api& api, Call& call) {
  auto parsed = Parse(call);
  if (auto* problem = std::get_if<PolicyProblem>(&parsed)) co_return std::move(*problem);
  const auto request = std::get<BacktestRequest>(std::move(parsed));
  const auto current =
      co_await api.services().governor.ViewOf(call.principal.org, call.principal.tenant);
  if (!current) co_return ProblemOf(current.error());
  governance::Backtest backtest(api.options().environment);
  std::optional<policy_admin::Refusal> refused;
  governance::View draft;
  Executor* const home = Executor::Current();
  const auto replay = [&](store::Database& database, const store::OrgScope& scope) -> Result<bool> {
    auto view = policy_admin::DraftView(**current, request.draft);
    if (!view) {
      refused = view.refusal();
      return false;
    }
    draft = *view;
    const Status done = request.inputs.empty()
                            ? ReplayRecorded(database, scope, request, draft, backtest)
                            : ReplayInputs(request, draft, backtest);
    if (!done) return done.error();
    return true;
  };
  const auto done = co_await ReadStore<bool>(api, call, replay);
  if (home != nullptr) co_await SwitchTo(*home);
  if (!done) co_return ProblemOf(done.error());
  if (refused) co_return ProblemOf(*refused);
  co_return Write(backtest, *current, draft);
}

}  // namespace axonflow::api

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/budget_http.h"
#include "api/policy_audit.h"
#include "api/policy_body.h"
#include "api/policy_http.h"

namespace axonflow::api {
namespace {

using cost::Budget;
using cost::Standing;

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kTextBytesMax = 1'024;
constexpr std::int64_t kListLimit = 50;
constexpr std::int64_t kAlertsLimit = 50;
constexpr std::int64_t kLimitMax = 1'000;
constexpr std::int64_t kOffsetMax = 1'000'000;
constexpr std::string_view kDowngrade =
    "on_exceed downgrade is not served; use warn or block, and name the cheaper model in the call";

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

// Who may see budgets at all: a credential that a fleet shares and that names no user may not.
bool Sees(const Call& call) { return call.principal.read_scope != identity::ReadScope::kNone; }

cost::Owner OwnerOf(const Call& call) {
  return {call.principal.org, call.principal.tenant, call.principal.user_email,
          MayWriteOrganization(call.principal)};
}

void WriteBudget(JsonWriter& json, const Budget& budget) {
  json.BeginObject().Field("id", budget.id).Field("name", budget.name);
  json.Field("description", budget.description).Field("scope", ToString(budget.scope));
  json.Field("scope_id", budget.scope_id).Field("limit_usd", cost::ToDollars(budget.limit));
  json.Field("period", ToString(budget.period)).Field("on_exceed", ToString(budget.on_exceed));
  json.Key("alert_thresholds").BeginArray();
  for (const int threshold : budget.alert_thresholds) json.Int(threshold);
  json.EndArray().Field("enabled", budget.enabled).Field("org_id", budget.org.str());
  json.Field("tenant_id", budget.tenant.str()).Field("created_by", budget.created_by);
  json.Field("updated_by", budget.updated_by);
  json.Field("created_at", FormatRfc3339(budget.created_at));
  json.Field("updated_at", FormatRfc3339(budget.updated_at)).EndObject();
}

net::Response BudgetAnswer(int status, const Budget& budget) {
  JsonWriter json;
  WriteBudget(json, budget);
  return JsonAnswer(status, std::move(json).Take());
}

Status ReadText(const JsonValue& root, std::string_view name, std::size_t bytes_max,
                std::string& target) {
  const auto text = OptionalString(root, name);
  if (!text) return text.error();
  if (text->size() > bytes_max) return Invalid(std::string(name) + " is too long");
  if (root.Find(name)) target = *text;
  return {};
}

Status ReadThresholds(const JsonValue& root, std::vector<int>& thresholds) {
  const auto member = root.Find("alert_thresholds");
  if (!member) return {};
  const auto wrong =
      Invalid("alert_thresholds must be up to " + std::to_string(Budget::kThresholdsMax) +
              " whole numbers from 1 to " + std::to_string(Budget::kThresholdMax));
  if (member->type() != JsonType::kArray || member->size() > Budget::kThresholdsMax) return wrong;
  std::vector<int> read;
  bool fits = true;
  member->ForEachElement([&](JsonValue value) {
    const auto threshold = value.AsInt();
    fits = fits && threshold && *threshold >= 1 && *threshold <= Budget::kThresholdMax;
    if (fits) read.push_back(static_cast<int>(*threshold));
  });
  if (!fits) return wrong;
  std::ranges::sort(read);
  read.erase(std::ranges::unique(read).begin(), read.end());
  // None asks for the usual ones, as clients send an empty list when nobody chose.
  if (!read.empty()) thresholds = std::move(read);
  return {};
}

// What a create and an update have in common.
Status ReadChange(const JsonValue& root, Budget& budget) {
  if (auto read = ReadText(root, "name", kTextBytesMax, budget.name); !read) return read;
  if (budget.name.empty()) return Invalid("name is required");
  if (auto read = ReadText(root, "description", kTextBytesMax, budget.description); !read) {
    return read;
  }
  if (const auto limit = root.Find("limit_usd")) {
    const auto dollars = limit->AsDouble();
    const auto micros = dollars ? cost::FromDollars(*dollars) : std::nullopt;
    if (!micros || *micros <= 0) return Invalid("limit_usd must be a number above 0");
    budget.limit = *micros;
  }
  if (budget.limit <= 0) return Invalid("limit_usd is required");
  std::string word(ToString(budget.on_exceed));
  if (auto read = ReadText(root, "on_exceed", kIdBytesMax, word); !read) return read;
  if (word == "downgrade") return Invalid(std::string(kDowngrade));
  const auto on_exceed = cost::ParseOnExceed(word.empty() ? "warn" : word);
  if (!on_exceed) return Invalid("on_exceed must be warn or block");
  budget.on_exceed = *on_exceed;
  if (const auto enabled = root.Find("enabled")) {
    const auto value = enabled->AsBool();
    if (!value) return Invalid("enabled must be a boolean");
    budget.enabled = *value;
  }
  return ReadThresholds(root, budget.alert_thresholds);
}

Result<Budget> ReadNew(const JsonValue& root) {
  Budget budget;
  if (auto read = ReadText(root, "id", kIdBytesMax, budget.id); !read) return read.error();
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:-").find(c) != std::string_view::npos;
  };
  if (budget.id.empty() || !std::ranges::all_of(budget.id, fits)) {
    return Invalid("id is required: letters, digits and ._:- only");
  }
  std::string scope;
  if (auto read = ReadText(root, "scope", kIdBytesMax, scope); !read) return read.error();
  const auto parsed = cost::ParseScope(scope.empty() ? "organization" : scope);
  if (!parsed) return Invalid("scope must be organization, team, agent, workflow or user");
  budget.scope = *parsed;
  if (auto read = ReadText(root, "scope_id", kTextBytesMax, budget.scope_id); !read) {
    return read.error();
  }
  if (budget.scope != cost::Scope::kOrganization && budget.scope_id.empty()) {
    return Invalid("scope_id is required for this scope");
  }
  std::string period;
  if (auto read = ReadText(root, "period", kIdBytesMax, period); !read) return read.error();
  const auto span = cost::ParsePeriod(period);
  if (!span) return Invalid("period must be daily, weekly, monthly, quarterly or yearly");
  budget.period = *span;
  if (auto read = ReadChange(root, budget); !read) return read.error();
  return budget;
}

void WriteStanding(JsonWriter& json, const Standing& standing) {
  json.Field("used_usd", cost::ToDollars(standing.used()));
  json.Field("limit_usd", cost::ToDollars(standing.budget.limit));
  json.Field("percentage", standing.percentage());
}

// The refusal of a caller who may not change budgets, or whose change could not be recorded.
Task<std::optional<net::Response>> RefuseChange(Api& api, Call& call) {
  if (!MayWritePolicies(call.principal) || !Sees(call)) {
    constexpr std::string_view kRole =
        "Changing budgets needs the role owner, admin or policy_admin";
    auto recorded = co_await api.Refuse(call, 403, kRole);
    recorded = CostRefusal(403, kRole);
    co_return std::optional<net::Response>(std::move(recorded));
  }
  auto refused = co_await RefuseUnrecorded(api, call);
  co_return refused;
}

// Records what became of a change and answers with the budget; 204 has no body.
Task<net::Response> AnswerChange(Api& api, Call& call, std::string_view event, int status,
                                 const Result<Budget>& changed) {
  if (!changed) co_return CostRefusal(changed.error());
  const Budget& budget = *changed;
  PolicyWrite write;
  write.event = event;
  write.summary = "Budget " + budget.id + " of " + std::to_string(budget.limit) + " micro-dollars";
  write.context = {{"budget_id", budget.id}, {"budget_scope", std::string(ToString(budget.scope))}};
  const auto failed = co_await RecordWrite(api, call, std::move(write));
  if (failed) co_return CostRefusal(failed->status, failed->message);
  co_return status == 204 ? NoContent() : BudgetAnswer(status, budget);
}

}  // namespace

net::Response CostRefusal(int status, std::string_view message) {
  std::string_view phrase = "Internal Server Error";
  if (status == 400) phrase = "Bad Request";
  if (status == 402) phrase = "Payment Required";
  if (status == 403) phrase = "Forbidden";
  if (status == 404) phrase = "Not Found";
  if (status == 409) phrase = "Conflict";
  if (status == 429) phrase = "Too Many Requests";
  if (status == 503) phrase = "Service Unavailable";
  JsonWriter json;
  json.BeginObject().Field("error", phrase).Field("message", message).EndObject();
  return RefusalWith(status, std::move(json).Take());
}

net::Response CostRefusal(const Error& error) {
  return CostRefusal(StatusOf(error.code), error.message);
}

Task<net::Response> ListBudgets(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return CostRefusal(query.error());
  const auto limit = query->Integer("limit", kListLimit, 1, kLimitMax);
  if (!limit) co_return CostRefusal(limit.error());
  const auto offset = query->Integer("offset", 0, 0, kOffsetMax);
  if (!offset) co_return CostRefusal(offset.error());
  const auto enabled = ReadFlag(*query, "enabled");
  if (!enabled) co_return CostRefusal(enabled.error());
  auto work = [&call](cost::Ledger& ledger) {
    return ledger.List(call.principal.org, call.principal.tenant);
  };
  auto budgets = co_await AskLedger(api, work);
  if (!budgets) co_return CostRefusal(budgets.error());
  if (!Sees(call)) budgets->clear();
  const auto scope = query->Get("scope");
  const auto scope_id = query->Get("scope_id");
  std::erase_if(*budgets, [&](const Budget& budget) {
    return (!scope.empty() && scope != ToString(budget.scope)) ||
           (!scope_id.empty() && scope_id != budget.scope_id) ||
           (*enabled && **enabled != budget.enabled);
  });
  const auto total = static_cast<std::int64_t>(budgets->size());
  const auto begin = std::min(*offset, total);
  const auto end = std::min(begin + *limit, total);
  JsonWriter json;
  json.BeginObject().Key("budgets").BeginArray();
  for (auto i = begin; i < end; ++i) WriteBudget(json, budgets->at(static_cast<std::size_t>(i)));
  json.EndArray().Field("total", total).Field("count", end - begin);
  json.Field("limit", *limit).Field("offset", *offset).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> CreateBudget(Api& api, Call& call) {
  auto refused = co_await RefuseChange(api, call);
  if (refused) co_return std::move(*refused);
  const auto root = ParseObject(call.request.body);
  if (!root) co_return CostRefusal(root.error());
  if (const auto problem = CheckOwner(*root, call)) {
    co_return CostRefusal(problem->status, problem->message);
  }
  const auto budget = ReadNew(*root);
  if (!budget) co_return CostRefusal(budget.error());
  const auto owner = OwnerOf(call);
  auto work = [&](cost::Ledger& ledger) { return ledger.Create(owner, *budget); };
  const auto created = co_await AskLedger(api, work);
  auto answer = co_await AnswerChange(api, call, "budget_created", 201, created);
  co_return answer;
}

Task<net::Response> GetBudget(Api& api, Call& call) {
  const std::string id(call.path_parameter);
  auto work = [&](cost::Ledger& ledger) {
    return ledger.Find(call.principal.org, call.principal.tenant, id);
  };
  const auto standing = co_await AskLedger(api, work);
  if (!standing) co_return CostRefusal(standing.error());
  if (!Sees(call)) co_return CostRefusal(404, "Budget not found");
  co_return BudgetAnswer(200, standing->budget);
}

Task<net::Response> UpdateBudget(Api& api, Call& call) {
  auto refused = co_await RefuseChange(api, call);
  if (refused) co_return std::move(*refused);
  const std::string id(call.path_parameter);
  const auto owner = OwnerOf(call);
  // The body is read where the stored budget is known: on a thread with a document of its own.
  auto work = [&](cost::Ledger& ledger) {
    return ledger.Update(owner, id, [&](Budget& budget) -> Status {
      const auto root = ParseObject(call.request.body);
      if (!root) return root.error();
      return ReadChange(*root, budget);
    });
  };
  const auto updated = co_await AskLedger(api, work);
  auto answer = co_await AnswerChange(api, call, "budget_updated", 200, updated);
  co_return answer;
}

Task<net::Response> DeleteBudget(Api& api, Call& call) {
  auto refused = co_await RefuseChange(api, call);
  if (refused) co_return std::move(*refused);
  const std::string id(call.path_parameter);
  const auto owner = OwnerOf(call);
  auto work = [&](cost::Ledger& ledger) { return ledger.Delete(owner, id); };
  const auto deleted = co_await AskLedger(api, work);
  auto answer = co_await AnswerChange(api, call, "budget_deleted", 204, deleted);
  co_return answer;
}

Task<net::Response> BudgetStatus(Api& api, Call& call) {
  const std::string id(call.path_parameter);
  auto work = [&](cost::Ledger& ledger) {
    return ledger.Find(call.principal.org, call.principal.tenant, id);
  };
  const auto standing = co_await AskLedger(api, work);
  if (!standing) co_return CostRefusal(standing.error());
  if (!Sees(call)) co_return CostRefusal(404, "Budget not found");
  const auto left = std::max<cost::Micros>(standing->budget.limit - standing->used(), 0);
  JsonWriter json;
  json.BeginObject().Key("budget");
  WriteBudget(json, standing->budget);
  WriteStanding(json, *standing);
  json.Field("remaining_usd", cost::ToDollars(left));
  json.Field("reserved_usd", cost::ToDollars(standing->reserved));
  json.Field("period_start", FormatRfc3339(standing->span.start));
  json.Field("period_end", FormatRfc3339(standing->span.end));
  json.Field("is_exceeded", standing->exceeded()).Field("is_blocked", standing->blocked());
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> BudgetAlerts(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return CostRefusal(query.error());
  const auto limit = query->Integer("limit", kAlertsLimit, 1, kLimitMax);
  if (!limit) co_return CostRefusal(limit.error());
  const std::string id(call.path_parameter);
  auto work = [&](cost::Ledger& ledger) {
    return ledger.Alerts(call.principal.org, call.principal.tenant, id, *limit);
  };
  const auto alerts = co_await AskLedger(api, work);
  if (!alerts) co_return CostRefusal(alerts.error());
  if (!Sees(call)) co_return CostRefusal(404, "Budget not found");
  JsonWriter json;
  json.BeginObject().Key("alerts").BeginArray();
  for (const auto& alert : *alerts) {
    json.BeginObject().Field("id", alert.id).Field("budget_id", alert.budget_id);
    json.Field("threshold", alert.threshold).Field("alert_type", alert.type);
    json.Field("percentage_reached",
               static_cast<double>(alert.amount) * 100 / static_cast<double>(alert.limit));
    json.Field("amount_usd", cost::ToDollars(alert.amount)).Field("message", alert.message);
    json.Field("created_at", FormatRfc3339(alert.created_at)).Field("acknowledged", false);
    json.EndObject();
  }
  json.EndArray().Field("count", static_cast<std::uint64_t>(alerts->size())).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> CheckBudget(Api& api, Call& call) {
  const auto root = ParseObject(call.request.body);
  if (!root) co_return CostRefusal(root.error());
  if (const auto problem = CheckOwner(*root, call)) {
    co_return CostRefusal(problem->status, problem->message);
  }
  cost::Spender spender{call.principal.org, call.principal.tenant, {}, {}, {}, {}};
  const std::pair<const char*, std::string*> members[] = {{"team_id", &spender.team_id},
                                                          {"agent_id", &spender.agent_id},
                                                          {"workflow_id", &spender.workflow_id},
                                                          {"user_id", &spender.user_id}};
  for (const auto& [name, target] : members) {
    if (auto read = ReadText(*root, name, kTextBytesMax, *target); !read) {
      co_return CostRefusal(read.error());
    }
  }
  auto work = [&](cost::Ledger& ledger) { return ledger.Check(spender); };
  const auto verdict = co_await AskLedger(api, work);
  if (!verdict) co_return CostRefusal(verdict.error());
  JsonWriter json;
  json.BeginObject().Field("allowed", verdict->allowed);
  if (const auto& named = verdict->named) {
    json.Field("action", ToString(named->budget.on_exceed)).Field("budget_id", named->budget.id);
    json.Field("budget_name", named->budget.name);
    WriteStanding(json, *named);
    json.Field("message", "Budget " + named->budget.name + " is exceeded");
  }
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api

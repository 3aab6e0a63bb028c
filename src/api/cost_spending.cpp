#include "api/cost_spending.h"

#include <algorithm>
#include <utility>

#include "api/budget_http.h"
#include "base/utf8.h"
#include "telemetry/log.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kOverheadTokens = 50;
constexpr std::int64_t kAnswerTokensDefault = 4'096;
constexpr std::int64_t kAnswerTokensMax = 1'000'000;
constexpr std::size_t kIdBytesMax = 128;

Task<Status> SettleReservation(cost::Ledger& ledger, WorkerPool& blocking,
                               cost::Reservation reservation, cost::Micros actual) {
  const WorkerPlace place(blocking);
  Status settled = Error{ErrorCode::kResourceExhausted, "too many requests are waiting"};
  if (place.entered()) {
    Executor* const home = Executor::Current();
    co_await SwitchTo(blocking);
    settled = ledger.Settle(reservation, actual);
    if (home != nullptr) co_await SwitchTo(*home);
  }
  if (!settled) {
    telemetry::LogWarn("what a call cost could not be put on its budgets",
                       {{"error", settled.error().message}, {"micros", actual}});
  }
  co_return settled;
}

}  // namespace

Spending::~Spending() {
  if (reservation_.parts.empty()) return;
  Start(SettleReservation(ledger_, blocking_, std::move(reservation_), actual_),
        [](auto, const std::exception_ptr&) {});
}

Task<Status> Spending::Settle() {
  auto reservation = std::exchange(reservation_, {});
  auto settled = co_await SettleReservation(ledger_, blocking_, std::move(reservation), actual_);
  co_return settled;
}

providers::Usage ForecastUsage(std::string_view body, bool answers) {
  providers::Usage usage{providers::EstimateTokens(body.size()) + kOverheadTokens, 0, true};
  if (!answers) return usage;
  usage.completion_tokens = kAnswerTokensDefault;
  const auto root = ParseObject(body);
  if (!root) return usage;
  for (const char* name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    const auto member = root->Find(name);
    const auto tokens = member ? member->AsInt() : std::nullopt;
    if (tokens) usage.completion_tokens = std::clamp<std::int64_t>(*tokens, 0, kAnswerTokensMax);
  }
  return usage;
}

cost::Spender SpenderOf(const Call& call) {
  const auto header = [&](std::string_view name) {
    return std::string(Utf8Prefix(call.request.Header(name), kIdBytesMax));
  };
  return {call.principal.org,   call.principal.tenant,   header("X-Team-ID"),
          header("X-Agent-ID"), header("X-Workflow-ID"), call.principal.user_email};
}

void SetSpender(const cost::Spender& spender, ModelCall& model) {
  model.team_id = spender.team_id;
  model.agent_id = spender.agent_id;
  model.workflow_id = spender.workflow_id;
}

bool IsWithoutBudgets(Api& api, const cost::Spender& spender) {
  const auto* ledger = api.services().ledger;
  return ledger == nullptr || ledger->KnowsBudgets(spender.org, spender.tenant) == false;
}

Task<BudgetAnswer> ReserveSpending(Api& api, cost::Spender spender, cost::Micros amount) {
  BudgetAnswer answer;
  const auto& services = api.services();
  const auto known = services.ledger->KnowsBudgets(spender.org, spender.tenant);
  bool any = known.value_or(false);
  auto work = [&](cost::Ledger& ledger) -> Result<cost::Admission> {
    if (!known) {
      const auto found = ledger.LookForBudgets(spender.org, spender.tenant);
      // Where nobody ever saw a budget, an outage of the store stops nobody (agent-api 3).
      any = found && *found;
      if (!any) return cost::Admission{};
    }
    return ledger.Reserve(spender, amount);
  };
  auto admission = co_await AskLedger(api, work);
  if (!admission) {
    if (!any) co_return answer;
    answer.allowed = false;
    answer.error = "Budgets cannot be checked: " + admission.error().message;
    co_return answer;
  }
  answer.allowed = admission->verdict.allowed;
  answer.named = std::move(admission->verdict.named);
  if (!admission->reservation.parts.empty()) {
    answer.spending = std::make_shared<Spending>(*services.ledger, services.blocking,
                                                 std::move(admission->reservation));
  }
  co_return answer;
}

void WriteBudgetInfo(JsonWriter& json, const cost::Standing& standing) {
  json.Key("budget_info").BeginObject().Field("budget_id", standing.budget.id);
  json.Field("budget_name", standing.budget.name);
  json.Field("used_usd", cost::ToDollars(standing.used()));
  json.Field("limit_usd", cost::ToDollars(standing.budget.limit));
  json.Field("percentage", standing.percentage()).Field("exceeded", standing.exceeded());
  json.Field("action", ToString(standing.budget.on_exceed)).EndObject();
}

std::string BudgetMessage(const cost::Standing& standing) {
  return "Budget " + standing.budget.name + " is exceeded";
}

}  // namespace axonflow::api

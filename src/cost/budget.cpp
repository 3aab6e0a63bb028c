#include "cost/budget.h"

#include <array>
#include <chrono>
#include <cmath>
#include <utility>

namespace axonflow::cost {
namespace {

constexpr std::array<std::string_view, 5> kScopes{"organization", "team", "agent", "workflow",
                                                  "user"};
constexpr std::array<std::string_view, 5> kPeriods{"daily", "weekly", "monthly", "quarterly",
                                                   "yearly"};
constexpr std::array<std::string_view, 2> kActions{"warn", "block"};

template <typename Enum, std::size_t kCount>
std::optional<Enum> Parse(const std::array<std::string_view, kCount>& words,
                          std::string_view word) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

Time At(std::chrono::year_month_day day) { return Time(std::chrono::sys_days(day)); }

}  // namespace

std::optional<Micros> FromDollars(double dollars) {
  if (!(dollars >= 0) || dollars > kDollarsMax) return std::nullopt;
  return static_cast<Micros>(std::llround(dollars * static_cast<double>(kMicrosPerDollar)));
}

double ToDollars(Micros micros) {
  return static_cast<double>(micros) / static_cast<double>(kMicrosPerDollar);
}

std::string_view ToString(Scope scope) { return kScopes[static_cast<std::size_t>(scope)]; }
std::string_view ToString(Period period) { return kPeriods[static_cast<std::size_t>(period)]; }
std::string_view ToString(OnExceed on_exceed) {
  return kActions[static_cast<std::size_t>(on_exceed)];
}
std::optional<Scope> ParseScope(std::string_view word) { return Parse<Scope>(kScopes, word); }
std::optional<Period> ParsePeriod(std::string_view word) { return Parse<Period>(kPeriods, word); }
std::optional<OnExceed> ParseOnExceed(std::string_view word) {
  return Parse<OnExceed>(kActions, word);
}

Span SpanOf(Period period, Time now) {
  using std::chrono::days;
  using std::chrono::months;
  using std::chrono::years;
  const auto day = std::chrono::floor<days>(now);
  const std::chrono::year_month_day date(day);
  const auto first = date.year() / date.month() / 1;
  switch (period) {
    case Period::kDaily:
      return {Time(day), Time(day + days(1))};
    case Period::kWeekly: {
      const auto monday = day - (std::chrono::weekday(day) - std::chrono::Monday);
      return {Time(monday), Time(monday + days(7))};
    }
    case Period::kMonthly:
      return {At(first), At(first + months(1))};
    case Period::kQuarterly: {
      const auto passed = (static_cast<unsigned>(date.month()) - 1) % 3;
      const auto start = first - months(passed);
      return {At(start), At(start + months(3))};
    }
    case Period::kYearly:
      break;
  }
  const auto start = date.year() / 1 / 1;
  return {At(start), At(start + years(1))};
}

bool Counts(const Budget& budget, const Spender& spender) {
  if (!budget.enabled) return false;
  const std::string* whose = nullptr;
  switch (budget.scope) {
    case Scope::kOrganization:
      return budget.scope_id.empty() || budget.scope_id == spender.org.str() ||
             budget.scope_id == spender.tenant.str();
    case Scope::kTeam:
      whose = &spender.team_id;
      break;
    case Scope::kAgent:
      whose = &spender.agent_id;
      break;
    case Scope::kWorkflow:
      whose = &spender.workflow_id;
      break;
    case Scope::kUser:
      whose = &spender.user_id;
      break;
  }
  return whose != nullptr && !whose->empty() && *whose == budget.scope_id;
}

double Standing::percentage() const {
  return static_cast<double>(used()) * 100 / static_cast<double>(budget.limit);
}

int OrderOf(Scope scope) {
  switch (scope) {
    case Scope::kAgent:
      return 0;
    case Scope::kTeam:
      return 1;
    case Scope::kWorkflow:
      return 2;
    case Scope::kOrganization:
      return 3;
    case Scope::kUser:
      break;
  }
  return 4;
}

}  // namespace axonflow::cost

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace axonflow::cost {

// A millionth of a US dollar. Money is whole numbers of these everywhere but on the wire.
using Micros = std::int64_t;

inline constexpr Micros kMicrosPerDollar = 1'000'000;
inline constexpr double kDollarsMax = 1e9;  // of one budget or one call

// The nearest whole number of micro-dollars; nothing outside 0 to kDollarsMax.
std::optional<Micros> FromDollars(double dollars);
double ToDollars(Micros micros);

enum class Scope { kOrganization, kTeam, kAgent, kWorkflow, kUser };
enum class Period { kDaily, kWeekly, kMonthly, kQuarterly, kYearly };
enum class OnExceed { kWarn, kBlock };

std::string_view ToString(Scope scope);
std::string_view ToString(Period period);
std::string_view ToString(OnExceed on_exceed);
std::optional<Scope> ParseScope(std::string_view word);
std::optional<Period> ParsePeriod(std::string_view word);
std::optional<OnExceed> ParseOnExceed(std::string_view word);

// The period that `now` lies in: UTC, weeks from Monday, `end` not in it.
struct Span {
  Time start;
  Time end;
};
Span SpanOf(Period period, Time now);

struct Budget {
  static constexpr std::size_t kThresholdsMax = 20;
  static constexpr int kThresholdMax = 1'000;  // per cent

  std::string id;
  OrgId org;
  TenantId tenant;  // "*": of the whole organization
  std::string name;
  std::string description;
  Scope scope = Scope::kOrganization;
  std::string scope_id;  // empty for the whole organization or tenant
  Micros limit = 0;
  Period period = Period::kMonthly;
  OnExceed on_exceed = OnExceed::kWarn;
  std::vector<int> alert_thresholds{50, 80, 100};  // per cent, rising
  bool enabled = true;
  Time created_at;
  Time updated_at;
  std::string created_by;
  std::string updated_by;
};

inline const TenantId kWholeOrganization{"*"};

// Who spends.
struct Spender {
  OrgId org;
  TenantId tenant;
  std::string team_id, agent_id, workflow_id, user_id;
};

// Whether `budget`, which the spender's tenant can see, counts what `spender` spends.
bool Counts(const Budget& budget, const Spender& spender);

// A budget with what is used of it in the period of the moment it was read.
struct Standing {
  Budget budget;
  Span span;
  Micros spent = 0;
  Micros reserved = 0;  // by calls in flight

  Micros used() const { return spent + reserved; }
  bool exceeded() const { return used() >= budget.limit; }
  bool blocked() const { return exceeded() && budget.on_exceed == OnExceed::kBlock; }
  double percentage() const;  // 100 at the limit
};

// The order in which budgets are asked: agent, team, workflow, organization, user.
int OrderOf(Scope scope);

}  // namespace axonflow::cost

#include "cost/budget.h"

#include <gtest/gtest.h>

namespace axonflow::cost {
namespace {

Span SpanAt(Period period, const char* now) { return SpanOf(period, *ParseRfc3339(now)); }

TEST(Periods, BeginAndEndAtUtcBoundariesAndWeeksOnMonday) {
  struct Case {
    Period period;
    const char* now;
    const char* start;
    const char* end;
  };
  const Case cases[] = {
      {Period::kDaily, "2026-02-28T23:59:59Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
      {Period::kWeekly, "2026-11-29T12:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
      {Period::kWeekly, "2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"},
      {Period::kMonthly, "2026-12-31T23:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {Period::kQuarterly, "2026-06-30T23:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
      {Period::kQuarterly, "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {Period::kYearly, "2028-02-29T12:00:00Z", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"},
  };
  for (const auto& c : cases) {
    const auto span = SpanAt(c.period, c.now);
    EXPECT_EQ(span.start, *ParseRfc3339(c.start)) << c.now;
    EXPECT_EQ(span.end, *ParseRfc3339(c.end)) << c.now;
  }
}

TEST(Money, IsWholeMicroDollarsAndRefusesWhatIsNoAmount) {
  EXPECT_EQ(FromDollars(0.1), 100'000);
  EXPECT_EQ(FromDollars(0.0000004), 0);
  EXPECT_EQ(FromDollars(0.0000006), 1);
  EXPECT_FALSE(FromDollars(-0.01));
  EXPECT_FALSE(FromDollars(2e9));
  EXPECT_FALSE(FromDollars(std::numeric_limits<double>::quiet_NaN()));
}

TEST(Counts, AsksForTheIdOfItsScopeAndNeverForAnEmptyOne) {
  const Spender spender{OrgId("o"), TenantId("t"), "red", "a1", "", "u@x"};
  const auto counts = [&](Scope scope, const char* id) {
    Budget budget;
    budget.scope = scope;
    budget.scope_id = id;
    return Counts(budget, spender);
  };
  EXPECT_TRUE(counts(Scope::kOrganization, ""));
  EXPECT_FALSE(counts(Scope::kOrganization, "elsewhere"));
  EXPECT_TRUE(counts(Scope::kTeam, "red"));
  EXPECT_FALSE(counts(Scope::kTeam, "blue"));
  EXPECT_TRUE(counts(Scope::kAgent, "a1"));
  EXPECT_FALSE(counts(Scope::kWorkflow, ""));
  EXPECT_TRUE(counts(Scope::kUser, "u@x"));
}

}  // namespace
}  // namespace axonflow::cost

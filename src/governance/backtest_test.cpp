#include "governance/backtest.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/json.h"
#include "policy/testing.h"

namespace axonflow::governance {
namespace {

audit::Record Decided(const std::string& id, const std::string& text, const std::string& verdict) {
  audit::Record record;
  record.decision_id = DecisionId(id);
  record.tenant = TenantId("acme");
  record.plane = "gateway";
  record.verdict = verdict;
  record.query = text;
  record.query_hash = HexEncode(Sha256(text));
  return record;
}

View ViewUnder(const std::map<std::string, std::string>& variables) {
  return policy::testing::BuiltinView(*policy::Posture::FromVariables(variables));
}

TEST(Backtest, TakesOnlyDecisionsWhoseWholeTextIsKept) {
  EXPECT_TRUE(ReplayOf(Decided("d1", "hello", "allowed")));
  auto cut = Decided("d2", "hello", "allowed");
  cut.query = "hell";
  EXPECT_FALSE(ReplayOf(cut));
  EXPECT_FALSE(ReplayOf(Decided("d3", "hello", "error")));
  auto reported = Decided("d4", "hello", "allowed");
  reported.plane = "llm";
  EXPECT_FALSE(ReplayOf(reported));
}

TEST(Backtest, CountsWhatWouldComeOutOtherwise) {
  constexpr char kInjection[] = "1' UNION SELECT username, password FROM accounts --";
  Backtest backtest("");
  const View strict = ViewUnder({{"SQLI_ACTION", "block"}});
  const Time now{};
  auto injected = Decided("d1", kInjection, "allowed");
  for (const char* id : {"sys_sqli_union_select", "gone_policy"}) {
    injected.matches.emplace_back().policy_id = id;
  }
  ASSERT_TRUE(backtest.Add(*ReplayOf(injected), strict, now));
  ASSERT_TRUE(backtest.Add(*ReplayOf(Decided("d2", "hello", "allowed")), strict, now));
  backtest.CountUnreplayable();
  EXPECT_EQ(backtest.replayed(), 2U);
  EXPECT_EQ(backtest.changed(), 1U);
  EXPECT_EQ(backtest.unreplayable(), 1U);
  const auto cell = backtest.matrix().find({"allowed", "blocked"});
  ASSERT_NE(cell, backtest.matrix().end());
  EXPECT_EQ(cell->second.sample_ids, std::vector<std::string>{"d1"});
  EXPECT_EQ(backtest.by_tenant().at("acme").size(), 2U);
  EXPECT_EQ(backtest.by_plane().at("gateway").size(), 2U);
  EXPECT_EQ(backtest.by_policy().at("gone_policy").would_match, 0U);
  EXPECT_EQ(backtest.by_policy().at("sys_sqli_union_select").would_match, 1U);

  JsonDocument document;
  const auto report = document.Parse(ToJson(backtest));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->Find("changed")->AsInt(), 1);
  EXPECT_EQ(report->Find("matrix")->size(), 2U);
}

TEST(Backtest, KeepsFewSamplesOfManyDecisions) {
  Backtest backtest("");
  const View view = ViewUnder({});
  for (int i = 0; i < 20; ++i) {
    const auto past = ReplayOf(Decided("d" + std::to_string(i), "hello", "allowed"));
    ASSERT_TRUE(backtest.Add(*past, view, Time{}));
  }
  const auto& cell = backtest.matrix().at({"allowed", "allowed"});
  EXPECT_EQ(cell.count, 20U);
  EXPECT_EQ(cell.sample_ids.size(), Backtest::kSamplesMax);
}

}  // namespace
}  // namespace axonflow::governance

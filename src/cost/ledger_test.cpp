#include "cost/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/crypto.h"
#include "store/testing.h"

namespace axonflow::cost {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLease{60'000};
const OrgId kOrg("org");
const TenantId kTenant("t1");

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() : folder_(std::filesystem::temp_directory_path() / ("cost-" + NewUuid())) {
    std::filesystem::create_directories(folder_);
    database_ = store::testing::OpenStore(folder_ / "a.db");
  }
  ~LedgerTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  static Budget Limit(const std::string& id, Micros limit, OnExceed on_exceed = OnExceed::kBlock) {
    Budget budget;
    budget.id = id;
    budget.name = id;
    budget.limit = limit;
    budget.on_exceed = on_exceed;
    return budget;
  }
  static Owner OwnerOf(const TenantId& tenant, bool authority) {
    return {kOrg, tenant, "u", authority};
  }
  static Spender SpenderOf(const TenantId& tenant) { return {kOrg, tenant, "", "", "", "u@x"}; }

  std::filesystem::path folder_;
  std::unique_ptr<store::Database> database_;
};

TEST_F(LedgerTest, SixtyFourCallersTakeALimitForTenTenTimes) {
  const auto second = store::testing::OpenStore(folder_ / "a.db");
  Ledger ledgers[] = {Ledger(*database_, kLease), Ledger(*second, kLease)};
  ASSERT_TRUE(ledgers[0].Create(OwnerOf(kTenant, false), Limit("b", 1'000)));
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] {
      const auto admission = ledgers[i % 2].Reserve(SpenderOf(kTenant), 100);
      ASSERT_TRUE(admission) << admission.error().message;
      if (!admission->verdict.allowed) return;
      ++admitted;
      EXPECT_TRUE(ledgers[i % 2].Settle(admission->reservation, 100));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(admitted, 10);
  const auto standing = ledgers[1].Find(kOrg, kTenant, "b");
  ASSERT_TRUE(standing);
  EXPECT_EQ(standing->spent, 1'000);
  EXPECT_EQ(standing->reserved, 0);
  EXPECT_TRUE(standing->blocked());
}

TEST_F(LedgerTest, AReservationCountsUntilItsLeaseEnds) {
  Ledger ledger(*database_, milliseconds(300));
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("b", 100)));
  ASSERT_TRUE(ledger.Reserve(SpenderOf(kTenant), 100)->verdict.allowed);
  EXPECT_FALSE(ledger.Reserve(SpenderOf(kTenant), 1)->verdict.allowed);
  std::this_thread::sleep_for(milliseconds(350));
  EXPECT_TRUE(ledger.Reserve(SpenderOf(kTenant), 1)->verdict.allowed);
}

TEST_F(LedgerTest, SettlingReturnsWhatWasNotSpent) {
  Ledger ledger(*database_, kLease);
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("b", 100)));
  const auto first = ledger.Reserve(SpenderOf(kTenant), 5'000);
  ASSERT_TRUE(first->verdict.allowed);
  ASSERT_FALSE(ledger.Check(SpenderOf(kTenant))->allowed);
  ASSERT_TRUE(ledger.Settle(first->reservation, 40));
  EXPECT_TRUE(ledger.Check(SpenderOf(kTenant))->allowed);
  EXPECT_EQ(ledger.Find(kOrg, kTenant, "b")->used(), 40);
}

TEST_F(LedgerTest, AlertsOnceAPeriodAndThreshold) {
  Ledger ledger(*database_, kLease);
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("b", 100)));
  for (const Micros spent : {60, 10, 30}) {
    const auto admission = ledger.Reserve(SpenderOf(kTenant), spent);
    ASSERT_TRUE(ledger.Settle(admission->reservation, spent));
  }
  const auto alerts = ledger.Alerts(kOrg, kTenant, "b", 20);
  ASSERT_TRUE(alerts);
  ASSERT_EQ(alerts->size(), 3U);
  EXPECT_EQ(alerts->at(0).threshold, 100);
  EXPECT_EQ(alerts->at(0).type, "budget_blocked");
  EXPECT_EQ(alerts->at(2).threshold, 50);
  EXPECT_EQ(alerts->at(2).type, "threshold_reached");
  EXPECT_EQ(alerts->at(2).amount, 60);
}

TEST_F(LedgerTest, AWarningBudgetIsNamedAndRefusesNothing) {
  Ledger ledger(*database_, kLease);
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("b", 10, OnExceed::kWarn)));
  const auto first = ledger.Reserve(SpenderOf(kTenant), 50);
  EXPECT_FALSE(first->verdict.named);
  const auto next = ledger.Reserve(SpenderOf(kTenant), 50);
  EXPECT_TRUE(next->verdict.allowed);
  ASSERT_TRUE(next->verdict.named);
  EXPECT_EQ(next->verdict.named->budget.id, "b");
}

TEST_F(LedgerTest, KeepsTenantsApartAndCountsAllOfThemForTheOrganization) {
  Ledger ledger(*database_, kLease);
  const TenantId other("t2");
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("mine", 10)));
  EXPECT_EQ(ledger.Find(kOrg, other, "mine").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(ledger.Reserve(SpenderOf(kTenant), 10)->verdict.allowed);
  EXPECT_TRUE(ledger.Check(SpenderOf(other))->allowed);
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, true), Limit("all", 10)));
  ASSERT_TRUE(ledger.Reserve(SpenderOf(other), 10)->verdict.allowed);
  EXPECT_FALSE(ledger.Check(SpenderOf(TenantId("t3")))->allowed);
  EXPECT_EQ(ledger.Delete(OwnerOf(other, false), "all").error().code, ErrorCode::kPermissionDenied);
}

TEST_F(LedgerTest, KnowsOfBudgetsAsSoonAsTheyAreMadeHere) {
  Ledger ledger(*database_, kLease);
  EXPECT_FALSE(ledger.KnowsBudgets(kOrg, kTenant));
  EXPECT_FALSE(*ledger.LookForBudgets(kOrg, kTenant));
  EXPECT_EQ(ledger.KnowsBudgets(kOrg, kTenant), false);
  ASSERT_TRUE(ledger.Create(OwnerOf(kTenant, false), Limit("b", 10)));
  EXPECT_FALSE(ledger.KnowsBudgets(kOrg, kTenant));
  EXPECT_TRUE(*ledger.LookForBudgets(kOrg, kTenant));
}

}  // namespace
}  // namespace axonflow::cost

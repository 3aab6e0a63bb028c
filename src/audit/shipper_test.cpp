#include "audit/shipper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "audit/audit_store.h"
#include "audit/test_support.h"
#include "audit/verify.h"

namespace axonflow::audit {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kPatience{20'000};

// A store that fails as told. Only what the shipper calls is played.
class FaultyStore : public store::Database {
 public:
  enum class Fault { kNone, kAway, kLosesBeforeCommit, kLosesAnswerOfCommit };

  explicit FaultyStore(store::Database& real) : real_(real) {}
  void Set(Fault fault) { fault_ = fault; }
  int writes() const { return writes_; }

  Status Write(const store::OrgScope& scope,
               const std::function<Status(store::Transaction&)>& body) override {
    return real_.Write(scope, body);
  }
  Status Read(const store::OrgScope& scope,
              const std::function<Status(store::Transaction&)>& body) override {
    return real_.Read(scope, body);
  }
  Status ReadAsPlatform(std::string_view purpose,
                        const std::function<Status(store::Transaction&)>& body) override {
    return real_.ReadAsPlatform(purpose, body);
  }
  Status WriteAsPlatform(std::string_view purpose,
                         const std::function<Status(store::Transaction&)>& body) override {
    ++writes_;
    const Error away{ErrorCode::kUnavailable, "store is away"};
    switch (fault_.load()) {
      case Fault::kNone:
        return real_.WriteAsPlatform(purpose, body);
      case Fault::kAway:
        return away;
      case Fault::kLosesBeforeCommit:
        return real_.WriteAsPlatform(purpose, [&](store::Transaction& transaction) -> Status {
          EXPECT_TRUE(body(transaction).ok());
          return away;
        });
      case Fault::kLosesAnswerOfCommit:
        EXPECT_TRUE(real_.WriteAsPlatform(purpose, body).ok());
        return away;
    }
    return away;
  }
  Result<std::int64_t> ChangeCounter() override { return real_.ChangeCounter(); }

 private:
  store::Database& real_;
  std::atomic<Fault> fault_{Fault::kNone};
  std::atomic<int> writes_{0};
};

class ShipperTest : public ::testing::Test {
 protected:
  ShipperTest()
      : journal_(MustOpen(SmallJournal(folder_.path() / "journal"))),
        database_(MustOpenStore(folder_.path() / "store.db")) {}

  JournalPosition Append(const std::string& payload) {
    const auto position = journal_->AppendAndWait(payload);
    EXPECT_TRUE(position.ok());
    return *position;
  }
  JournalPosition AppendRecords(int count) {
    JournalPosition last{};
    for (int i = 0; i < count; ++i) last = Append(Encoded(DecisionRecord(i)));
    return last;
  }
  VerifyReport MustVerify() {
    const auto report = Verify(folder_.path() / "journal", *database_);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message);
    if (!report) return {};
    EXPECT_EQ(report->problem, "");
    return *report;
  }

  TestFolder folder_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<store::Database> database_;
};

TEST_F(ShipperTest, AReaderThatWaitsSeesItsWriteLongBeforeTheInterval) {
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(300'000)});
  ASSERT_TRUE(shipper.Start().ok());
  const auto record = DecisionRecord();
  const auto position = Append(Encoded(record));
  ASSERT_TRUE(shipper.WaitUntilShipped(position, kPatience).ok());
  EXPECT_GE(shipper.shipped(), position);
  const auto scope = store::OrgScope::ForTenant(record.org, record.tenant);
  const auto found = FindDecision(*database_, *scope, record.decision_id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->position, position);
  EXPECT_EQ(Encoded(found->record), Encoded(record));
}

TEST_F(ShipperTest, ShipsWithoutAnyReaderWithinTheInterval) {
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(10)});
  ASSERT_TRUE(shipper.Start().ok());
  const auto last = AppendRecords(3);
  for (int i = 0; i < 2000 && shipper.shipped() < last; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(shipper.shipped(), last);
}

TEST_F(ShipperTest, TheDestructorShipsWhatIsDurable) {
  {
    Shipper shipper(*journal_, *database_, {.interval = milliseconds(300'000)});
    ASSERT_TRUE(shipper.Start().ok());
    AppendRecords(25);
  }
  const auto report = MustVerify();
  EXPECT_EQ(report.stored, 25u);
  EXPECT_EQ(report.compared, 25u);
}

TEST_F(ShipperTest, WaitingForAStoreThatIsAwayEndsWithTheReasonAndTheRecordsArriveLater) {
  FaultyStore faulty(*database_);
  Shipper shipper(*journal_, faulty, {.interval = milliseconds(5)});
  ASSERT_TRUE(shipper.Start().ok());
  faulty.Set(FaultyStore::Fault::kAway);
  const auto last = AppendRecords(10);
  const auto waited = shipper.WaitUntilShipped(last, milliseconds(300));
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(waited.error().message, HasSubstr("store is away"));
  EXPECT_FALSE(shipper.health().ok());
  faulty.Set(FaultyStore::Fault::kNone);
  ASSERT_TRUE(shipper.WaitUntilShipped(last, kPatience).ok());
  EXPECT_TRUE(shipper.health().ok());
  EXPECT_EQ(MustVerify().stored, 10u);
}

TEST_F(ShipperTest, ALostTransactionAndALostAnswerBothEndInExactlyOneRow) {
  FaultyStore faulty(*database_);
  for (const auto fault :
       {FaultyStore::Fault::kLosesBeforeCommit, FaultyStore::Fault::kLosesAnswerOfCommit}) {
    Shipper shipper(*journal_, faulty, {.interval = milliseconds(1), .batch_records_max = 3});
    ASSERT_TRUE(shipper.Start().ok());
    faulty.Set(fault);
    const auto last = AppendRecords(10);
    const int before = faulty.writes();
    for (int i = 0; i < 2000 && faulty.writes() < before + 2; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    faulty.Set(FaultyStore::Fault::kNone);
    ASSERT_TRUE(shipper.WaitUntilShipped(last, kPatience).ok());
    const auto report = MustVerify();
    EXPECT_EQ(report.stored, ToNumber(last));
    EXPECT_EQ(report.quarantined, 0u);
  }
}

TEST_F(ShipperTest, APoisonRecordIsQuarantinedAndHoldsUpNobody) {
  AppendRecords(5);
  const auto poison = Append("this is no audit record");
  // The store has this position already, which the table refuses.
  const auto taken = Append(Encoded(DecisionRecord(6)));
  ASSERT_TRUE(database_
                  ->WriteAsPlatform("test",
                                    [&](store::Transaction& transaction) {
                                      const auto executed = transaction.Execute(
                                          R"(CREATE TRIGGER refuse BEFORE INSERT ON audit_records
                                             WHEN new.position = 7
                                             BEGIN SELECT raise(ABORT, 'refused by test'); END)",
                                          {});
                                      return executed ? Status() : Status(executed.error());
                                    })
                  .ok());
  const auto last = AppendRecords(5);
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(1)});
  ASSERT_TRUE(shipper.Start().ok());
  ASSERT_TRUE(shipper.WaitUntilShipped(last, kPatience).ok());
  EXPECT_TRUE(shipper.health().ok());
  const auto report = MustVerify();
  EXPECT_EQ(report.stored, 10u);
  EXPECT_EQ(report.quarantined, 2u);
  EXPECT_EQ(report.compared, 12u);
  std::vector<std::string> reasons;
  ASSERT_TRUE(database_
                  ->ReadAsPlatform("test",
                                   [&](store::Transaction& transaction) {
                                     return transaction.Query(
                                         "SELECT position, reason FROM audit_quarantine ORDER BY 1",
                                         {}, [&](const store::Row& row) {
                                           reasons.push_back(std::to_string(row.Int(0)) + " " +
                                                             std::string(row.Text(1)));
                                         });
                                   })
                  .ok());
  ASSERT_EQ(reasons.size(), 2u);
  EXPECT_THAT(reasons[0], HasSubstr(std::to_string(ToNumber(poison)) + " audit record"));
  EXPECT_THAT(reasons[1], HasSubstr(std::to_string(ToNumber(taken)) + " sqlite: refused by test"));
}

TEST_F(ShipperTest, FullStatementsAndTheRestOfABatchStoreEachRecordOnce) {
  const auto before = AppendRecords(200);
  const auto poison = Append("this is no audit record");
  const auto last = AppendRecords(63);
  for (const std::size_t batch : {63u, 64u, 65u, 4096u}) {
    const auto file = folder_.path() / ("store-" + std::to_string(batch) + ".db");
    const auto database = MustOpenStore(file);
    {
      Shipper shipper(*journal_, *database,
                      {.interval = milliseconds(1), .batch_records_max = batch});
      ASSERT_TRUE(shipper.Start().ok());
      ASSERT_TRUE(shipper.WaitUntilShipped(last, kPatience).ok());
    }
    const auto report = Verify(folder_.path() / "journal", *database);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->problem, "") << batch;
    EXPECT_EQ(report->stored, ToNumber(last) - 1) << batch;
    EXPECT_EQ(report->quarantined, 1u) << batch;
    const auto scope = store::OrgScope::ForTenant(OrgId("o1"), TenantId("t1"));
    const auto tail = TailAfter(*database, *scope, before, 100);
    ASSERT_TRUE(tail.ok());
    ASSERT_EQ(tail->size(), 63u);
    EXPECT_EQ(ToNumber(tail->front().position), ToNumber(poison) + 1);
  }
}

TEST_F(ShipperTest, ReleasesSegmentsThatTheStoreHas) {
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(1)});
  ASSERT_TRUE(shipper.Start().ok());
  auto record = DecisionRecord();
  record.query = std::string(2000, 'q');
  JournalPosition last{};
  for (int i = 0; i < 150; ++i) last = Append(Encoded(record));
  ASSERT_TRUE(shipper.WaitUntilShipped(last, kPatience).ok());
  for (int i = 0; i < 1000 && SegmentsIn(folder_.path() / "journal").size() > 1; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(SegmentsIn(folder_.path() / "journal").size(), 1u);
  EXPECT_EQ(MustVerify().stored, 150u);
}

TEST_F(ShipperTest, RefusesAStoreThatIsAheadOfTheJournal) {
  {
    Shipper shipper(*journal_, *database_, {});
    ASSERT_TRUE(shipper.Start().ok());
    AppendRecords(3);
  }
  const auto other = MustOpen(SmallJournal(folder_.path() / "other"));
  Shipper shipper(*other, *database_, {});
  const auto started = shipper.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
}

// Ships in a child that is killed at moments it does not choose, then checks the store.
TEST(ShipperCrash, EachRecordIsStoredExactlyOnceAcrossSigkill) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path() / "journal");
  const auto file = folder.path() / "store.db";
  std::uint64_t appended = 0;
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto journal = Journal::Open(options);
      auto database = store::OpenSqlite(file);
      if (!journal.ok() || !database.ok() || !store::Migrate(**database).ok()) ::_exit(2);
      Shipper shipper(**journal, **database, {.interval = milliseconds(1), .batch_records_max = 7});
      if (!shipper.Start().ok()) ::_exit(3);
      for (int i = 0;; ++i) {
        if (!(*journal)->AppendAndWait(Encoded(DecisionRecord(i))).ok()) ::_exit(4);
      }
    }
    std::this_thread::sleep_for(milliseconds(120 + 37 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    const auto journal = MustOpen(options);
    const auto database = MustOpenStore(file);
    const auto killed = Verify(options.directory, *database);
    ASSERT_TRUE(killed.ok());
    EXPECT_EQ(killed->problem, "");
    {
      Shipper shipper(*journal, *database, {});
      ASSERT_TRUE(shipper.Start().ok());
    }
    const auto report = Verify(options.directory, *database);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->problem, "");
    EXPECT_EQ(report->stored, ToNumber(journal->durable()));
    EXPECT_GE(report->stored, appended);
    appended = report->stored;
  }
  EXPECT_GT(appended, 0u);
}

TEST_F(ShipperTest, EndWaitsSendsHomeWhoWaitsAndWhoComesLater) {
  FaultyStore faulty(*database_);
  faulty.Set(FaultyStore::Fault::kAway);
  Shipper shipper(*journal_, faulty, {.interval = milliseconds(1)});
  ASSERT_TRUE(shipper.Start().ok());
  const auto position = Append(Encoded(DecisionRecord()));
  Status waited;
  std::thread reader([&] { waited = shipper.WaitUntilShipped(position, kPatience); });
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(milliseconds(20));
  shipper.EndWaits();
  reader.join();
  const auto later = shipper.WaitUntilShipped(position, kPatience);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code, ErrorCode::kUnavailable);
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
  // What is in the store already needs no wait.
  EXPECT_TRUE(shipper.WaitUntilShipped(JournalPosition::kNone, kPatience).ok());
}

TEST_F(ShipperTest, StopShipsTheRest) {
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(300'000)});
  ASSERT_TRUE(shipper.Start().ok());
  const auto last = AppendRecords(3);
  EXPECT_TRUE(shipper.Stop(kPatience));
  EXPECT_EQ(shipper.shipped(), last);
}

TEST_F(ShipperTest, StopSaysWhenTheStoreHoldsTheThreadUp) {
  Shipper shipper(*journal_, *database_, {.interval = milliseconds(1)});
  ASSERT_TRUE(shipper.Start().ok());
  auto other = store::OpenSqlite(folder_.path() / "store.db");
  ASSERT_TRUE(other.ok());
  const auto held = (*other)->WriteAsPlatform("test", [&](store::Transaction&) {
    Append(Encoded(DecisionRecord()));
    std::this_thread::sleep_for(milliseconds(200));  // the thread has begun to wait for its turn
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(shipper.Stop(milliseconds(50)));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2'000));
    return Status();
  });
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(shipper.Stop(kPatience));
  EXPECT_EQ(shipper.shipped(), journal_->durable());
}

}  // namespace
}  // namespace axonflow::audit

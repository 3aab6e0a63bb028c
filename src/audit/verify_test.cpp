#include "audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/segment.h"
#include "audit/shipper.h"
#include "audit/test_support.h"

namespace axonflow::audit {
namespace {

using ::testing::HasSubstr;

// A journal of ten stored records and two that are not stored yet.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() : database_(MustOpenStore(folder_.path() / "store.db")) {
    const auto journal = MustOpen(SmallJournal(directory_));
    {
      Shipper shipper(*journal, *database_, {});
      EXPECT_TRUE(shipper.Start().ok());
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(journal->AppendAndWait(Encoded(DecisionRecord(i))).ok());
      }
    }
    for (int i = 10; i < 12; ++i) {
      EXPECT_TRUE(journal->AppendAndWait(Encoded(DecisionRecord(i))).ok());
    }
  }

  void Run(std::string_view sql) {
    const auto status =
        database_->WriteAsPlatform("test", [&](store::Transaction& transaction) -> Status {
          const auto executed = transaction.Execute(sql, {});
          if (!executed) return executed.error();
          EXPECT_EQ(*executed, 1);
          return {};
        });
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  VerifyReport MustVerify() {
    const auto report = Verify(directory_, *database_);
    EXPECT_TRUE(report.ok());
    return report ? *report : VerifyReport{};
  }

  TestFolder folder_;
  std::filesystem::path directory_ = folder_.path() / "journal";
  std::unique_ptr<store::Database> database_;
};

TEST_F(VerifyTest, CountsWhatIsThereAndFindsNothingWrong) {
  const auto report = MustVerify();
  EXPECT_TRUE(report.ok()) << report.problem;
  EXPECT_EQ(report.segments, 1u);
  EXPECT_EQ(report.journal_records, 12u);
  EXPECT_EQ(ToNumber(report.journal_first), 1u);
  EXPECT_EQ(ToNumber(report.journal_last), 12u);
  EXPECT_EQ(ToNumber(report.shipped), 10u);
  EXPECT_EQ(report.stored, 10u);
  EXPECT_EQ(report.compared, 10u);
  EXPECT_EQ(report.torn_tail_bytes, 0u);
}

TEST_F(VerifyTest, WorksBesideARunningJournal) {
  const auto journal = MustOpen(SmallJournal(directory_));
  EXPECT_TRUE(MustVerify().ok());
}

TEST_F(VerifyTest, FindsADeletedRow) {
  Run("DELETE FROM audit_records WHERE position = 4");
  EXPECT_THAT(MustVerify().problem, HasSubstr("9 rows for 10 positions"));
  Run("UPDATE audit_records SET position = 11 WHERE position = 10");
  EXPECT_THAT(MustVerify().problem, HasSubstr("beyond"));
}

TEST_F(VerifyTest, FindsAnAlteredRow) {
  Run("UPDATE audit_records SET record = CAST(replace(CAST(record AS TEXT), 'capital', 'CAPITAL') "
      "AS BLOB)"
      " WHERE position = 7");
  EXPECT_THAT(MustVerify().problem, HasSubstr("record 7 differs"));
}

TEST_F(VerifyTest, FindsARowThatIsAlsoQuarantined) {
  Run("INSERT INTO audit_quarantine (position, quarantined_at, reason, record) VALUES (3, 0, 'r', "
      "'x')");
  EXPECT_THAT(MustVerify().problem, HasSubstr("quarantined"));
}

TEST_F(VerifyTest, FindsADamagedJournalRecordAndAMissingJournal) {
  const auto path = SegmentsIn(directory_).at(0);
  const auto bytes = FileBytes(path);
  auto damaged = bytes;
  damaged[segment::kHeaderBytes + segment::kFrameHeaderBytes + 5] ^= 1;
  PutFile(path, damaged);
  EXPECT_THAT(MustVerify().problem, HasSubstr("record 1 fails its check"));
  std::filesystem::remove(path);
  EXPECT_THAT(MustVerify().problem, HasSubstr("no segment"));
}

TEST_F(VerifyTest, FindsAJournalThatEndsBeforeTheStore) {
  const auto path = SegmentsIn(directory_).at(0);
  PutFile(path, FileBytes(path).substr(0, 500));
  EXPECT_THAT(MustVerify().problem, HasSubstr("before the store's position 10"));
}

TEST_F(VerifyTest, ATornTailIsCountedAndIsNoProblem) {
  const auto path = SegmentsIn(directory_).at(0);
  auto bytes = FileBytes(path);
  bytes.resize(segment::ScanSegment(bytes, nullptr).end);
  PutFile(path, bytes.substr(0, bytes.size() - 3));
  const auto report = MustVerify();
  EXPECT_TRUE(report.ok()) << report.problem;
  EXPECT_EQ(report.journal_records, 11u);
  EXPECT_GT(report.torn_tail_bytes, 0u);
}

}  // namespace
}  // namespace axonflow::audit

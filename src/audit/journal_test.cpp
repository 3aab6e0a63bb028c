#include "audit/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>

#include "audit/segment.h"
#include "audit/segment_files.h"
#include "audit/test_support.h"
#include "base/executor.h"
#include "base/worker_pool.h"

namespace axonflow::audit {
namespace {

using ::testing::HasSubstr;

TEST(Journal, KeepsRecordsAcrossReopeningWithConsecutivePositions) {
  const TestFolder folder;
  std::vector<std::string> written;
  for (int round = 0; round < 3; ++round) {
    const auto journal = MustOpen(SmallJournal(folder.path()));
    for (int i = 0; i < 20; ++i) {
      written.push_back("record " + std::to_string(written.size()));
      const auto position = journal->AppendAndWait(written.back());
      ASSERT_TRUE(position.ok());
      EXPECT_EQ(ToNumber(*position), written.size());
      EXPECT_EQ(journal->durable(), *position);
    }
  }
  EXPECT_EQ(ReadAll(*MustOpen(SmallJournal(folder.path()))), written);
}

TEST(Journal, RunsOverManySegmentsAndReleasesTheShippedOnes) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  std::vector<std::string> written;
  {
    const auto journal = MustOpen(options);
    for (int i = 0; i < 200; ++i) {
      written.emplace_back(2000, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(journal->AppendAndWait(written.back()).ok());
    }
    EXPECT_GE(SegmentsIn(folder.path()).size(), 6u);
    EXPECT_EQ(ReadAll(*journal), written);
  }
  const auto journal = MustOpen(options);
  EXPECT_EQ(ReadAll(*journal), written);
  journal->Release(JournalPosition{100});
  const auto left = SegmentsIn(folder.path()).size();
  EXPECT_LT(left, 6u);
  // What lies after the released position can be read, what lies far before it cannot.
  std::uint64_t next = 101;
  const auto read = journal->ReadAfter(JournalPosition{100}, 1000,
                                       [&](JournalPosition position, std::string_view payload) {
                                         EXPECT_EQ(ToNumber(position), next);
                                         EXPECT_EQ(payload, written[next++ - 1]);
                                       });
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(ToNumber(*read), 200u);
  EXPECT_FALSE(journal->ReadAfter(JournalPosition{0}, 1, [](auto, auto) {}).ok());
  journal->Release(JournalPosition{200});
  EXPECT_EQ(SegmentsIn(folder.path()).size(), 1u);  // the one being written stays
  EXPECT_EQ(ToNumber(*journal->AppendAndWait("next")), 201u);
}

TEST(Journal, ATailTornAtAnyByteLosesOnlyTheTornRecord) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  {
    const auto journal = MustOpen(options);
    ASSERT_TRUE(journal->AppendAndWait("first").ok());
    ASSERT_TRUE(journal->AppendAndWait("second, which is longer").ok());
  }
  const auto path = SegmentsIn(folder.path()).at(0);
  const auto bytes = FileBytes(path);
  const auto end = segment::ScanSegment(bytes, nullptr).end;
  const auto start =
      end - segment::kFrameHeaderBytes - std::string("second, which is longer").size();
  for (auto size = start; size <= end; ++size) {
    // Both as a short file and as a file whose laid-out zeros follow.
    for (const bool zeros : {false, true}) {
      auto torn = bytes.substr(0, size);
      if (zeros) torn.resize(bytes.size());
      PutFile(path, torn);
      const auto journal = MustOpen(options);
      ASSERT_NE(journal, nullptr) << size;
      const std::uint64_t kept = size == end ? 2 : 1;
      EXPECT_EQ(ToNumber(journal->durable()), kept) << size;
      ASSERT_TRUE(journal->AppendAndWait("third").ok());
      const auto all = ReadAll(*journal);
      ASSERT_EQ(all.size(), kept + 1);
      EXPECT_EQ(all.front(), "first");
      EXPECT_EQ(all.back(), "third");
    }
  }
}

TEST(Journal, AFlippedByteBeforeTheEndIsCorruptAndNamesFileAndOffset) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  {
    const auto journal = MustOpen(options);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->AppendAndWait("some record").ok());
  }
  const auto path = SegmentsIn(folder.path()).at(0);
  auto bytes = FileBytes(path);
  const auto second = segment::kHeaderBytes + segment::kFrameHeaderBytes + 11;
  bytes[second + segment::kFrameHeaderBytes + 2] ^= 0x20;
  PutFile(path, bytes);
  const auto opened = Journal::Open(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(opened.error().message, HasSubstr(path.string()));
  EXPECT_THAT(opened.error().message, HasSubstr("byte " + std::to_string(second)));
  EXPECT_EQ(FileBytes(path), bytes);  // evidence is not touched
}

TEST(Journal, DamageOrLossOfAnEarlierSegmentIsCorrupt) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  {
    const auto journal = MustOpen(options);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(journal->AppendAndWait(std::string(2000, 'x')).ok());
  }
  const auto paths = SegmentsIn(folder.path());
  ASSERT_GE(paths.size(), 3u);
  const auto first = FileBytes(paths[0]);
  PutFile(paths[0], first.substr(0, first.size() - 10));
  EXPECT_EQ(Journal::Open(options).error().code, ErrorCode::kCorrupt);
  PutFile(paths[0], first);
  ASSERT_NE(MustOpen(options), nullptr);
  std::filesystem::remove(paths[1]);
  EXPECT_EQ(Journal::Open(options).error().code, ErrorCode::kCorrupt);
}

TEST(Journal, ASegmentWhoseCreationWasCutShortIsReplaced) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  {
    const auto journal = MustOpen(options);
    ASSERT_TRUE(journal->AppendAndWait("first").ok());
  }
  PutFile(segment::SegmentPath(folder.path(), 2), segment::EncodeHeader(2).substr(0, 9));
  const auto journal = MustOpen(options);
  EXPECT_EQ(ToNumber(*journal->AppendAndWait("second")), 2u);
  EXPECT_EQ(ReadAll(*journal), (std::vector<std::string>{"first", "second"}));
}

TEST(Journal, ASecondOpenerIsRefused) {
  const TestFolder folder;
  const auto journal = MustOpen(SmallJournal(folder.path()));
  const auto second = Journal::Open(SmallJournal(folder.path()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST(Journal, BoundsAreNamedWhenTheyRefuse) {
  const TestFolder folder;
  auto options = SmallJournal(folder.path());
  options.retained_bytes_max = 64 << 10;
  const auto journal = MustOpen(options);
  EXPECT_EQ(journal->AppendAndWait("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(journal->AppendAndWait(std::string(options.record_bytes_max + 1, 'x')).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(journal->AppendAndWait(std::string(options.record_bytes_max, 'x')).ok());

  Result<JournalPosition> last = JournalPosition{};
  int appended = 0;
  while ((last = journal->AppendAndWait(std::string(4000, 'y'))).ok()) ASSERT_LT(++appended, 100);
  EXPECT_EQ(last.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(last.error().message, HasSubstr("retained_bytes_max"));
  // Once the store has them, there is room again.
  journal->Release(journal->durable());
  EXPECT_TRUE(journal->AppendAndWait(std::string(4000, 'y')).ok());
}

TEST(Journal, FourThreadsGetDistinctPositionsAndNothingIsLost) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  constexpr int kEach = 200;
  std::vector<std::string> by_position(4 * kEach + 1);
  {
    const auto journal = MustOpen(options);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const auto payload = std::to_string(t) + "/" + std::to_string(i) + std::string(300, '.');
          const auto position = journal->AppendAndWait(payload);
          if (position.ok()) by_position.at(ToNumber(*position)) = payload;
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  const auto all = ReadAll(*MustOpen(options));
  ASSERT_EQ(all.size(), 4u * kEach);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], by_position[i + 1]);
}

struct Outcome {
  int appended = 0;
  bool always_on_executor = true;
};

Task<Outcome> AppendMany(Journal& journal, WorkerPool& pool, int count) {
  co_await SwitchTo(pool);
  Outcome outcome;
  for (int i = 0; i < count; ++i) {
    auto append = journal.Append("coroutine record");
    const auto position = co_await append;
    if (position.ok()) ++outcome.appended;
    outcome.always_on_executor = outcome.always_on_executor && Executor::Current() == &pool;
  }
  co_return outcome;
}

TEST(Journal, CoroutinesGoOnWhereTheyCalledOnceTheRecordIsDurable) {
  const TestFolder folder;
  constexpr int kCoroutines = 16;
  std::atomic<int> ended = 0;
  std::atomic<int> appended = 0;
  std::atomic<bool> in_place = true;
  WorkerPool first("first", 2, 0, 100);
  WorkerPool second("second", 1, 0, 100);
  const auto journal = MustOpen(SmallJournal(folder.path()));
  for (int i = 0; i < kCoroutines; ++i) {
    Start(AppendMany(*journal, i % 2 == 0 ? first : second, 25),
          [&](std::optional<Outcome> outcome, std::exception_ptr) {
            appended += outcome ? outcome->appended : 0;
            if (!outcome || !outcome->always_on_executor) in_place = false;
            ++ended;
            ended.notify_all();
          });
  }
  for (int seen = ended; seen < kCoroutines; seen = ended) ended.wait(seen);
  EXPECT_EQ(appended, kCoroutines * 25);
  EXPECT_TRUE(in_place);
  EXPECT_EQ(ToNumber(journal->durable()), kCoroutines * 25u);
}

Task<Result<JournalPosition>> AppendHere(Journal& journal) { return journal.Append("record"); }

TEST(Journal, AppendOutsideAnExecutorFailsInsteadOfHanging) {
  const TestFolder folder;
  const auto journal = MustOpen(SmallJournal(folder.path()));
  std::optional<Result<JournalPosition>> result;
  Start(AppendHere(*journal), [&](std::optional<Result<JournalPosition>> value,
                                  std::exception_ptr) { result = std::move(value); });
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error().code, ErrorCode::kInternal);
}

TEST(Journal, WaitForRecordsAfterWakesOnArrivalAndOnTimeout) {
  const TestFolder folder;
  const auto journal = MustOpen(SmallJournal(folder.path()));
  journal->WaitForRecordsAfter(JournalPosition{0}, std::chrono::milliseconds(5));  // returns
  std::thread appender([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(journal->AppendAndWait("record").ok());
  });
  const auto started = std::chrono::steady_clock::now();
  journal->WaitForRecordsAfter(JournalPosition{0}, std::chrono::seconds(60));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
  EXPECT_EQ(ToNumber(journal->durable()), 1u);
  appender.join();
}

int FailToSync(int) {
  errno = EIO;
  return -1;
}

TEST(Journal, AFailedSyncAcknowledgesNothingAndHealsWithTheNextRecord) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  {
    const auto journal = MustOpen(options);
    ASSERT_TRUE(journal->AppendAndWait("kept").ok());
    segment::ReplaceSyncForTest(&FailToSync);
    for (int i = 0; i < 3; ++i) {
      const auto refused = journal->AppendAndWait("refused");
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
      EXPECT_THAT(refused.error().message, HasSubstr("Input/output error"));
      EXPECT_FALSE(journal->health().ok());
      EXPECT_EQ(ToNumber(journal->durable()), 1u);
    }
    segment::ReplaceSyncForTest(nullptr);
    const auto healed = journal->AppendAndWait("after");
    ASSERT_TRUE(healed.ok());
    EXPECT_EQ(ToNumber(*healed), 2u);
    EXPECT_TRUE(journal->health().ok());
    EXPECT_EQ(ReadAll(*journal), (std::vector<std::string>{"kept", "after"}));
  }
  EXPECT_EQ(ReadAll(*MustOpen(options)), (std::vector<std::string>{"kept", "after"}));
}

// The kernel may drop the pages of a failed sync; what memory still knows of the last block is
// written again.
TEST(Journal, AcknowledgedRecordsOfTheLastBlockAreWrittenAgainAfterAFailedSync) {
  const TestFolder folder;
  const auto options = SmallJournal(folder.path());
  const auto journal = MustOpen(options);
  ASSERT_TRUE(journal->AppendAndWait("kept").ok());
  const auto path = SegmentsIn(folder.path()).at(0);
  segment::ReplaceSyncForTest(&FailToSync);
  EXPECT_FALSE(journal->AppendAndWait("refused").ok());
  segment::ReplaceSyncForTest(nullptr);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.write(std::string(30, 'Z').c_str(), 30);
  }
  ASSERT_TRUE(journal->AppendAndWait("after").ok());
  EXPECT_EQ(ReadAll(*journal), (std::vector<std::string>{"kept", "after"}));
}

}  // namespace
}  // namespace axonflow::audit

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "audit/journal.h"
#include "audit/test_support.h"

namespace axonflow::audit {
namespace {

using ::testing::HasSubstr;

struct Acknowledged {
  std::uint64_t position;
  std::uint64_t payload_number;
};

std::string PayloadOf(std::uint64_t number) {
  return "record " + std::to_string(number) + std::string(number % 700, '#');
}

// Appends from four threads until it is killed, and reports each acknowledged record to `out`.
[[noreturn]] void AppendUntilKilled(const JournalOptions& options, std::uint64_t start, int out) {
  auto journal = Journal::Open(options);
  if (!journal.ok()) ::_exit(2);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t number = start + t;; number += 4) {
        const auto position = (*journal)->AppendAndWait(PayloadOf(number));
        if (!position.ok()) ::_exit(3);
        const Acknowledged line{ToNumber(*position), number};
        if (::write(out, &line, sizeof line) != sizeof line) ::_exit(4);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(5);
}

TEST(JournalCrash, EveryAcknowledgedRecordSurvivesSigkillUnaltered) {
  const TestFolder folder;
  auto options = SmallJournal(folder.path());
  std::map<std::uint64_t, std::uint64_t> acknowledged;  // position -> payload number
  std::uint64_t start = 0;
  for (int round = 0; round < 6; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      AppendUntilKilled(options, start, ends[1]);
    }
    ::close(ends[1]);
    Acknowledged line{};
    int count = 0;
    const int kill_after = 37 + 61 * round;
    while (::read(ends[0], &line, sizeof line) == sizeof line) {
      EXPECT_TRUE(acknowledged.emplace(line.position, line.payload_number).second);
      start = std::max(start, line.payload_number + 8);
      if (++count == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    ASSERT_GE(count, kill_after);

    const auto all = ReadAll(*MustOpen(options));
    for (const auto& [position, number] : acknowledged) {
      ASSERT_LE(position, all.size());
      ASSERT_EQ(all[position - 1], PayloadOf(number));
    }
  }
}

// Appends until the disk refuses; then checks what a refusal must look like, calls `make_room` and
// checks the recovery.
void FillAndRecover(const JournalOptions& options, const std::function<void()>& make_room,
                    std::string_view reason) {
  std::uint64_t accepted = 0;
  {
    const auto journal = MustOpen(options);
    Result<JournalPosition> last = JournalPosition{};
    while ((last = journal->AppendAndWait(PayloadOf(accepted + 1))).ok()) {
      ASSERT_EQ(ToNumber(*last), ++accepted);
      ASSERT_LT(accepted, 1'000'000u);
    }
    EXPECT_EQ(last.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(last.error().message, HasSubstr("journal: "));
    EXPECT_THAT(last.error().message, HasSubstr(std::string(reason)));
    EXPECT_FALSE(journal->health().ok());
    EXPECT_EQ(ToNumber(journal->durable()), accepted);

    auto slowest = std::chrono::steady_clock::duration::zero();
    for (int i = 0; i < 20; ++i) {
      const auto before = std::chrono::steady_clock::now();
      ASSERT_FALSE(journal->AppendAndWait(std::string(8000, '!')).ok());
      slowest = std::max(slowest, std::chrono::steady_clock::now() - before);
    }
    // 10 ms is the promise; a busy machine gets some slack here.
    EXPECT_LT(slowest, std::chrono::milliseconds(100));

    make_room();
    const auto healed = journal->AppendAndWait(PayloadOf(accepted + 1));
    ASSERT_TRUE(healed.ok()) << healed.error().message;
    EXPECT_EQ(ToNumber(*healed), ++accepted);
    EXPECT_TRUE(journal->health().ok());
    EXPECT_EQ(ReadAll(*journal).size(), accepted);
  }
  const auto all = ReadAll(*MustOpen(options));
  ASSERT_EQ(all.size(), accepted);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], PayloadOf(i + 1));
}

TEST(JournalCrash, AFullDiskRefusesFastAndHealsWithoutRestart) {
  const TestFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "mounting a tmpfs needs root";
  }
  const auto ballast = folder.path() / "ballast";
  PutFile(ballast, std::string(512 << 10, 'b'));
  auto options = SmallJournal(folder.path() / "journal");
  FillAndRecover(options, [&] { std::filesystem::remove(ballast); }, "No space left on device");
  EXPECT_EQ(::umount(folder.path().c_str()), 0);
}

// The same without root: a file size limit, in a child because it is for the whole process.
TEST(JournalCrash, AFileSizeLimitRefusesAndHealsWithoutRestart) {
  const TestFolder folder;
  auto options = SmallJournal(folder.path());
  options.segment_bytes = 1 << 20;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{100'000, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    FillAndRecover(
        options,
        [&] {
          limit.rlim_cur = RLIM_INFINITY;
          ::setrlimit(RLIMIT_FSIZE, &limit);
        },
        "File too large");
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace axonflow::audit

#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/task.h"

namespace axonflow {
namespace {

using std::chrono::milliseconds;

// Takes a place, goes to `second` by way of `first`, and says when it is through.
Task<bool> Travel(WorkerPool& first, WorkerPool& second, std::atomic<int>& done) {
  const WorkerPlace place(first);
  if (!place.entered()) co_return false;
  co_await SwitchTo(first);
  std::this_thread::sleep_for(milliseconds(2));
  co_await SwitchTo(second);
  ++done;
  co_return true;
}

void Launch(WorkerPool& first, WorkerPool& second, std::atomic<int>& done) {
  Start(Travel(first, second, done), [](auto, const std::exception_ptr&) {});
}

TEST(WorkerPool, StopFinishesWhatWasAdmittedAlsoOnItsWayThroughAnotherExecutor) {
  std::atomic<int> done = 0;
  WorkerPool second("second", 1, 0, 100);
  WorkerPool first("first", 2, 0, 100);
  for (int i = 0; i < 50; ++i) Launch(first, second, done);
  first.Stop();
  EXPECT_EQ(done, 50);
}

TEST(WorkerPool, AdmitsNobodyAfterStop) {
  WorkerPool pool("pool", 1, 0, 100);
  EXPECT_TRUE(pool.TryEnter());
  pool.Leave();
  pool.Stop();
  EXPECT_FALSE(pool.TryEnter());
}

TEST(WorkerPool, AdmitsAsManyAsItHasPlaces) {
  WorkerPool pool("pool", 1, 0, 2);
  EXPECT_TRUE(pool.TryEnter());
  EXPECT_TRUE(pool.TryEnter());
  EXPECT_FALSE(pool.TryEnter());
  pool.Leave();
  EXPECT_TRUE(pool.TryEnter());
  pool.Leave();
  pool.Leave();
}

TEST(WorkerPool, StopDoesNotWaitForeverForAPlaceThatIsNeverLeft) {
  WorkerPool pool("pool", 1, 0, 2);
  ASSERT_TRUE(pool.TryEnter());
  const auto begin = std::chrono::steady_clock::now();
  pool.Stop();
  const auto taken = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(taken, WorkerPool::kStopWait);
  EXPECT_LT(taken, WorkerPool::kStopWait + milliseconds(5'000));
  pool.Leave();
}

}  // namespace
}  // namespace axonflow

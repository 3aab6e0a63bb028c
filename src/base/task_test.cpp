#include "base/task.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "base/executor.h"
#include "base/worker_pool.h"

namespace axonflow {
namespace {

Task<int> Five() { co_return 5; }
Task<int> Twice(int (*value)()) {
  const int five = co_await Five();
  co_return five * 2 + value();
}
Task<int> Throws() {
  throw std::runtime_error("from inside");
  co_return 0;
}
Task<int> Deep(int levels) {
  if (levels == 0) co_return 0;
  const int below = co_await Deep(levels - 1);
  co_return below + 1;
}

TEST(Task, RunsOnlyWhenStartedAndReturnsThroughNestedCalls) {
  std::optional<int> got;
  Start(Twice([] { return 1; }),
        [&](std::optional<int> value, const std::exception_ptr&) { got = value; });
  EXPECT_EQ(got, 11);
}

TEST(Task, CarriesAnExceptionToTheStarter) {
  std::exception_ptr caught;
  Start(Throws(), [&](const std::optional<int>& value, std::exception_ptr exception) {
    EXPECT_FALSE(value);
    caught = std::move(exception);
  });
  EXPECT_THROW(std::rethrow_exception(caught), std::runtime_error);
}

TEST(Task, NestsDeeplyWithoutOverflowingTheStackOnReturn) {
  std::optional<int> got;
  Start(Deep(1'000), [&](std::optional<int> value, const std::exception_ptr&) { got = value; });
  EXPECT_EQ(got, 1'000);
}

Task<bool> HopToAndBack(WorkerPool& first, WorkerPool& second) {
  co_await SwitchTo(first);
  const bool on_first = Executor::Current() == &first;
  co_await SwitchTo(second);
  co_return on_first&& Executor::Current() == &second;
}

TEST(WorkerPool, MovesACoroutineToItsThreads) {
  WorkerPool first("first", 1, 0, 4);
  WorkerPool second("second", 2, 5, 4);
  std::promise<bool> done;
  Start(HopToAndBack(first, second), [&](std::optional<bool> value, const std::exception_ptr&) {
    done.set_value(value.value_or(false));
  });
  EXPECT_TRUE(done.get_future().get());
}

TEST(WorkerPool, AdmitsAtMostItsBound) {
  WorkerPool pool("bounded", 1, 0, 2);
  WorkerPlace one(pool);
  {
    WorkerPlace two(pool);
    WorkerPlace three(pool);
    EXPECT_TRUE(one.entered());
    EXPECT_TRUE(two.entered());
    EXPECT_FALSE(three.entered());
  }
  EXPECT_TRUE(WorkerPlace(pool).entered());
}

TEST(WorkerPool, FinishesWhatWasPostedBeforeItEnds) {
  std::atomic<int> done{0};
  {
    WorkerPool pool("draining", 2, 0, 1);
    WorkerPool other("other", 1, 0, 1);
    for (int i = 0; i < 100; ++i) {
      Start(HopToAndBack(pool, pool),
            [&](const std::optional<bool>&, const std::exception_ptr&) { ++done; });
    }
  }
  EXPECT_EQ(done.load(), 100);
}

}  // namespace
}  // namespace axonflow

#include "providers/breaker.h"

#include <gtest/gtest.h>

namespace axonflow::providers {
namespace {

class BreakerTest : public testing::Test {
 protected:
  void FailTimes(int times) {
    for (int i = 0; i < times; ++i) breaker_.Fail(now_);
  }
  Breaker breaker_;
  Breaker::Clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(BreakerTest, OpensAfterFailuresInARowOnly) {
  FailTimes(Breaker::kFailuresMax - 1);
  breaker_.Succeed();
  FailTimes(Breaker::kFailuresMax - 1);
  EXPECT_TRUE(breaker_.Allow(now_));
  FailTimes(1);
  EXPECT_FALSE(breaker_.Allow(now_));
  EXPECT_TRUE(breaker_.open(now_));
}

TEST_F(BreakerTest, LetsOneCallTryAfterEachWait) {
  FailTimes(Breaker::kFailuresMax);
  now_ += Breaker::kOpenFor;
  EXPECT_TRUE(breaker_.Allow(now_));
  EXPECT_FALSE(breaker_.Allow(now_));
  breaker_.Succeed();
  EXPECT_TRUE(breaker_.Allow(now_));
  EXPECT_TRUE(breaker_.Allow(now_));
}

TEST_F(BreakerTest, DoesNotWaitLongerForCallsThatWereUnderWayWhenItOpened) {
  FailTimes(Breaker::kFailuresMax + 50);
  now_ += Breaker::kOpenFor;
  EXPECT_TRUE(breaker_.Allow(now_));
  FailTimes(50);
  now_ += 2 * Breaker::kOpenFor;
  EXPECT_TRUE(breaker_.Allow(now_));
}

TEST_F(BreakerTest, WaitsLongerEachTimeUpToItsBound) {
  FailTimes(Breaker::kFailuresMax);
  auto wait = Breaker::kOpenFor;
  for (int round = 0; round < 10; ++round) {
    EXPECT_FALSE(breaker_.Allow(now_ + wait - std::chrono::milliseconds(1)));
    now_ += wait;
    EXPECT_TRUE(breaker_.Allow(now_)) << round;
    breaker_.Fail(now_);
    wait = std::min(2 * wait, Breaker::kOpenForMax);
  }
}

}  // namespace
}  // namespace axonflow::providers

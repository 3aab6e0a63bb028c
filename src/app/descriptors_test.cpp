#include "app/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace axonflow::app {
namespace {

TEST(Descriptors, ConnectionsLeaveAReserve) {
  EXPECT_EQ(ConnectionsWithin(1'000'000, 10'000), 10'000U);
  EXPECT_EQ(ConnectionsWithin(10'064, 10'000), 10'000U);
  EXPECT_EQ(ConnectionsWithin(1'024, 10'000), 960U);
  EXPECT_EQ(ConnectionsWithin(64, 10'000), kConnectionsMin);
  EXPECT_EQ(ConnectionsWithin(0, 10'000), kConnectionsMin);
  EXPECT_EQ(ConnectionsWithin(1'024, 4), kConnectionsMin);
}

TEST(Descriptors, SoftLimitBecomesTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit lowered{128, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(RaiseDescriptorLimit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace axonflow::app

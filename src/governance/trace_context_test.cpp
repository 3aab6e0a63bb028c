#include "governance/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::governance {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceIdFrom, TakesTheIdOfAValidHeader) {
  const std::string header = std::string("00-") + kTrace + "-00f067aa0ba902b7-01";
  EXPECT_EQ(TraceIdFrom(header).str(), kTrace);
  EXPECT_EQ(TraceIdFrom("01" + header.substr(2) + "-extra").str(), kTrace);
}

TEST(TraceIdFrom, MakesANewIdForEverythingElse) {
  const std::string good = std::string("00-") + kTrace + "-00f067aa0ba902b7-01";
  const std::string bad[] = {"",
                             "garbage",
                             "ff" + good.substr(2),
                             good + "-extra",
                             good.substr(0, 54),
                             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             std::string("00-") + kTrace + "-0000000000000000-01",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"};
  for (const auto& header : bad) {
    const auto id = TraceIdFrom(header);
    EXPECT_EQ(id.str().size(), 32U) << header;
    EXPECT_NE(id.str(), kTrace) << header;
    EXPECT_NE(id, TraceIdFrom(header)) << "every call makes its own";
  }
}

}  // namespace
}  // namespace axonflow::governance

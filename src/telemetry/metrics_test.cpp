#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace axonflow::telemetry {
namespace {

using ::testing::HasSubstr;

TEST(Registry, RendersEveryKindInTheTextFormat) {
  Registry registry;
  Counter& allowed =
      registry.AddCounter("axonflow_decisions_total", "Decisions.", {{"verdict", "allow"}});
  Histogram& latency = registry.AddHistogram("axonflow_latency_ms", "Latency.");
  registry.AddCounter("axonflow_decisions_total", "Decisions.", {{"verdict", "deny"}}).Add(2);
  registry.AddGauge("axonflow_open", "Open.", [] { return 1.5; });
  allowed.Add();
  latency.ObserveMicroseconds(1000);
  latency.ObserveMicroseconds(1001);
  latency.ObserveMicroseconds(900'000);
  EXPECT_EQ(registry.Render(), R"(# HELP axonflow_decisions_total Decisions.
# TYPE axonflow_decisions_total counter
axonflow_decisions_total{verdict="allow"} 1
axonflow_decisions_total{verdict="deny"} 2
# HELP axonflow_latency_ms Latency.
# TYPE axonflow_latency_ms histogram
axonflow_latency_ms_bucket{le="1"} 1
axonflow_latency_ms_bucket{le="2"} 2
axonflow_latency_ms_bucket{le="5"} 2
axonflow_latency_ms_bucket{le="10"} 2
axonflow_latency_ms_bucket{le="20"} 2
axonflow_latency_ms_bucket{le="50"} 2
axonflow_latency_ms_bucket{le="100"} 2
axonflow_latency_ms_bucket{le="200"} 2
axonflow_latency_ms_bucket{le="500"} 2
axonflow_latency_ms_bucket{le="+Inf"} 3
axonflow_latency_ms_sum 902.001
axonflow_latency_ms_count 3
# HELP axonflow_open Open.
# TYPE axonflow_open gauge
axonflow_open 1.5
)");
}

TEST(Registry, EscapesLabelValuesAndHelp) {
  Registry registry;
  registry.AddCounter("c", "back\\slash\nline", {{"l", "quote\" back\\ line\n"}});
  EXPECT_THAT(registry.Render(), HasSubstr("# HELP c back\\\\slash\\nline\n"));
  EXPECT_THAT(registry.Render(), HasSubstr("c{l=\"quote\\\" back\\\\ line\\n\"} 0\n"));
}

TEST(RegistryDeathTest, RefusesOneNameForTwoKindsAndBadNames) {
  Registry registry;
  registry.AddCounter("c", "");
  EXPECT_DEATH(registry.AddHistogram("c", ""), "misnamed or added twice");
  EXPECT_DEATH(registry.AddCounter("c", ""), "misnamed or added twice");
  EXPECT_DEATH(registry.AddCounter("1c", ""), "misnamed or added twice");
}

TEST(Histogram, CountsWhatSeveralThreadsObserve) {
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) histogram.ObserveMicroseconds(i * 1000);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(histogram.count(), 4000u);
}

TEST(LatencyWindow, IsZeroBeforeTheFirstSample) {
  const LatencyWindow window;
  EXPECT_EQ(window.Snapshot().p99_ms, 0);
  EXPECT_EQ(window.Snapshot().avg_ms, 0);
}

TEST(LatencyWindow, GivesNearestRankPercentilesOfTheLastThousand) {
  LatencyWindow window;
  for (int i = 0; i < 500; ++i) window.ObserveMicroseconds(9'000'000);  // pushed out below
  for (int i = 1; i <= 1000; ++i) window.ObserveMicroseconds(i * 1000);
  const auto seen = window.Snapshot();
  EXPECT_DOUBLE_EQ(seen.p50_ms, 500);
  EXPECT_DOUBLE_EQ(seen.p95_ms, 950);
  EXPECT_DOUBLE_EQ(seen.p99_ms, 990);
  EXPECT_DOUBLE_EQ(seen.avg_ms, 500.5);
}

TEST(LatencyWindow, TakesOneSampleForAllPercentiles) {
  LatencyWindow window;
  window.ObserveMicroseconds(2500);
  EXPECT_DOUBLE_EQ(window.Snapshot().p50_ms, 2.5);
  EXPECT_DOUBLE_EQ(window.Snapshot().p99_ms, 2.5);
}

}  // namespace
}  // namespace axonflow::telemetry

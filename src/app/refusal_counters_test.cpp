#include "app/refusal_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace axonflow::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RefusalCounters, CountsByReasonAndMakesNoSeriesOfItsOwn) {
  telemetry::Registry metrics;
  RefusalCounters refusals(metrics);
  refusals.Count("timeout");
  refusals.Count("timeout");
  refusals.Count("something a client made up");
  const auto page = metrics.Render();
  EXPECT_THAT(page, HasSubstr("axonflow_http_refused_total{reason=\"timeout\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("axonflow_http_refused_total{reason=\"other\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("axonflow_http_refused_total{reason=\"bad_request\"} 0\n"));
  EXPECT_THAT(page, Not(HasSubstr("made up")));
}

}  // namespace
}  // namespace axonflow::app

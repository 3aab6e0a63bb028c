#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/metrics.h"

namespace axonflow::app {

// axonflow_http_refused_total{reason}: requests and connections that were turned away before the
// API saw them. The reasons are a fixed set, so that no client can make series.
class RefusalCounters {
 public:
  explicit RefusalCounters(telemetry::Registry& metrics);

  // Counts one; a reason that is not in the set counts as "other". Thread-safe.
  void Count(std::string_view reason);

 private:
  std::vector<std::pair<std::string_view, telemetry::Counter*>> counters_;  // the last is "other"
};

}  // namespace axonflow::app

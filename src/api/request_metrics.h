#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "telemetry/metrics.h"

namespace axonflow::api {

// Counts of answered requests, for /metrics and /prometheus. Lock-free.
class RequestMetrics {
 public:
  explicit RequestMetrics(telemetry::Registry& registry);

  void CountAnswer(int status, std::chrono::steady_clock::duration took);
  void CountDecision(std::string_view plane, std::string_view verdict, std::int64_t latency_us);

  struct Totals {
    std::uint64_t total, success, failed, blocked;
    std::uint64_t consecutive_errors;  // answers of status 500 and above since the last other one
    double requests_per_second, errors_per_second;  // of the last full minute
  };
  Totals Read() const;
  const telemetry::LatencyWindow& latency() const { return latency_; }
  const telemetry::LatencyWindow& decision_latency() const { return decision_latency_; }

 private:
  // A ring of seconds. A slot is reset by whoever is first to count in its second.
  struct Second {
    std::atomic<std::int64_t> stamp{0};
    std::atomic<std::uint32_t> requests{0};
    std::atomic<std::uint32_t> errors{0};
  };
  static constexpr std::int64_t kRateSeconds = 60;

  telemetry::Counter& success_;
  telemetry::Counter& failed_;
  telemetry::Counter& blocked_;
  telemetry::Histogram& duration_;
  telemetry::Histogram& pre_check_duration_;
  telemetry::Histogram& decide_duration_;
  telemetry::Counter& pre_checks_;
  std::array<telemetry::Counter*, 3> decisions_;  // allow, deny, needs_approval
  telemetry::LatencyWindow latency_;
  telemetry::LatencyWindow decision_latency_;
  std::atomic<std::uint64_t> consecutive_errors_{0};
  std::array<Second, kRateSeconds + 4> seconds_;
};

}  // namespace axonflow::api

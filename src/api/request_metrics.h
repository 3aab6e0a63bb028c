#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "telemetry/metrics.h"

namespace axonflow::api {

// Counts of answered requests, for /metrics and /prometheus. Lock-free.
class RequestMetrics {
 public:
  explicit RequestMetrics(telemetry::Registry& registry);

  void CountAnswer(int status, std::chrono::steady_clock::duration took);
  enum class Plane { kGateway, kDecision, kMcp };
  // `verdict` as on the wire: allow, deny, needs_approval.
  void CountDecision(Plane plane, std::string_view verdict,
                     std::chrono::steady_clock::duration took);
  void CountReportedCall() { reported_calls_.Add(); }
  // `code` of an identity::AuthFailure. At most one log line a second tells of failures.
  void CountAuthFailure(std::string_view code, std::string_view peer_address);

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
  telemetry::Counter& mcp_checks_;
  telemetry::Counter& reported_calls_;
  std::vector<std::pair<std::string_view, telemetry::Counter*>> auth_failures_;  // by code
  telemetry::Counter& other_auth_failures_;
  std::atomic<std::int64_t> last_auth_log_{0};    // second
  std::array<telemetry::Counter*, 3> decisions_;  // allow, deny, needs_approval
  telemetry::LatencyWindow latency_;
  telemetry::LatencyWindow decision_latency_;
  std::atomic<std::uint64_t> consecutive_errors_{0};
  std::array<Second, kRateSeconds + 4> seconds_;
};

}  // namespace axonflow::api

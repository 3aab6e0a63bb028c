#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace axonflow::telemetry {

class Counter {
 public:
  void Add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Fixed buckets in milliseconds: 1 2 5 10 20 50 100 200 500.
class Histogram {
 public:
  static constexpr std::array<double, 9> kBucketsMs{1, 2, 5, 10, 20, 50, 100, 200, 500};
  void ObserveMicroseconds(std::int64_t us);
  std::uint64_t count() const;

 private:
  friend class Registry;
  std::array<std::atomic<std::uint64_t>, 10> buckets_{};  // the last one is +Inf; not cumulative
  std::atomic<std::uint64_t> sum_us_{0};
};

// The last 1,000 latencies, for the JSON metrics page.
class LatencyWindow {
 public:
  struct Percentiles {
    double p50_ms = 0, p95_ms = 0, p99_ms = 0, avg_ms = 0;
  };
  void ObserveMicroseconds(std::int64_t us);  // lock-free
  Percentiles Snapshot() const;

 private:
  static constexpr std::size_t kSamples = 1000;
  std::array<std::atomic<std::uint32_t>, kSamples> samples_{};
  std::atomic<std::uint64_t> next_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// Owns every series. Adding is for start-up (it locks); the references stay valid for its lifetime,
// and counting is one relaxed atomic.
class Registry {
 public:
  Counter& AddCounter(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, Labels labels = {});
  // Read at each scrape.
  void AddGauge(std::string_view name, std::string_view help, std::function<double()> read,
                Labels labels = {});

  // Prometheus text exposition, version 0.0.4.
  std::string Render() const;

 private:
  struct Series;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Series>> series_;
};

}  // namespace axonflow::telemetry

#include "telemetry/metrics.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace axonflow::telemetry {
namespace {

enum class Kind { kCounter, kHistogram, kGauge };

std::string_view TypeName(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kHistogram:
      return "histogram";
    case Kind::kGauge:
      return "gauge";
  }
  return "untyped";
}

void AppendEscaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", value);
  // The shortest of the usual spellings that reads back as the same number.
  for (const int digits : {6, 9, 12, 15}) {
    std::array<char, 32> shorter{};
    std::snprintf(shorter.data(), shorter.size(), "%.*g", digits, value);
    if (std::strtod(shorter.data(), nullptr) == value) return shorter.data();
  }
  return text.data();
}

// {a="b",le="5"}; `extra` is one more label, already rendered, or empty.
void AppendLabels(std::string& out, const Labels& labels, std::string_view extra) {
  if (labels.empty() && extra.empty()) return;
  out += '{';
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out += ',';
    first = false;
    out += name;
    out += "=\"";
    AppendEscaped(out, value, true);
    out += '"';
  }
  if (!extra.empty()) {
    if (!first) out += ',';
    out += extra;
  }
  out += '}';
}

bool IsMetricName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

struct Registry::Series {
  Kind kind = Kind::kCounter;
  std::string name;
  std::string help;
  Labels labels;
  Counter counter;
  Histogram histogram;
  std::function<double()> gauge;

  void AppendLine(std::string& out, std::string_view suffix, std::string_view extra,
                  std::string_view value) const {
    out += name;
    out += suffix;
    AppendLabels(out, labels, extra);
    out += ' ';
    out += value;
    out += '\n';
  }

  void AppendHistogram(std::string& out) const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < histogram.buckets_.size(); ++i) {
      total += histogram.buckets_[i].load(std::memory_order_relaxed);
      const std::string bound =
          i < Histogram::kBucketsMs.size() ? Number(Histogram::kBucketsMs[i]) : "+Inf";
      AppendLine(out, "_bucket", "le=\"" + bound + "\"", std::to_string(total));
    }
    const auto sum_us = histogram.sum_us_.load(std::memory_order_relaxed);
    AppendLine(out, "_sum", "", Number(static_cast<double>(sum_us) / 1000.0));
    AppendLine(out, "_count", "", std::to_string(total));
  }

  void Append(std::string& out) const {
    if (kind == Kind::kHistogram) {
      AppendHistogram(out);
    } else if (kind == Kind::kGauge) {
      AppendLine(out, "", "", Number(gauge()));
    } else {
      AppendLine(out, "", "", std::to_string(counter.value()));
    }
  }

  // Ends the process on what only a slip in our own code can cause: a name that scrapers refuse, or
  // one series added twice or under two types.
  static void Check(const std::vector<std::shared_ptr<Series>>& all, const Series& added) {
    bool wrong = !IsMetricName(added.name);
    for (const auto& other : all) {
      wrong |=
          other->name == added.name && (other->kind != added.kind || other->labels == added.labels);
    }
    if (!wrong) return;
    std::fprintf(stderr, "metric %s is misnamed or added twice\n", added.name.c_str());
    std::abort();
  }
};

void Histogram::ObserveMicroseconds(std::int64_t us) {
  us = std::max<std::int64_t>(us, 0);
  const double ms = static_cast<double>(us) / 1000.0;
  const auto bucket =
      std::lower_bound(kBucketsMs.begin(), kBucketsMs.end(), ms) - kBucketsMs.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(static_cast<std::uint64_t>(us), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

void LatencyWindow::ObserveMicroseconds(std::int64_t us) {
  const auto sample = static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, UINT32_MAX));
  const std::uint64_t place = next_.fetch_add(1, std::memory_order_relaxed) % kSamples;
  samples_[place].store(sample, std::memory_order_relaxed);
}

LatencyWindow::Percentiles LatencyWindow::Snapshot() const {
  const auto filled = std::min<std::uint64_t>(next_.load(std::memory_order_relaxed), kSamples);
  if (filled == 0) return {};
  std::vector<std::uint32_t> sorted(filled);
  double sum = 0;
  for (std::size_t i = 0; i < filled; ++i) {
    sorted[i] = samples_[i].load(std::memory_order_relaxed);
    sum += sorted[i];
  }
  std::sort(sorted.begin(), sorted.end());
  // Nearest rank: the smallest sample that at least that share of all samples does not exceed.
  const auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(filled)));
    return sorted[std::max<std::size_t>(rank, 1) - 1] / 1000.0;
  };
  return {at(0.50), at(0.95), at(0.99), sum / static_cast<double>(filled) / 1000.0};
}

Counter& Registry::AddCounter(std::string_view name, std::string_view help, Labels labels) {
  auto series = std::make_shared<Series>();
  series->kind = Kind::kCounter;
  series->name = name;
  series->help = help;
  series->labels = std::move(labels);
  const std::lock_guard lock(mutex_);
  Series::Check(series_, *series);
  return series_.emplace_back(std::move(series))->counter;
}

Histogram& Registry::AddHistogram(std::string_view name, std::string_view help, Labels labels) {
  auto series = std::make_shared<Series>();
  series->kind = Kind::kHistogram;
  series->name = name;
  series->help = help;
  series->labels = std::move(labels);
  const std::lock_guard lock(mutex_);
  Series::Check(series_, *series);
  return series_.emplace_back(std::move(series))->histogram;
}

void Registry::AddGauge(std::string_view name, std::string_view help, std::function<double()> read,
                        Labels labels) {
  auto series = std::make_shared<Series>();
  series->kind = Kind::kGauge;
  series->name = name;
  series->help = help;
  series->labels = std::move(labels);
  series->gauge = std::move(read);
  const std::lock_guard lock(mutex_);
  Series::Check(series_, *series);
  series_.push_back(std::move(series));
}

std::string Registry::Render() const {
  std::vector<std::shared_ptr<Series>> series;
  {
    const std::lock_guard lock(mutex_);
    series = series_;
  }
  std::string out;
  std::set<std::string_view> done;
  for (const auto& first : series) {
    // The format wants all series of one name together, under one HELP and TYPE.
    if (!done.insert(first->name).second) continue;
    out += "# HELP " + first->name + ' ';
    AppendEscaped(out, first->help, false);
    out += "\n# TYPE " + first->name + ' ';
    out += TypeName(first->kind);
    out += '\n';
    for (const auto& each : series) {
      if (each->name == first->name) each->Append(out);
    }
  }
  return out;
}

}  // namespace axonflow::telemetry

#pragma once

#include <string>
#include <vector>

#include "governance/backtest.h"

namespace axonflow::cli {

struct BacktestReport {
  governance::Backtest backtest;
  std::vector<std::string> reasons;  // why lines of a file could not be replayed; the first few
};

enum class BacktestSource { kRecords, kLines };

// Tables: was and would be in all, by policy (those that differ), by tenant and by plane.
std::string ReportAsText(const BacktestReport& report, BacktestSource source);

// The report of governance/backtest.h with a member `reasons`.
std::string ReportAsJson(const BacktestReport& report);

}  // namespace axonflow::cli

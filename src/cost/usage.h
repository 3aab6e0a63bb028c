#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cost/budget.h"
#include "store/database.h"

// Usage is what the audit holds of calls to models: it is durable before the answer leaves, and
// nothing is counted twice.
namespace axonflow::cost {

struct UsageFilter {
  OrgId org;
  TenantId tenant;
  Time start;
  Time end;           // not in it
  std::string owner;  // address of the user whose rows these are; empty: of everybody
  std::string provider, model, team_id, agent_id;
};

struct UsageRow {
  std::string id, request_id, user_id, provider, model, error_message;
  std::string team_id, agent_id, workflow_id;
  std::int64_t tokens_in = 0;
  std::int64_t tokens_out = 0;
  Micros cost = 0;
  std::int64_t latency_ms = 0;
  bool success = true;
  Time time;
};

struct UsageTotal {
  std::string value;  // of the dimension
  Micros cost = 0;
  std::int64_t tokens_in = 0;
  std::int64_t tokens_out = 0;
  std::int64_t requests = 0;

  void Add(const UsageRow& row);
};

enum class Dimension { kProvider, kModel, kAgent, kTeam, kUser, kWorkflow };
std::optional<Dimension> ParseDimension(std::string_view word);
inline constexpr std::size_t kGroupsMax = 1'000;  // the rest of the values are added up as "other"

Result<UsageTotal> SumUsage(store::Transaction& transaction, const UsageFilter& filter);
// The most expensive first.
Result<std::vector<UsageTotal>> GroupUsage(store::Transaction& transaction,
                                           const UsageFilter& filter, Dimension dimension);
struct UsagePage {
  std::vector<UsageRow> rows;  // the newest first
  std::int64_t total = 0;
};
Result<UsagePage> ListUsage(store::Transaction& transaction, const UsageFilter& filter,
                            std::int64_t offset, std::int64_t limit);

}  // namespace axonflow::cost

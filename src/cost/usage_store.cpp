#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include "audit/record.h"
#include "base/json.h"
#include "cost/usage.h"

namespace axonflow::cost {
namespace {

constexpr std::array<std::string_view, 6> kDimensions{"provider", "model", "agent",
                                                      "team",     "user",  "workflow"};
constexpr std::string_view kOther = "other";

// Who spent, as the record of the call names it beside the user.
void ReadSpender(std::string_view metadata, UsageRow& row) {
  if (metadata.find("_id\"") == std::string_view::npos) return;
  thread_local JsonDocument document;
  const auto root = document.Parse(metadata);
  if (!root) return;
  const std::pair<const char*, std::string*> members[] = {
      {"team_id", &row.team_id}, {"agent_id", &row.agent_id}, {"workflow_id", &row.workflow_id}};
  for (const auto& [name, target] : members) {
    if (const auto member = root->Find(name)) *target = member->AsString().value_or("");
  }
}

UsageRow RowOf(const audit::RecordView& record) {
  UsageRow row;
  row.id = record.id;
  row.request_id = record.decision_id;
  row.user_id = record.user_email;
  row.provider = record.provider;
  row.model = record.model;
  row.error_message = record.error_message;
  row.tokens_in = record.prompt_tokens;
  row.tokens_out = record.completion_tokens;
  row.cost = FromDollars(record.cost_usd).value_or(0);
  row.latency_ms = record.upstream_latency_ms;
  row.success = record.error_message.empty();
  row.time = record.timestamp;
  ReadSpender(record.metadata_json, row);
  return row;
}

bool Fits(const UsageFilter& filter, const UsageRow& row) {
  const auto fits = [](const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
  };
  return fits(filter.owner, row.user_id) && fits(filter.provider, row.provider) &&
         fits(filter.model, row.model) && fits(filter.team_id, row.team_id) &&
         fits(filter.agent_id, row.agent_id);
}

// Every call of the filter, the newest first.
Status SelectCalls(store::Transaction& transaction, const UsageFilter& filter,
                   const std::function<void(UsageRow&&)>& on_row) {
  audit::RecordView view;
  Status unreadable;
  const Status read = transaction.Query(
      R"(SELECT record FROM audit_records
         WHERE org_id = $1 AND tenant_id = $2 AND request_type = 'llm-call'
           AND occurred_at >= $3 AND occurred_at < $4
         ORDER BY occurred_at DESC)",
      {filter.org.str(), filter.tenant.str(), filter.start.time_since_epoch().count(),
       filter.end.time_since_epoch().count()},
      [&](const store::Row& stored) {
        if (auto decoded = audit::DecodeRecordView(stored.Text(0), view); !decoded) {
          unreadable = decoded;
          return;
        }
        auto row = RowOf(view);
        if (Fits(filter, row)) on_row(std::move(row));
      });
  return read ? unreadable : read;
}

const std::string& ValueOf(const UsageRow& row, Dimension dimension) {
  switch (dimension) {
    case Dimension::kProvider:
      return row.provider;
    case Dimension::kModel:
      return row.model;
    case Dimension::kAgent:
      return row.agent_id;
    case Dimension::kTeam:
      return row.team_id;
    case Dimension::kUser:
      return row.user_id;
    case Dimension::kWorkflow:
      break;
  }
  return row.workflow_id;
}

}  // namespace

void UsageTotal::Add(const UsageRow& row) {
  cost += row.cost;
  tokens_in += row.tokens_in;
  tokens_out += row.tokens_out;
  requests += 1;
}

std::optional<Dimension> ParseDimension(std::string_view word) {
  const auto found = std::ranges::find(kDimensions, word);
  if (found == kDimensions.end()) return std::nullopt;
  return static_cast<Dimension>(found - kDimensions.begin());
}

Result<UsageTotal> SumUsage(store::Transaction& transaction, const UsageFilter& filter) {
  UsageTotal total;
  const auto read = SelectCalls(transaction, filter, [&](UsageRow&& row) { total.Add(row); });
  if (!read) return read.error();
  return total;
}

Result<std::vector<UsageTotal>> GroupUsage(store::Transaction& transaction,
                                           const UsageFilter& filter, Dimension dimension) {
  std::map<std::string, UsageTotal, std::less<>> groups;
  const auto read = SelectCalls(transaction, filter, [&](UsageRow&& row) {
    std::string_view value = ValueOf(row, dimension);
    if (groups.size() >= kGroupsMax && !groups.contains(value)) value = kOther;
    auto& group = groups[std::string(value)];
    group.value = value;
    group.Add(row);
  });
  if (!read) return read.error();
  std::vector<UsageTotal> totals;
  for (auto& [value, total] : groups) totals.push_back(std::move(total));
  std::ranges::stable_sort(totals, std::greater<>(), &UsageTotal::cost);
  return totals;
}

Result<UsagePage> ListUsage(store::Transaction& transaction, const UsageFilter& filter,
                            std::int64_t offset, std::int64_t limit) {
  UsagePage page;
  const auto read = SelectCalls(transaction, filter, [&](UsageRow&& row) {
    if (page.total >= offset && page.total < offset + limit) page.rows.push_back(std::move(row));
    page.total += 1;
  });
  if (!read) return read.error();
  return page;
}

}  // namespace axonflow::cost
